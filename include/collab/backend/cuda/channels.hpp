// SPDX-License-Identifier: Apache-2.0
// channels: operations that move or compare channels, and the parameter-free shortcut of residual
// networks.
#pragma once
#include <collab/backend/cuda/loops.hpp>
#include <collab/backend/functor.hpp>

namespace collab::backend::device {

using collab::detail::beats;

template <class S, class T>
void shuffle_channels(S& system, const Map& map, int groups, View<const T> x, View<T> y) {
    const int each = map.dims.channels / groups;
    for_elements(system, map, [=] COLLAB_HD(std::ptrdiff_t p, int c) {
        pixel(y, p)[c % each * groups + c / each] = pixel(x, p)[c];
    });
}
template <class S, class T>
void pad_channels(S& system, const Map& map, int channels, View<const T> x, View<T> y) {
    const int before = (map.dims.channels - channels) / 2;
    for_elements(system, map, [=] COLLAB_HD(std::ptrdiff_t p, int c) {
        const bool there = c >= before && c < before + channels;
        pixel(y, p)[c] = there ? pixel(x, p)[c - before] : T(0);
    });
}

/// Which of the pieces of channel c is the first largest.
template <class T>
COLLAB_HD COLLAB_INLINE int largest_piece(const T* in, int c, int channels, int pieces) {
    int best = c;
    for (int k = c; k < pieces * channels; k += channels)
        if (beats(in[k], in[best]))
            best = k;
    return best;
}
template <class S, class T>
void maxout(S& system, const Map& map, int pieces, View<const T> x, View<T> y) {
    const int channels = map.dims.channels;
    for_elements(system, map, [=] COLLAB_HD(std::ptrdiff_t p, int c) {
        const T* const in = pixel(x, p);
        pixel(y, p)[c] = in[largest_piece(in, c, channels, pieces)];
    });
}
template <class S, class T>
void maxout_backward(S& system, const Map& map, int pieces, View<const T> x, View<const T> dy,
                     View<T> dx) {
    const int channels = map.dims.channels;
    for_elements(system, map, [=] COLLAB_HD(std::ptrdiff_t p, int c) {
        const int taker = largest_piece(pixel(x, p), c, channels, pieces);
        const T g = pixel(dy, p)[c];
        for (int k = c; k < pieces * channels; k += channels)
            pixel(dx, p)[k] = k == taker ? g : T(0);
    });
}

/// Where an output pixel of a shortcut finds its input pixel.
struct ShortcutPlace {
    int in_height, in_width, out_height, out_width, stride_height, stride_width;
    explicit ShortcutPlace(const Convolution& g)
        : in_height(g.in.height),
          in_width(g.in.width),
          out_height(g.out.height),
          out_width(g.out.width),
          stride_height(g.stride.height),
          stride_width(g.stride.width) {}
    COLLAB_HD std::ptrdiff_t operator()(std::ptrdiff_t p) const {
        const std::ptrdiff_t w = p % out_width;
        const std::ptrdiff_t h = p / out_width % out_height;
        const std::ptrdiff_t b = p / (std::ptrdiff_t(out_width) * out_height);
        return (b * in_height + h * stride_height) * in_width + w * stride_width;
    }
};
template <class S, class T>
void pad_shortcut(S& system, const Convolution& g, View<const T> x, View<T> y) {
    const int before = (g.out.channels - g.in.channels) / 2;
    const ShortcutPlace place(g);
    for_elements(system, long(g.batch) * g.out.area(), g.in.channels,
                 [=] COLLAB_HD(std::ptrdiff_t p, int c) {
                     pixel(y, p)[before + c] += pixel(x, place(p))[c];
                 });
}
template <class S, class T>
void pad_shortcut_backward(S& system, const Convolution& g, View<const T> dy, View<T> dx) {
    const int before = (g.out.channels - g.in.channels) / 2;
    const ShortcutPlace place(g);  // no two outputs share an input
    for_elements(system, long(g.batch) * g.out.area(), g.in.channels,
                 [=] COLLAB_HD(std::ptrdiff_t p, int c) {
                     pixel(dx, place(p))[c] += pixel(dy, p)[before + c];
                 });
}

}  // namespace collab::backend::device
