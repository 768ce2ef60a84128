// SPDX-License-Identifier: Apache-2.0
// loss: softmax and cross entropy on the CPU, one row per sample.
#pragma once
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <collab/backend/choose.hpp>
#include <collab/backend/cpu/partition.hpp>
#include <collab/backend/operands.hpp>
#include <collab/core/config.hpp>
#include <collab/core/error.hpp>

namespace collab::backend {

namespace detail {

/// e^x for x <= 0, in float without branches so that a loop over it becomes vector code; relative
/// error below 3e-7 above -87, below which it stays at e^-87. (1 + exp_minus_one would lose the
/// small ones, and with them small gradients.)
template <class T>
COLLAB_INLINE T exponential(T x) {
    if constexpr (std::is_same_v<T, float>) {
        x = collab::detail::choose<T>(x < -87.f, -87.f, x);
        // adding 1.5 * 2^23 rounds to an integer
        const float biased = x * 1.44269504f + 12582912.f;
        const float n = biased - 12582912.f;
        const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
        float p = 1.3888889e-3f;
        p = p * r + 8.3333333e-3f;
        p = p * r + 4.1666667e-2f;
        p = p * r + 1.6666667e-1f;
        p = p * r + 0.5f;
        p = p * r + 1.f;
        p = p * r + 1.f;
        return p * std::bit_cast<float>((std::bit_cast<std::int32_t>(biased) << 23) + 0x3f800000);
    } else {
        return std::exp(x);
    }
}

/// The largest of n > 0 numbers, NaN aside. Sixteen chains, because one would wait for itself.
template <class T>
T largest(int n, const T* p) {
    constexpr int lanes = 16;
    alignas(64) T lane[lanes];
    std::fill(lane, lane + lanes, p[0]);
    int i = 0;
    for (; i + lanes <= n; i += lanes) {
        COLLAB_INDEPENDENT
        for (int j = 0; j < lanes; ++j)
            lane[j] = collab::detail::choose<T>(p[i + j] > lane[j], p[i + j], lane[j]);
    }
    for (; i < n; ++i)
        lane[i % lanes] = p[i] > lane[i % lanes] ? p[i] : lane[i % lanes];
    return *std::max_element(lane, lane + lanes);
}

/// Whether the first largest number is the one at `place`. A row with a NaN has none, which is why
/// the comparisons are negated.
template <class T>
bool first_largest(int n, const T* p, int place) {
    const T value = p[place];
    int wrong = value != value;
    for (int c = 0; c < place; ++c)
        wrong |= !(p[c] < value);
    for (int c = place + 1; c < n; ++c)
        wrong |= !(p[c] <= value);
    return !wrong;
}

}  // namespace detail

/// losses[b] = -log softmax(logits_b)[labels[b]], hits[b] = 1 where the first largest logit is the
/// label's and none is a NaN, else 0, and dlogits_b = scale (softmax(logits_b) - onehot) unless
/// dlogits is null. Throws Error for a label outside [0, classes).
template <class T>
COLLAB_COLD void softmax_cross_entropy(CpuContext& threads, const LabeledLogits<T>& labeled,
                                       T scale, View<T> dlogits, T* losses, T* hits) {
    const int rows = labeled.rows;
    const int classes = labeled.classes;
    const int* const labels = labeled.labels;
    const View<const T> logits = labeled.logits;
    for (int b = 0; b < rows; ++b)
        if (labels[b] < 0 || labels[b] >= classes)
            fail("softmax_cross_entropy: label ", labels[b], " in row ", b, ": expected 0 to ",
                 classes - 1);
    const Partition cut(rows, 4096 / classes);
    threads.run(cut.count, [&](int piece) {
        T* room = dlogits ? nullptr : threads.scratch<T>(static_cast<std::size_t>(classes));
        for (long b = cut.begin(piece); b < cut.end(piece); ++b) {
            const T* x = logits.data + b * logits.pixel;
            T* e = dlogits ? dlogits.data + b * dlogits.pixel : room;
            const int label = labels[b];
            const T top = detail::largest(classes, x);
            const T distance = top - x[label];
            hits[b] = detail::first_largest(classes, x, label) ? T(1) : T(0);
            COLLAB_INDEPENDENT
            for (int c = 0; c < classes; ++c)
                e[c] = detail::exponential(x[c] - top);
            const double total = add_up(classes, e);
            losses[b] = static_cast<T>(std::log(total) + static_cast<double>(distance));
            if (!dlogits)
                continue;
            const T factor = static_cast<T>(static_cast<double>(scale) / total);
            COLLAB_INDEPENDENT
            for (int c = 0; c < classes; ++c)
                e[c] *= factor;
            e[label] -= scale;
        }
    });
}

}  // namespace collab::backend
