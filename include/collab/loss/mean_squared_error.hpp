// SPDX-License-Identifier: Apache-2.0
// mean_squared_error: the loss of numbers that are to be predicted.
#pragma once
#include <collab/core/config.hpp>
#include <collab/core/pack.hpp>
#include <collab/loss/scores.hpp>

namespace collab {

/// (1 / d) sum_i (z_i - t_i)^2 over the d outputs of a sample, of any shape; targets have as many
/// values (PyTorch's MSELoss).
struct MeanSquaredError {
    using Target = float;
    using Scores = Pack<MeanAbsoluteError>;
    static constexpr const char* name = "mean_squared_error";
    template <class T>
    COLLAB_HD T value(int d, const T* z, const T* target) const {
        T sum = 0;
        for (int i = 0; i < d; ++i)
            sum += (z[i] - target[i]) * (z[i] - target[i]);
        return sum / T(d);
    }
    template <class T>
    COLLAB_HD void gradient(int d, const T* z, const T* target, T scale, T* dz) const {
        const T factor = scale * T(2) / T(d);
        for (int i = 0; i < d; ++i)
            dz[i] += factor * (z[i] - target[i]);
    }
};

}  // namespace collab
