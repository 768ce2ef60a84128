// SPDX-License-Identifier: Apache-2.0
// activation_loops: rows of neighboring elements, and the four loops over them that know an
// activation: all that is compiled anew for each.
#pragma once
#include <algorithm>
#include <cstddef>
#include <type_traits>

#include <collab/backend/functor.hpp>
#include <collab/core/config.hpp>

namespace collab::backend::detail {

/// Elements of a strip: what a pass treats at once with coefficients of its own for each. Narrow
/// maps repeat theirs, so that the inner loops are long whatever the number of channels.
inline constexpr long strip = 256;
/// Pixels in a strip of a map without gaps.
constexpr long fold_of(long channels) {
    return std::max(1L, strip / channels);
}

/// `count` rows of n elements, `step`s apart. Coefficients are those of an element, the same in
/// every row.
template <class T>
struct ActivationRows {
    const T* mean = nullptr;
    const T* scale = nullptr;
    const T* offset = nullptr;
    const T* in = nullptr;
    std::ptrdiff_t in_step = 0;
    const T* more = nullptr;
    std::ptrdiff_t more_step = 0;
    T* to = nullptr;
    std::ptrdiff_t to_step = 0;
    long count = 0;
    long n = 0;
};

/// f(rows) for `count` pixels of `wide` channels; the steps of r are the distances between pixels.
/// Maps without gaps (`whole`) go by strips, and what is left behind the last one is a row of its
/// own.
template <class T, class F>
COLLAB_INLINE void over_strips(ActivationRows<T> r, long count, long wide, bool whole, const F& f) {
    const long fold = whole ? fold_of(wide) : 1;
    r.in_step *= fold;
    r.more_step *= fold;
    r.to_step *= fold;
    // by index: compilers would copy what depends on a condition
    const long counts[] = {count / fold, count % fold > 0};
    const long lengths[] = {fold * wide, count % fold * wide};
    for (int k = 0; k < 2; ++k) {
        r.count = counts[k];
        r.n = lengths[k];
        if (r.count > 0)
            f(r);
        r.in += r.count * r.in_step;
        r.more += r.count * r.more_step;
        r.to += r.count * r.to_step;
    }
}

/// to = f(i, in, more, to) for element i of each row; the pointers are those of its row.
template <class T, class F>
COLLAB_INLINE void each_element(const ActivationRows<T>& r, const F& f) {
    for (long k = 0; k < r.count; ++k) {
        const T* const in = r.in + k * r.in_step;
        const T* const more = r.more + k * r.more_step;
        T* const to = r.to + k * r.to_step;
        COLLAB_INDEPENDENT
        for (long i = 0; i < r.n; ++i)
            to[i] = f(i, in, more, to);
    }
}

/// An activation as the passes know it: by its loops.
template <class T>
struct Activation {
    using Loop = void (*)(const void* function, const ActivationRows<T>&);
    const void* function = nullptr;
    Loop form = nullptr;
    Loop form_sum = nullptr;
    Loop gate = nullptr;
    Loop gate_value = nullptr;  ///< to = more times the slope of f where its value is `in`
};

/// The loops of activation F.
template <class T, class F>
struct Activated {
    static Activation<T> of(const F& f) {
        return {&f, form, form_sum, std::is_same_v<F, Identity> ? nullptr : gate, gate_value};
    }

    static void form(const void* function, const ActivationRows<T>& r) {
        each_element(r, [&r, f = get(function)](long i, const T* in, const T*, const T*)
                            COLLAB_LAMBDA_INLINE { return f(normalized(r, i, in)); });
    }
    static void form_sum(const void* function, const ActivationRows<T>& r) {
        each_element(r, [&r, f = get(function)](long i, const T* in, const T* more, const T*)
                            COLLAB_LAMBDA_INLINE { return f(normalized(r, i, in) + more[i]); });
    }
    static void gate(const void* function, const ActivationRows<T>& r) {
        each_element(
            r, [&r, f = get(function)](long i, const T* in, const T* more, const T*)
                   COLLAB_LAMBDA_INLINE { return more[i] * f.slope(f(normalized(r, i, in))); });
    }
    static void gate_value(const void* function, const ActivationRows<T>& r) {
        each_element(r, [f = get(function)](long i, const T* in, const T* more, const T*)
                            COLLAB_LAMBDA_INLINE { return more[i] * f.slope(in[i]); });
    }

private:
    static F get(const void* function) { return *static_cast<const F*>(function); }
    COLLAB_INLINE static T normalized(const ActivationRows<T>& r, long i, const T* in) {
        return (in[i] - r.mean[i]) * r.scale[i] + r.offset[i];
    }
};

#ifdef COLLAB_PRECOMPILED
extern template struct Activated<float, Identity>;
extern template struct Activated<float, ReluFunction>;
extern template struct Activated<float, Relu6Function>;
extern template struct Activated<float, EluFunction>;
extern template struct Activated<float, LeakyReluFunction>;
extern template struct Activated<float, SigmoidFunction>;
extern template struct Activated<double, Identity>;
extern template struct Activated<double, ReluFunction>;
extern template struct Activated<double, Relu6Function>;
extern template struct Activated<double, EluFunction>;
extern template struct Activated<double, LeakyReluFunction>;
extern template struct Activated<double, SigmoidFunction>;
#endif

}  // namespace collab::backend::detail
