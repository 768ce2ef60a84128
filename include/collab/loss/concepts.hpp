// SPDX-License-Identifier: Apache-2.0
// concepts: what a metric is.
#pragma once
#include <concepts>

namespace collab {

/// What a metric compares: embeddings (vectors of the mutual space) or logits (unnormalized scores
/// of classes).
enum class Domain { embeddings, logits };

namespace detail {
template <class M>
constexpr Domain domain_of() {
    if constexpr (requires {
                      { M::domain } -> std::convertible_to<Domain>;
                  })
        return M::domain;
    else
        return Domain::embeddings;
}
}  // namespace detail

/// A differentiable distance of two vectors of length d.
///  - `value(d, a, b)`: the distance.
///  - `gradient(d, a, b, scale, da)`: adds scale * (d value / d a) to da.
/// Both are const, work on plain arrays and, to run on a GPU, are marked COLLAB_HD. The mean over
/// the batch, the weight and which side is detached belong to the collaboration, not to the metric.
/// `static constexpr Domain domain` says what is compared when that is not embeddings.
template <class M, class T = float>
concept Metric = requires(const M& metric, int d, const T* a, T scale, T* da) {
    { metric.value(d, a, a) } -> std::convertible_to<T>;
    metric.gradient(d, a, a, scale, da);
};

}  // namespace collab
