// SPDX-License-Identifier: Apache-2.0
// mean_absolute_error: a score of numbers that are to be predicted, and a loss.
#pragma once
#include <collab/core/config.hpp>
#include <collab/core/pack.hpp>

namespace collab {

/// (1 / d) sum_i |z_i - t_i| over the d outputs of a sample; targets have as many values (PyTorch's
/// L1Loss). Its slope is 0 where an output meets its target.
struct MeanAbsoluteError {
    using Target = float;
    using Scores = Pack<MeanAbsoluteError>;
    static constexpr const char* name = "mean_absolute_error";
    static constexpr bool higher_is_better = false;
    template <class T>
    COLLAB_HD T value(int d, const T* z, const T* target) const {
        T sum = 0;
        for (int i = 0; i < d; ++i)
            sum += z[i] < target[i] ? target[i] - z[i] : z[i] - target[i];
        return sum / T(d);
    }
    template <class T>
    COLLAB_HD void gradient(int d, const T* z, const T* target, T scale, T* dz) const {
        for (int i = 0; i < d; ++i)
            dz[i] += scale / T(d) * T((z[i] > target[i]) - (z[i] < target[i]));
    }
};

}  // namespace collab
