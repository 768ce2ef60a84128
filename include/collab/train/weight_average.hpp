// SPDX-License-Identifier: Apache-2.0
// weight_average: the mean of the weights of the last part of a training, and running statistics
// for weights that were never trained.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <collab/core/error.hpp>
#include <collab/core/expect.hpp>
#include <collab/data/loader.hpp>
#include <collab/io/safetensors.hpp>
#include <collab/train/callbacks.hpp>
#include <collab/train/fit.hpp>
#include <collab/train/history.hpp>

namespace collab {

/// The mean of the weights at the end of each epoch (or every `every` steps) of the last part of a
/// training, with which the networks are evaluated from then on (Izmailov et al. 2018, Algorithm 1;
/// PyTorch's AveragedModel). A learning rate that stays high in that part is a part of the method:
/// `SequentialLR<CosineAnnealingLR, LinearLR>`. Running statistics are averaged, too; afterwards
/// `renew_statistics` computes those that belong to the mean, as Izmailov et al. do.
///
///     StochasticWeightAverage average{.start = 0.75};
///     training.fit(data, {.epochs = 100}, average);
///     average.apply(training);
///     renew_statistics(training, data.train);
struct StochasticWeightAverage {
    static constexpr const char* name = "StochasticWeightAverage";
    double start = 0.75;   ///< share of the training that comes before the first average
    int every = 0;         ///< steps between two of the weights that are averaged; 0: an epoch
    bool evaluate = true;  ///< the mean, not the weights

    std::vector<double> parameters{};
    std::vector<double> state{};  ///< the mean
    long averaged = 0;            ///< weights in the mean

    void check() const {
        const Expect expect{name};
        expect.fraction("start", start);
        expect.at_least("every", every, 0);
    }
    template <class Training>
    void begin(Training& t, const History& h) {
        check();
        if (h.resumed == 0) {
            parameters.assign(t.named_tensors().parameter_count, 0);
            state.assign(t.named_tensors().state_count, 0);
            averaged = 0;
        }
        detail::check_averages(*this, t, "means");
    }
    template <class Training>
    bool stepped(Training& t, const FitEvent& e) {
        const long period = every > 0 ? every : e.steps / e.epochs;
        if (e.step % period != 0 || double(e.step) <= start * double(e.steps))
            return true;
        ++averaged;
        const auto move = [this](std::vector<double>& mean, const auto& now) {
            for (std::size_t i = 0; i < mean.size(); ++i)
                mean[i] += (double(now[i]) - mean[i]) / double(averaged);
        };
        move(parameters, t.parameters());
        move(state, t.state());
        return true;
    }
    template <class Training>
    void before_evaluation(Training& t) {
        if (!evaluate || averaged == 0)
            return;
        own_.keep(t);
        apply(t);
    }
    template <class Training>
    void after_evaluation(Training& t) {
        if (evaluate && averaged > 0)
            own_.put_back(t);
    }
    /// Puts the mean in the place of the weights.
    template <class Training>
    void apply(Training& t) const {
        if (averaged == 0)
            fail(name, ": no weights were averaged; the training ended before its start, ", start,
                 " of all steps");
        detail::set_weights(t, parameters, state);
    }

    void save(Tensors& file, const std::string& prefix) const {
        detail::save_averages(*this, "averaged", averaged, file, prefix);
    }
    void load(const Tensors& file, const std::string& prefix) {
        averaged = detail::load_averages(*this, "averaged", file, prefix);
    }

    detail::KeptWeights own_{};  ///< while the mean is evaluated
};

/// Sets all running statistics to the mean, over the batches of one epoch, of what the batches say
/// (PyTorch's update_bn). Weights, momenta and the count of steps stay as they are. Without a
/// transform, that of the last fit is used. Throws Error for images that do not fit.
template <class Training, class Set>
COLLAB_COLD void renew_statistics(Training& training, const Set& images,
                                  const std::optional<Transform>& transform = {},
                                  std::uint64_t seed = 1) {
    using T = typename Training::Scalar;
    detail::check_target<Training>(images);
    const auto given = transform ? transform : training.transform();
    Loader loader(images, detail::transform_for(given, images, Training::input),
                  {.batch = training.settings().batch, .seed = seed});
    const std::vector<T> before = training.state();
    const std::size_t n = before.size();
    // A batch's figure b moves a statistic s to (1 - m) s + m b: from 0 to m b, from 1 by 1 - m
    // more. m is the same for all batches.
    const auto from = [&](const Batch& b, T s) {
        training.set_state(std::vector<T>(n, s));
        training.compute_gradients(b.images, detail::targets_of<Training>(b), b.size);
        return training.state();
    };
    std::vector<double> m(n);
    std::vector<double> sum(n);
    int batches = 0;
    loader.start(0);
    while (const Batch* b = loader.next()) {
        const std::vector<T> zero = from(*b, T(0));
        if (batches == 0) {
            const std::vector<T> one = from(*b, T(1));
            for (std::size_t i = 0; i < n; ++i)
                m[i] = 1 - (double(one[i]) - double(zero[i]));
        }
        ++batches;
        for (std::size_t i = 0; i < n; ++i)
            sum[i] += double(zero[i]);
    }
    std::vector<T> now(n);
    for (std::size_t i = 0; i < n; ++i)  // those of frozen networks do not move
        now[i] = m[i] > 1e-6 ? T(sum[i] / (m[i] * batches)) : before[i];
    training.set_state(now);
}

}  // namespace collab
