// SPDX-License-Identifier: Apache-2.0
// bend: an activation whose slope does not follow from its value.
#pragma once
#include <collab/layer/activation.hpp>

namespace collab::trial {

/// y = x / (1 + x^2), which has most values twice, at different slopes.
struct BendFunction {
    template <class T>
    COLLAB_HD COLLAB_INLINE T operator()(T x) const {
        return x / (T(1) + x * x);
    }
    template <class T>
    COLLAB_HD COLLAB_INLINE T slope_at(T x) const {
        const T square = T(1) + x * x;
        return (T(2) - square) / (square * square);
    }
};
struct Bend : detail::InputActivationLayer<Bend> {
    static constexpr BendFunction function() { return {}; }
    static std::string describe() { return "Bend"; }
};

}  // namespace collab::trial
