// SPDX-License-Identifier: Apache-2.0
// huber: the loss of numbers with outliers among them.
#pragma once
#include <collab/core/config.hpp>
#include <collab/core/expect.hpp>
#include <collab/core/pack.hpp>
#include <collab/loss/scores.hpp>

namespace collab {

/// (1 / d) sum_i h(z_i - t_i) with h(e) = e^2 / 2 up to |e| = delta and delta (|e| - delta / 2)
/// beyond (Huber 1964; PyTorch's HuberLoss).
struct HuberLoss {
    using Target = float;
    using Scores = Pack<MeanAbsoluteError>;
    static constexpr const char* name = "huber";
    double delta = 1;

    void check() const { Expect{"HuberLoss"}.positive("delta", delta); }
    template <class T>
    COLLAB_HD T value(int d, const T* z, const T* target) const {
        T sum = 0;
        for (int i = 0; i < d; ++i) {
            const T e = z[i] < target[i] ? target[i] - z[i] : z[i] - target[i];
            sum += e <= T(delta) ? e * e / T(2) : T(delta) * (e - T(delta) / T(2));
        }
        return sum / T(d);
    }
    template <class T>
    COLLAB_HD void gradient(int d, const T* z, const T* target, T scale, T* dz) const {
        for (int i = 0; i < d; ++i) {
            const T e = z[i] - target[i];
            const T slope = e > T(delta) ? T(delta) : e < -T(delta) ? -T(delta) : e;
            dz[i] += scale / T(d) * slope;
        }
    }
};

}  // namespace collab
