// SPDX-License-Identifier: Apache-2.0
// memory: the reference meaning of the Backend concept: host memory and loops in order.
#pragma once
#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <vector>

#include <collab/backend/functor.hpp>
#include <collab/backend/geometry.hpp>
#include <collab/memory/view.hpp>

namespace collab::detail {

/// f(p, c) for each pixel p of a batch of maps and each channel c.
template <class F>
void for_elements(const backend::Map& map, F f) {
    for (std::ptrdiff_t p = 0; p < map.pixels(); ++p)
        for (int c = 0; c < map.dims.channels; ++c)
            f(p, c);
}

}  // namespace collab::detail

namespace collab::backend {

/// See Backend in backend/concepts.hpp. Memory is the host's; everything has finished when it
/// returns.
template <class T>
struct ReferenceMemory {
    template <class U = T>
    std::vector<U> allocate(std::size_t n) const {
        return std::vector<U>(n);
    }
    template <class U>
    void upload(const U* host, std::size_t n, U* to) const {
        std::copy_n(host, n, to);
    }
    template <class U>
    void download(const U* from, std::size_t n, U* host) const {
        std::copy_n(from, n, host);
    }
    template <class U>
    void fill(std::size_t n, std::type_identity_t<U> value, U* p) const {
        std::fill_n(p, n, value);
    }

    void copy(const Map& map, View<const T> x, View<T> y) const {
        collab::detail::for_elements(map, [&](auto p, int c) {
            collab::detail::pixel(y, p)[c] = collab::detail::pixel(x, p)[c];
        });
    }
    void add(const Map& map, View<const T> x, View<T> y) const {
        collab::detail::for_elements(map, [&](auto p, int c) {
            collab::detail::pixel(y, p)[c] += collab::detail::pixel(x, p)[c];
        });
    }
    template <class F>
    void for_each(std::size_t n, F f) const {
        for (std::size_t i = 0; i < n; ++i)
            f(i);
    }
    template <class F>
    void for_rows(int n, F f) const {
        for (int i = 0; i < n; ++i)
            f(i);
    }
    template <class U>
    double sum(std::size_t n, const U* p) const {
        double total = 0;
        for (std::size_t i = 0; i < n; ++i)
            total += double(p[i]);
        return total;
    }
};

}  // namespace collab::backend
