// SPDX-License-Identifier: Apache-2.0
// layout: values in the order in which PyTorch and ONNX keep them: channels before rows and
// columns, outputs before inputs.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include <collab/core/shape.hpp>
#include <collab/layer/concepts.hpp>

namespace collab::detail {

/// Where value `k` of PyTorch's order lies in ours. [kh][kw][a][b] here is [b][a][kh][kw] there,
/// [in][out] is [out][in], and features that were flattened from a map of `flat` are ordered
/// [h][w][c] here and [c][h][w] there.
class Layout {
public:
    Layout(const Parameter& p, Dims flat) : p_(p), flat_(flat) {}

    std::vector<std::int64_t> extents() const {
        const auto& e = p_.extents;
        if (p_.rank == 4)
            return {e[3], e[2], e[0], e[1]};
        if (p_.rank == 2)
            return {e[1], e[0]};
        return {p_.size};
    }
    std::size_t ours(std::size_t k) const {
        const auto extent = [&](int i) { return std::size_t(p_.extents[std::size_t(i)]); };
        if (p_.rank == 4) {
            const std::size_t w = k % extent(1);
            const std::size_t h = k / extent(1) % extent(0);
            const std::size_t a = k / (extent(1) * extent(0)) % extent(2);
            const std::size_t b = k / (extent(1) * extent(0) * extent(2));
            return ((h * extent(1) + w) * extent(2) + a) * extent(3) + b;
        }
        if (p_.rank == 2)
            return feature(k % extent(0)) * extent(1) + k / extent(0);
        return p_.role != Role::bias && flat_.size() == p_.size ? feature(k) : k;
    }
    template <class T>
    std::vector<T> theirs(const T* from) const {
        std::vector<T> v(std::size_t(p_.size));
        for (std::size_t k = 0; k < v.size(); ++k)
            v[k] = from[ours(k)];
        return v;
    }
    template <class T>
    void take(const std::vector<T>& from, T* to) const {
        for (std::size_t k = 0; k < from.size(); ++k)
            to[ours(k)] = from[k];
    }

private:
    std::size_t feature(std::size_t k) const {
        if (flat_.area() <= 1 || flat_.channels <= 1)
            return k;
        const auto area = std::size_t(flat_.area());
        return k % area * std::size_t(flat_.channels) + k / area;
    }

    Parameter p_;
    Dims flat_;
};

}  // namespace collab::detail
