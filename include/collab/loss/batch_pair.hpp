// SPDX-License-Identifier: Apache-2.0
// batch_pair: what a metric of whole batches compares, and where its results go.
#pragma once
#include <collab/core/shape.hpp>

namespace collab {

/// Two values of each sample of a batch: `a` as [samples][dims_a.size()], `b` likewise. The metric
/// writes what each sample contributes to `rows`, and adds `scale` times the derivative of the mean
/// of the rows with respect to a to `da`, unless that is null. `scratch` is as long as the metric's
/// `scratch(capacity, dims_a, dims_b)` says.
template <class T>
struct BatchPair {
    int samples = 0;
    Dims dims_a;
    const T* a = nullptr;
    Dims dims_b;
    const T* b = nullptr;
    T scale = 1;
    T* rows = nullptr;
    T* da = nullptr;
    T* scratch = nullptr;
};

}  // namespace collab
