// SPDX-License-Identifier: Apache-2.0
// peer_distance: L_metric of one network and its gradient, row by row (Eq. 4 to 6 of Wang, Wang and
// Gao 2018).
#pragma once
#include <array>
#include <cstddef>

#include <collab/core/config.hpp>

namespace collab::detail {

/// One row of a directed edge of the metric: the loss, and its gradient with respect to the first
/// embedding; the second is a constant. With a distance of the images the loss is the squared
/// difference of both distances (Eq. 4, line 2).
template <class M, class T>
struct MetricRow {
    M metric;
    int width;
    const T *own, *peer, *distance;  ///< distance: null, or W2^2 of the images of each row
    T *loss, *gradient;
    T weight, scale;
    bool first;
    COLLAB_HD void operator()(int row) const {
        const T* a = own + std::ptrdiff_t(row) * width;
        const T* b = peer + std::ptrdiff_t(row) * width;
        T value = metric.value(width, a, b);
        T slope = scale;
        if (distance) {
            const T off = value - distance[row];
            value = off * off;
            slope *= 2 * off;
        }
        value *= weight;
        loss[row] = first ? value : loss[row] + value;
        if (gradient)
            metric.gradient(width, a, b, slope, gradient + std::ptrdiff_t(row) * width);
    }
};

/// The mean of several embeddings.
template <class T, int Peers>
struct PeerMean {
    std::array<const T*, std::size_t(Peers > 0 ? Peers : 1)> peers{};
    T* mean = nullptr;
    COLLAB_HD COLLAB_INLINE void operator()(std::size_t i) const {
        T sum = 0;
        for (int k = 0; k < Peers; ++k)
            sum += peers[std::size_t(k)][i];
        mean[i] = sum / T(Peers);
    }
};

}  // namespace collab::detail
