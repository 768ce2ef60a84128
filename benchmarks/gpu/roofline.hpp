// SPDX-License-Identifier: Apache-2.0
// roofline: how fast a training step could be at most: its products at the rate of one large
// product, or their maps at the rate of one large copy, whichever takes longer, product by product.
// Everything between them counts as done on the way.
#pragma once
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

#include <collab/collab.hpp>

namespace collab::benchmarks {

/// Of one sample: a layer's multiply-adds, and the numbers of its input and output.
struct ProductCost {
    double multiply_adds, in, out;
};

/// The convolutions and products of a bound sequence, those inside layers, too.
template <class S>
void products(std::vector<ProductCost>& all) {
    static_for<S::depth>([&](auto i) {
        using L = typename S::template LayerAt<i>;
        using In = typename S::template ShapeAt<i>;
        const auto inside = [&](auto sequence, const auto&) { products<decltype(sequence)>(all); };
        if constexpr (ListsItsParts<L, In>)
            L::template each_part<In>(inside);
        else if constexpr (Composite<L>)
            static_for<L::parts::size>(
                [&](auto k) { inside(ExecutionPlan<typename L::parts::template at<k>, In>{}, 0); });
        else if (const long n = L::multiply_adds(In::dims); n > 0)
            all.push_back(
                {double(n), double(In::dims.size()), double(S::table.shapes[i + 1].size())});
    });
}
template <class T>
std::vector<ProductCost> products_of() {
    std::vector<ProductCost> all;
    if constexpr (NetworkDescription<T>)
        products<bound<T>>(all);
    // each network with its way through the knowledge base
    else
        static_for<T::size>([&](auto i) { products<bound<Deployed<T, i>>>(all); });
    return all;
}

struct Rates {
    double multiply_adds, bytes;  // a second
};
/// What this backend's machine does at best.
template <class B>
Rates rates(B& backend) {
    const auto best = [&](const auto& work) {
        double least = 1e9;
        for (int i = 0; i < 6; ++i) {  // the first warms up
            backend.wait();
            const auto start = std::chrono::steady_clock::now();
            for (int k = 0; k < 4; ++k)
                work();
            backend.wait();
            least = std::min(
                least,
                std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() /
                    4);
        }
        return least;
    };
    constexpr int n = 8192;
    constexpr std::size_t size = std::size_t(n) * n;
    auto a = backend.template allocate<float>(size);
    auto b = backend.template allocate<float>(size);
    auto c = backend.template allocate<float>(size);
    float* const x = a.data();
    float* const w = b.data();
    float* const y = c.data();
    const double product = best([&] { backend.linear({n, n, n}, {x, n}, w, nullptr, {y, n}); });
    const double copy = best([&] { backend.copy({n, {n, 1, 1}}, {x, n}, {y, n}); });
    return {double(n) * n * n / product, 2.0 * size * sizeof(float) / copy};
}

/// Seconds of a training step: forward x is read and y written; backward x and dy are read and dx
/// written, by twice as many multiply-adds.
inline double least_seconds(const std::vector<ProductCost>& all, int batch, const Rates& r) {
    double sum = 0;
    for (const ProductCost& p : all)
        sum += std::max(p.multiply_adds / r.multiply_adds, 4 * (p.in + p.out) / r.bytes) +
               std::max(2 * p.multiply_adds / r.multiply_adds, 4 * (2 * p.in + p.out) / r.bytes);
    return sum * batch;
}

}  // namespace collab::benchmarks
