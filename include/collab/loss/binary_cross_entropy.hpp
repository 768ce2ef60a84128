// SPDX-License-Identifier: Apache-2.0
// binary_cross_entropy: the loss of several labels at once.
#pragma once
#include <cmath>

#include <collab/core/config.hpp>
#include <collab/core/expect.hpp>
#include <collab/core/pack.hpp>
#include <collab/loss/scores.hpp>

namespace collab {

/// (1 / d) sum_i [ -p t_i log s(z_i) - (1 - t_i) log(1 - s(z_i)) ] with the logistic function s:
/// output i is the logit of label i, and its target, from 0 to 1, says whether the label is there
/// (PyTorch's BCEWithLogitsLoss, with `positive_weight` for its pos_weight).
struct BinaryCrossEntropy {
    using Target = float;
    using Scores = Pack<LabelAccuracy>;
    static constexpr const char* name = "binary_cross_entropy";
    double positive_weight = 1;  ///< p, of labels that are there

    void check() const {
        Expect{"BinaryCrossEntropy"}.positive("positive_weight", positive_weight);
    }
    static const char* wrong_target(int d, const float* target) {
        for (int i = 0; i < d; ++i)
            if (!(target[i] >= 0 && target[i] <= 1))
                return "values from 0 to 1";
        return nullptr;
    }
    template <class T>
    COLLAB_HD T value(int d, const T* z, const T* target) const {
        T sum = 0;
        for (int i = 0; i < d; ++i)
            sum += T(positive_weight) * target[i] * softplus(-z[i]) +
                   (T(1) - target[i]) * softplus(z[i]);
        return sum / T(d);
    }
    template <class T>
    COLLAB_HD void gradient(int d, const T* z, const T* target, T scale, T* dz) const {
        for (int i = 0; i < d; ++i) {
            const T there = logistic(z[i]);
            dz[i] += scale / T(d) *
                     ((T(1) - target[i]) * there - T(positive_weight) * target[i] * (T(1) - there));
        }
    }

private:
    /// log(1 + exp(z)), without overflow.
    template <class T>
    COLLAB_HD static T softplus(T z) {
        return (z > T(0) ? z : T(0)) + std::log1p(std::exp(z > T(0) ? -z : z));
    }
    template <class T>
    COLLAB_HD static T logistic(T z) {
        const T e = std::exp(z > T(0) ? -z : z);
        return z > T(0) ? T(1) / (T(1) + e) : e / (T(1) + e);
    }
};

}  // namespace collab
