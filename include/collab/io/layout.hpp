// SPDX-License-Identifier: Apache-2.0
// layout: values in the order in which PyTorch and ONNX keep them: channels before rows and
// columns, outputs before inputs.
#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <collab/core/shape.hpp>
#include <collab/layer/concepts.hpp>

namespace collab::detail {

/// Where value `k` of another program's tensor lies in ours. [kh][kw][a][b] here is [b][a][kh][kw]
/// there, and [in][out] is [out][in].
class Layout {
public:
    /// `inner` and `outer` are the orders of the channels that the tensor's second and first extent
    /// there count (ChannelOrders); an empty one is our order. Where a convolution has groups,
    /// `inner` is that of all of its input.
    explicit Layout(const Parameter& p, std::vector<int> inner = {}, std::vector<int> outer = {})
        : p_(p),
          inner_(std::move(inner)),
          outer_(std::move(outer)) {}

    std::vector<std::int64_t> extents() const {
        const auto& e = p_.extents;
        if (p_.rank == 4)
            return {e[3], e[2], e[0], e[1]};
        if (p_.rank == 2)
            return {e[1], e[0]};
        return {p_.size};
    }
    std::size_t ours(std::size_t k) const {
        if (p_.rank == 4) {
            const std::size_t w = k % extent(1);
            const std::size_t h = k / extent(1) % extent(0);
            const std::size_t a = k / (extent(1) * extent(0)) % extent(2);
            const std::size_t b = k / (extent(1) * extent(0) * extent(2));
            return ((h * extent(1) + w) * extent(2) + second(a, b, extent(2), extent(3))) *
                       extent(3) +
                   first(b);
        }
        if (p_.rank == 2)
            return second(k % extent(0), k / extent(0), extent(0), extent(1)) * extent(1) +
                   first(k / extent(0));
        return first(k);
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
    std::size_t extent(int i) const { return std::size_t(p_.extents[std::size_t(i)]); }
    std::size_t first(std::size_t b) const { return outer_.empty() ? b : std::size_t(outer_[b]); }
    /// Input a of output b, where each output sees `inputs` of them.
    std::size_t second(std::size_t a, std::size_t b, std::size_t inputs,
                       std::size_t outputs) const {
        if (inner_.empty())
            return a;
        const std::size_t groups = inner_.size() / inputs;
        const std::size_t group = b * groups / outputs;
        return std::size_t(inner_[group * inputs + a]) % inputs;
    }

    Parameter p_;
    std::vector<int> inner_, outer_;
};

}  // namespace collab::detail
