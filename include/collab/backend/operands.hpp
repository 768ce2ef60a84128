// SPDX-License-Identifier: Apache-2.0
// operands: what operations read and leave, where that is more than a view or two.
#pragma once
#include <collab/backend/geometry.hpp>
#include <collab/memory/view.hpp>

namespace collab::backend {

/// The scale and the shift of each channel behind a normalization.
template <class T>
struct Affine {
    const T *gamma, *beta;
};

/// Where the statistics of a batch go: mean and inverse stddev, 1 / sqrt(biased variance +
/// epsilon), of each channel to `saved`, all means first; running statistics move.
template <class T>
struct Statistics {
    Normalization constants{};
    T* running_mean = nullptr;
    T* running_variance = nullptr;
    T* saved = nullptr;
};

/// The statistics that inference normalizes by, of each channel.
template <class T>
struct PopulationStatistics {
    const T *mean, *variance;
    double epsilon = 1e-5;
};

/// What the backward pass of y = f(a normalization of x [+ anything]) reads, and the gradients that
/// it adds to. `saved` is that of Statistics.
template <class T>
struct NormalizationBackward {
    View<const T> x, y, dy;
    const T* saved;
    T *dgamma, *dbeta;
};

/// A row of logits and a label, in [0, classes), for each sample. Rows are one pixel of their view
/// apart.
template <class T>
struct LabeledLogits {
    int rows, classes;
    View<const T> logits;
    const int* labels;
};

}  // namespace collab::backend
