// SPDX-License-Identifier: Apache-2.0
// channels: the reference meaning of operations that move or compare channels.
#pragma once
#include <collab/backend/geometry.hpp>
#include <collab/backend/reference/memory.hpp>
#include <collab/memory/view.hpp>

namespace collab::backend {

/// See ChannelBackend in backend/concepts.hpp. A NaN among the pieces of a maxout is their maximum.
template <class T>
struct ReferenceChannels {
    void shuffle_channels(const Map& map, int groups, View<const T> x, View<T> y) const {
        const int each = map.dims.channels / groups;
        collab::detail::for_elements(map, [&](auto p, int c) {
            collab::detail::pixel(y, p)[c % each * groups + c / each] =
                collab::detail::pixel(x, p)[c];
        });
    }
    void pad_channels(const Map& map, int channels, View<const T> x, View<T> y) const {
        const int before = (map.dims.channels - channels) / 2;
        collab::detail::for_elements(map, [&](auto p, int c) {
            const bool there = c >= before && c < before + channels;
            collab::detail::pixel(y, p)[c] = there ? collab::detail::pixel(x, p)[c - before] : T(0);
        });
    }
    void maxout(const Map& map, int pieces, View<const T> x, View<T> y) const {
        collab::detail::for_elements(map, [&](auto p, int c) {
            const T* in = collab::detail::pixel(x, p);
            collab::detail::pixel(y, p)[c] = in[first_largest(map, pieces, in, c)];
        });
    }
    void maxout_backward(const Map& map, int pieces, View<const T> x, View<const T> dy,
                         View<T> dx) const {
        collab::detail::for_elements(map, [&](auto p, int c) {
            const int taker = first_largest(map, pieces, collab::detail::pixel(x, p), c);
            for (int k = c; k < pieces * map.dims.channels; k += map.dims.channels)
                collab::detail::pixel(dx, p)[k] =
                    k == taker ? collab::detail::pixel(dy, p)[c] : T(0);
        });
    }

private:
    static int first_largest(const Map& map, int pieces, const T* in, int c) {
        int best = c;
        for (int k = c; k < pieces * map.dims.channels; k += map.dims.channels)
            if (collab::detail::beats(in[k], in[best]))
                best = k;
        return best;
    }
};

}  // namespace collab::backend
