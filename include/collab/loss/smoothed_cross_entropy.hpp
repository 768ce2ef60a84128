// SPDX-License-Identifier: Apache-2.0
// smoothed_cross_entropy: the loss of classes with smoothed labels and weights of the classes.
#pragma once
#include <array>
#include <cmath>
#include <cstddef>

#include <collab/core/config.hpp>
#include <collab/core/expect.hpp>
#include <collab/core/pack.hpp>
#include <collab/loss/divergence.hpp>
#include <collab/loss/scores.hpp>

namespace collab {

namespace detail {
/// -sum_c t_c log softmax(z)_c for targets t_c = w_c ((1 - s) [c = y] + s / d), and its gradient.
/// `weight(c)` is w_c.
template <class W>
struct SmoothedRow {
    W weight;
    double smoothing;

    template <class T>
    COLLAB_HD T target(int d, int c, int label) const {
        return T(weight(c)) * (T(smoothing) / T(d) + (c == label ? T(1 - smoothing) : T(0)));
    }
    template <class T>
    COLLAB_HD T value(int d, const T* z, int label) const {
        const SoftRow<T> p(d, z, 1);
        T sum = 0;
        for (int c = 0; c < d; ++c)
            sum -= target<T>(d, c, label) * p.log_p(z[c]);
        return sum;
    }
    template <class T>
    COLLAB_HD void gradient(int d, const T* z, int label, T scale, T* dz) const {
        const SoftRow<T> p(d, z, 1);
        T all = 0;
        for (int c = 0; c < d; ++c)
            all += target<T>(d, c, label);
        for (int c = 0; c < d; ++c)
            dz[c] += scale * (all * std::exp(p.log_p(z[c])) - target<T>(d, c, label));
    }
};
struct SameWeight {
    COLLAB_HD double operator()(int) const { return 1; }
};
template <std::size_t Classes>
struct ClassWeight {
    std::array<double, Classes> weights;
    COLLAB_HD double operator()(int c) const {
        return c < int(Classes) ? weights[std::size_t(c)] : 0.0;
    }
};
}  // namespace detail

/// (1 - s) -log p_y - (s / d) sum_c log p_c with p = softmax(z): a label that is believed to 1 - s
/// (Szegedy et al. 2016; PyTorch's CrossEntropyLoss with label_smoothing).
struct SmoothedCrossEntropy {
    using Target = int;
    using Scores = Pack<Accuracy>;
    static constexpr const char* name = "classification";
    double smoothing = 0.1;  ///< s

    void check() const { Expect{"SmoothedCrossEntropy"}.fraction("smoothing", smoothing); }
    template <class T>
    COLLAB_HD T value(int d, const T* z, int label) const {
        return row().value(d, z, label);
    }
    template <class T>
    COLLAB_HD void gradient(int d, const T* z, int label, T scale, T* dz) const {
        row().gradient(d, z, label, scale, dz);
    }

private:
    COLLAB_HD detail::SmoothedRow<detail::SameWeight> row() const { return {{}, smoothing}; }
};

/// The same with a weight w for each class: (1 - s) w_y -log p_y - (s / d) sum_c w_c log p_c. The
/// mean over a batch is over samples (PyTorch's CrossEntropyLoss divides by the sum of their
/// weights; with reduction="none" it is the same).
///
///     Training<Collaboration<Net, WeightedCrossEntropy<3>>, Cpu<float>> training(
///         {.loss = {.weights = {1, 1, 5}}});
template <int Classes>
struct WeightedCrossEntropy {
    using Target = int;
    using Scores = Pack<Accuracy>;
    static constexpr const char* name = "classification";
    std::array<double, std::size_t(Classes)> weights{};  ///< w; at least 0
    double smoothing = 0;                                ///< s

    void check() const {
        const Expect expect{"WeightedCrossEntropy"};
        double sum = 0;
        for (const double w : weights) {
            expect.not_negative("weights", w);
            sum += w;
        }
        expect.positive("the sum of the weights", sum);
        expect.fraction("smoothing", smoothing);
    }
    template <class T>
    COLLAB_HD T value(int d, const T* z, int label) const {
        return row().value(d, z, label);
    }
    template <class T>
    COLLAB_HD void gradient(int d, const T* z, int label, T scale, T* dz) const {
        row().gradient(d, z, label, scale, dz);
    }

private:
    COLLAB_HD detail::SmoothedRow<detail::ClassWeight<std::size_t(Classes)>> row() const {
        return {{weights}, smoothing};
    }
};

}  // namespace collab
