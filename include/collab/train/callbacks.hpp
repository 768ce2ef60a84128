// SPDX-License-Identifier: Apache-2.0
// callbacks: those that most trainings want: an early end, gradients of bounded length, and
// averages of weights.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <collab/core/error.hpp>
#include <collab/core/expect.hpp>
#include <collab/io/safetensors.hpp>
#include <collab/train/history.hpp>

namespace collab {

/// Ends a training when the mean of the networks' first test scores (accuracy, for class numbers)
/// has not become better than its best by `min_delta` in more than `patience` evaluations in a row.
///
///     EarlyStopping stop{.patience = 5};
///     training.fit(data, {.epochs = 200}, stop);      // stop.best, stop.best_step
struct EarlyStopping {
    static constexpr const char* name = "EarlyStopping";
    int patience = 5;      ///< evaluations
    double min_delta = 0;  ///< by which a score must get better to count
    int network = -1;      ///< look at this one only; -1: the mean of all

    double best = -1;  ///< seen so far
    long best_step = 0;
    int waited = 0;  ///< evaluations since

    template <class Training>
    void begin(Training&, const History& h) {
        if (patience < 0)
            fail("EarlyStopping: patience = ", patience, "; expected at least 0 evaluations");
        Expect{name}.not_negative("min_delta", min_delta);
        if (network < -1)
            fail("EarlyStopping: network is ", network,
                 "; expected a number of one, or -1 for all");
        if (network >= Training::networks)
            fail("EarlyStopping: there is no network ", network, "; this training has ",
                 Training::networks);
        // another training may have used it
        if (h.resumed == 0) {
            best = -1;
            best_step = 0;
            waited = 0;
        }
    }
    template <class Training>
    bool evaluated(Training&, const FitEvent& e) {
        const auto& all = e.record->networks;
        double now = 0;
        if (network >= 0)
            now = all[std::size_t(network)].test_score();
        else
            for (const NetworkRecord& n : all)
                now += n.test_score() / double(all.size());
        const bool rises = detail::task_of<Training>().score[0].higher_is_better;
        if (best_step == 0 || (rises ? now > best + min_delta : now < best - min_delta)) {
            best = now;
            best_step = e.step;
            waited = 0;
        } else
            ++waited;
        return waited <= patience;
    }
    void save(Tensors& file, const std::string& prefix) const {
        file.add<double>(prefix + "best", {best, double(best_step), double(waited)});
    }
    void load(const Tensors& file, const std::string& prefix) {
        const auto v = file.values<double>(prefix + "best");
        if (v.size() != 3)
            fail(file.source, ": what it says of EarlyStopping does not fit together");
        best = v[0];
        best_step = long(v[1]);
        waited = int(v[2]);
    }
};

/// Before each update, scales all gradients so that their Euclidean norm is at most `norm`
/// (Pascanu, Mikolov and Bengio 2013; PyTorch's clip_grad_norm_ without its 1e-6). Of everything
/// that the update moves: in an iterative collaboration of one network after the other.
struct ClipGradients {
    static constexpr const char* name = "ClipGradients";
    double norm = 1;  ///< infinity: measure only

    double last = 0;   ///< the norm before the last update
    long clipped = 0;  ///< updates that were scaled

    template <class Training>
    void begin(Training&, const History&) {
        check();
    }
    template <class Training>
    void before_update(Training& t) {
        check();  // in a loop of one's own nobody calls begin
        last = t.gradient_norm();
        if (last > norm) {
            t.scale_gradients(norm / last);
            ++clipped;
        }
    }

private:
    void check() const {
        if (!(norm > 0))
            fail("ClipGradients: norm = ", norm, "; expected a positive number");
    }
};

/// Before each update, brings every gradient into [-value, value] (PyTorch's clip_grad_value_).
struct ClipGradientValues {
    static constexpr const char* name = "ClipGradientValues";
    double value = 1;

