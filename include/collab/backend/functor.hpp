// SPDX-License-Identifier: Apache-2.0
// functor: scalar functions that every backend applies to whole maps. One definition for CPU and
// GPU, so their meanings cannot drift.
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include <collab/backend/choose.hpp>
#include <collab/core/config.hpp>

namespace collab {

/// exp(x) - 1 without branches for float, so that a compiler turns a loop over it into vector code.
/// Relative error below 3e-7 on [-87, 88]; beyond, it stays at the value there. Double goes to the
/// standard library.
template <class T>
COLLAB_HD COLLAB_INLINE T exp_minus_one(T x) {
    if constexpr (std::is_same_v<T, float>) {
        // e^x - 1 = 2^n (e^r - 1) + (2^n - 1), r = x - n ln 2 in [-0.35, 0.35]; n = 0 near zero
        // keeps the relative error.
        x = detail::choose<T>(x > 88.f, 88.f, x);
        x = detail::choose<T>(x < -87.f, -87.f, x);
        // adding 1.5 * 2^23 rounds to an integer
        const float t = x * 1.44269504f;
        const float biased = t + 12582912.f;
        const float n = biased - 12582912.f;
        const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
        float p = 1.9841270e-4f;
        p = p * r + 1.3888889e-3f;
        p = p * r + 8.3333333e-3f;
        p = p * r + 4.1666667e-2f;
        p = p * r + 1.6666667e-1f;
        p = p * r + 0.5f;
        p = p * r * r + r;
        // 2^n
        const float scale =
            std::bit_cast<float>((std::bit_cast<std::int32_t>(biased) << 23) + 0x3f800000);
        return p * scale + (scale - 1.f);
    } else {
        return std::expm1(x);
    }
}

// Activations. `f(x)` is the value. The slope df/dx comes in one of two forms: `f.slope(y)`, in
// terms of the value y = f(x), or `f.slope_at(x)`, in terms of the input. With the first, the value
// is all that is kept for the backward pass, so the activation can run in place, and in the pass of
// the layer before; every activation in this file can.

/// The slope of F needs its input: F has `slope_at(x)`.
template <class F>
concept SlopeFromInput = requires(const F& f) { f.slope_at(1.0); };

/// The slope of f from whatever it is written in: `from` is its input if SlopeFromInput, its value
/// otherwise.
template <class F, class T>
COLLAB_HD COLLAB_INLINE T slope_from(const F& f, T from) {
    if constexpr (SlopeFromInput<F>)
        return f.slope_at(from);
    else
        return f.slope(from);
}

/// y = x.
struct Identity {
    template <class T>
    COLLAB_HD COLLAB_INLINE T operator()(T x) const {
        return x;
    }
    template <class T>
    COLLAB_HD COLLAB_INLINE T slope(T) const {
        return T(1);
    }
};
/// y = max(x, 0); the slope at 0 is 0.
struct ReluFunction {
    // a NaN stays a NaN
    template <class T>
    COLLAB_HD COLLAB_INLINE T operator()(T x) const {
        return detail::choose<T>(x < T(0), T(0), x);
    }
    template <class T>
    COLLAB_HD COLLAB_INLINE T slope(T y) const {
        return detail::choose<T>(y > T(0), T(1), T(0));
    }
};
/// y = min(max(x, 0), 6); the slope at 0 and at 6 is 0.
struct Relu6Function {
    // a NaN stays a NaN
    template <class T>
    COLLAB_HD COLLAB_INLINE T operator()(T x) const {
        return detail::choose<T>(x < T(0), T(0), detail::choose<T>(x > T(6), T(6), x));
    }
    template <class T>
    COLLAB_HD COLLAB_INLINE T slope(T y) const {
        return detail::choose<T>((y > T(0)) & (y < T(6)), T(1), T(0));
    }
};
/// y = x for x > 0, e^x - 1 otherwise (alpha = 1).
struct EluFunction {
    template <class T>
    COLLAB_HD COLLAB_INLINE T operator()(T x) const {
        return detail::choose<T>(x > T(0), x, exp_minus_one(x));
    }
    template <class T>
    COLLAB_HD COLLAB_INLINE T slope(T y) const {
        return detail::choose<T>(y > T(0), T(1), y + T(1));
    }
};
/// y = x for x > 0, `negative_slope` x otherwise; negative_slope > 0.
struct LeakyReluFunction {
    double negative_slope = 0.01;
    template <class T>
    COLLAB_HD COLLAB_INLINE T operator()(T x) const {
        return detail::choose<T>(x > T(0), x, T(negative_slope) * x);
    }
    template <class T>
    COLLAB_HD COLLAB_INLINE T slope(T y) const {
        return detail::choose<T>(y > T(0), T(1), T(negative_slope));
    }
};
/// y = 1 / (1 + e^-x).
struct SigmoidFunction {
    template <class T>
    COLLAB_HD COLLAB_INLINE T operator()(T x) const {
        return T(1) / (T(2) + exp_minus_one(-x));
    }
    template <class T>
    COLLAB_HD COLLAB_INLINE T slope(T y) const {
        return y * (T(1) - y);
    }
};

namespace detail {
/// Whether `value` takes the place of `best` as the first largest one. A NaN is larger than every
/// number, so that it is seen in the result instead of vanishing.
template <class T>
COLLAB_HD COLLAB_INLINE constexpr bool beats(T value, T best) {
    return value > best || (value != value && best == best);
}
}  // namespace detail

}  // namespace collab
