// SPDX-License-Identifier: Apache-2.0
// sum_to: a sum that stays with the backend, for an operation that comes after it.
#pragma once
#include <cstddef>

#include <collab/backend/concepts.hpp>

namespace collab {

/// The sum of n numbers, rounded to the backend's scalars, at `to` in memory of the backend: the
/// same bits as T(backend.sum(n, p)). The host does not wait for it where the backend has
/// `sum_into` for its scalars, so that a metric of batches which needs a sum can be part of a
/// captured step.
template <Backend B, class T = typename B::Scalar>
void sum_to(B& backend, std::size_t n, const T* p, T* to) {
    if constexpr (requires { backend.sum_into(n, p, to); })
        backend.sum_into(n, p, to);
    else {
        const T sum = T(backend.sum(n, p));
        backend.upload(&sum, 1, to);
    }
}

}  // namespace collab