    void check() const { Expect{name}.positive("value", value); }
    template <class Training>
    void before_update(Training& t) {
        check();
        t.clamp_gradients(value);
    }
};

namespace detail {
template <class T>
std::vector<double> wide(const std::vector<T>& v) {
    return {v.begin(), v.end()};
}
/// A training's parameters and running statistics, from doubles.
template <class Training>
void set_weights(Training& t, const std::vector<double>& p, const std::vector<double>& s) {
    using T = typename Training::Scalar;
    std::vector<T> a(p.size());
    std::vector<T> b(s.size());
    std::transform(p.begin(), p.end(), a.begin(), [](double v) { return T(v); });
    std::transform(s.begin(), s.end(), b.begin(), [](double v) { return T(v); });
    t.set_parameters(a);
    t.set_state(b);
}

/// A training's own weights, while others are in their place.
struct KeptWeights {
    std::vector<double> parameters{};
    std::vector<double> state{};
    template <class Training>
    void keep(Training& t) {
        parameters = wide(t.parameters());
        state = wide(t.state());
    }
    template <class Training>
    void put_back(Training& t) const {
        set_weights(t, parameters, state);
    }
};

// What averages of weights share. A is one of their callbacks: it has a name, `parameters` and
// `state`.

/// `what` they hold, for the error.
template <class A, class Training>
void check_averages(const A& average, const Training& t, const char* what) {
    if (average.parameters.size() != t.named_tensors().parameter_count ||
        average.state.size() != t.named_tensors().state_count)
        fail(A::name, ": holds ", average.parameters.size(), " ", what, "; this training has ",
             t.named_tensors().parameter_count, " parameters");
}
template <class A>
void save_averages(const A& average, const char* counted, long count, Tensors& file,
                   const std::string& prefix) {
    file.add<double>(prefix + "parameters", average.parameters);
    file.add<double>(prefix + "state", average.state);
    file.add<std::int64_t>(prefix + counted, {count});
}
/// Returns the count.
template <class A>
long load_averages(A& average, const char* counted, const Tensors& file,
                   const std::string& prefix) {
    const auto n = file.values<std::int64_t>(prefix + counted);
    if (n.size() != 1)
        fail(file.source, ": what it says of ", A::name, " does not fit together");
    average.parameters = file.values<double>(prefix + "parameters");
    average.state = file.values<double>(prefix + "state");
    return long(n[0]);
}
}  // namespace detail

/// Averages of the weights along the way, with which the networks are evaluated: after step t,
/// average <- d average + (1 - d) weights with d = min(decay, (1 + t) / (10 + t)), so that the
/// first steps are forgotten soon (TensorFlow's ExponentialMovingAverage with num_updates). Running
/// statistics are averaged like weights. Training goes on with the weights themselves; `apply` puts
/// the averages in their place at the end.
///
///     ExponentialMovingAverage average{.decay = 0.999};
///     training.fit(data, {.epochs = 20}, average);
///     average.apply(training);
struct ExponentialMovingAverage {
    static constexpr const char* name = "ExponentialMovingAverage";
    double decay = 0.999;
    bool evaluate = true;  ///< the averages, not the weights

    std::vector<double> parameters{};
    std::vector<double> state{};  ///< the averages
    long updates = 0;

    template <class Training>
    void begin(Training& t, const History& h) {
        if (!(decay >= 0 && decay < 1))
            fail("ExponentialMovingAverage: decay = ", decay, "; expected a number in [0, 1)");
        if (h.resumed == 0) {
            parameters = detail::wide(t.parameters());
            state = detail::wide(t.state());
            updates = 0;
        }
        detail::check_averages(*this, t, "averages");
    }
    template <class Training>
    bool stepped(Training& t, const FitEvent&) {
        ++updates;
        const double d = std::min(decay, double(1 + updates) / double(10 + updates));
        const auto move = [d](std::vector<double>& average, const auto& now) {
            for (std::size_t i = 0; i < average.size(); ++i)
                average[i] += (1 - d) * (double(now[i]) - average[i]);
        };
        move(parameters, t.parameters());
        move(state, t.state());
        return true;
    }
    template <class Training>
    void before_evaluation(Training& t) {
        if (!evaluate)
            return;
        own_.keep(t);
        apply(t);
    }
    template <class Training>
    void after_evaluation(Training& t) {
        if (evaluate)
            own_.put_back(t);
    }
    template <class Training>
    void apply(Training& t) const {
        detail::set_weights(t, parameters, state);
    }

    void save(Tensors& file, const std::string& prefix) const {
        detail::save_averages(*this, "updates", updates, file, prefix);
    }
    void load(const Tensors& file, const std::string& prefix) {
        updates = detail::load_averages(*this, "updates", file, prefix);
    }

    detail::KeptWeights own_{};  ///< while the averages are evaluated
};

}  // namespace collab
