// SPDX-License-Identifier: Apache-2.0
// cross_entropy: losses of classes: of one true class, of a distribution over classes, and of
// several labels at once.
#pragma once
#include <cmath>

#include <collab/core/config.hpp>
#include <collab/core/pack.hpp>
#include <collab/loss/divergence.hpp>
#include <collab/loss/scores.hpp>

namespace collab {

/// -log softmax(z)[class]: one true class for each sample. The loss of a collaboration that names
/// none; backends compute it together with its gradient.
struct CrossEntropy {
    using Target = int;
    using Scores = Pack<Accuracy>;
    static constexpr const char* name = "classification";
    template <class T>
    COLLAB_HD T value(int d, const T* z, int label) const {
        return -detail::SoftRow<T>(d, z, 1).log_p(z[label]);
    }
    template <class T>
    COLLAB_HD void gradient(int d, const T* z, int label, T scale, T* dz) const {
        const detail::SoftRow<T> p(d, z, 1);
        for (int c = 0; c < d; ++c)
            dz[c] += scale * (std::exp(p.log_p(z[c])) - T(c == label));
    }
};

/// -sum_c t_c log softmax(z)_c: target values are probabilities of the classes. They are at least 0
/// and have the sum 1 (soft labels, mixed images, an annotators' vote).
struct ProbabilityCrossEntropy {
    using Target = float;
    using Scores = Pack<MostProbable>;
    static constexpr const char* name = "classification";
    /// What is expected of a sample's target values where they are not that; null where they are.
    static const char* wrong_target(int d, const float* target) {
        double sum = 0;
        for (int c = 0; c < d; ++c) {
            if (!(target[c] >= 0))
                return "probabilities of at least 0";
            sum += double(target[c]);
        }
        return std::abs(sum - 1) < 1e-3 ? nullptr : "probabilities with the sum 1";
    }
    template <class T>
    COLLAB_HD T value(int d, const T* z, const T* target) const {
        const detail::SoftRow<T> p(d, z, 1);
        T sum = 0;
        for (int c = 0; c < d; ++c)
            if (target[c] != T(0))
                sum -= target[c] * p.log_p(z[c]);
        return sum;
    }
    template <class T>
    COLLAB_HD void gradient(int d, const T* z, const T* target, T scale, T* dz) const {
        const detail::SoftRow<T> p(d, z, 1);
        T all = 0;
        for (int c = 0; c < d; ++c)
            all += target[c];
        for (int c = 0; c < d; ++c)
            dz[c] += scale * (all * std::exp(p.log_p(z[c])) - target[c]);
    }
};

}  // namespace collab
