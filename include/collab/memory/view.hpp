// SPDX-License-Identifier: Apache-2.0
// view: where a batch of feature maps lies. Layout NHWC; a slice of channels of a wider map is a
// view too.
#pragma once
#include <cstddef>
#include <type_traits>

#include <collab/core/config.hpp>

namespace collab {

/// Element (sample b, row h, column w, channel c) of a view of shape {C, H, W} is `data[((b * H +
/// h) * W + w) * pixel + c]`. `pixel` is C for a map of its own and more for a slice of a wider
/// one, which is how concatenation copies nothing.
template <class T>
struct View {
    T* data = nullptr;
    std::ptrdiff_t pixel = 0;

    COLLAB_HD constexpr explicit operator bool() const { return data != nullptr; }
    // a template, because nvcc warns of a conversion of View<const T> to itself
    template <class U>
        requires(std::is_same_v<U, const T> && !std::is_const_v<T>)
    COLLAB_HD constexpr operator View<U>() const {
        return {data, pixel};
    }
    /// The same pixels from channel c on.
    COLLAB_HD constexpr View from_channel(int c) const { return {data + c, pixel}; }
};

namespace detail {
/// Where pixel p of a view begins, pixels counted over the whole batch.
template <class U>
COLLAB_HD COLLAB_INLINE constexpr U* pixel(View<U> v, std::ptrdiff_t p) {
    return v.data + p * v.pixel;
}
}  // namespace detail

}  // namespace collab
