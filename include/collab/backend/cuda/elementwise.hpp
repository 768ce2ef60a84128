// SPDX-License-Identifier: Apache-2.0
// elementwise: copies, sums, activations and dropout.
#pragma once
#include <collab/backend/cuda/loops.hpp>
#include <collab/core/random.hpp>

namespace collab::backend::device {

template <class S, class T>
void copy(S& system, const Map& map, View<const T> x, View<T> y) {
    for_elements(system, map,
                 [=] COLLAB_HD(std::ptrdiff_t p, int c) { pixel(y, p)[c] = pixel(x, p)[c]; });
}
template <class S, class T>
void add(S& system, const Map& map, View<const T> x, View<T> y) {
    for_elements(system, map,
                 [=] COLLAB_HD(std::ptrdiff_t p, int c) { pixel(y, p)[c] += pixel(x, p)[c]; });
}
template <class S, class T, class F>
void activate(S& system, const Map& map, F f, View<const T> x, View<T> y) {
    for_elements(system, map,
                 [=] COLLAB_HD(std::ptrdiff_t p, int c) { pixel(y, p)[c] = f(pixel(x, p)[c]); });
}
template <class S, class T, class F>
void activate_backward(S& system, const Map& map, F f, View<const T> from, View<const T> dy,
                       View<T> dx) {
    for_elements(system, map, [=] COLLAB_HD(std::ptrdiff_t p, int c) {
        pixel(dx, p)[c] = pixel(dy, p)[c] * slope_from(f, pixel(from, p)[c]);
    });
}
template <class S, class T>
void dropout(S& system, const Map& map, double p, Random random, View<const T> x, View<T> y) {
    const std::uint64_t channels = std::uint64_t(map.dims.channels);
    for_elements(system, map, [=] COLLAB_HD(std::ptrdiff_t q, int c) {
        const bool dropped =
            uniform<double>(random.word(std::uint64_t(q) * channels + std::uint64_t(c))) < p;
        pixel(y, q)[c] = dropped ? T(0) : pixel(x, q)[c] / T(1 - p);
    });
}

}  // namespace collab::backend::device
