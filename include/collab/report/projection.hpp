// SPDX-License-Identifier: Apache-2.0
// projection: the directions in which vectors differ most, to look at many dimensions in two.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <collab/core/error.hpp>
#include <collab/core/random.hpp>

namespace collab {

/// The mean of vectors and the first principal axes, orthonormal, the one of the largest variance
/// first (Hotelling 1933).
struct PrincipalAxes {
    int width = 0;
    std::vector<double> mean;
    std::vector<std::vector<double>> axes;
    std::vector<double> share;  ///< of the whole variance, along each axis

    /// Where a vector of `width` numbers lies along axis k.
    template <class T>
    double operator()(int k, const T* v) const {
        double sum = 0;
        const auto& a = axes[std::size_t(k)];
        for (std::size_t i = 0; i < a.size(); ++i)
            sum += a[i] * (double(v[i]) - mean[i]);
        return sum;
    }
};

/// Of vectors [n][width]. Found by iteration from fixed beginnings, so that the same vectors give
/// the same picture; the largest number of an axis is positive.
template <class T>
PrincipalAxes principal_axes(const std::vector<T>& vectors, int width, int count = 2) {
    if (width < 1 || vectors.size() % std::size_t(width) != 0 ||
        vectors.size() < 2 * std::size_t(width))
        fail("principal axes of ", vectors.size(), " numbers in vectors of ", width,
             "; expected two or more whole vectors");
    if (count < 1 || count > width)
        fail("vectors of ", width, " numbers have 1 to ", width, " principal axes, not ", count);
    const std::size_t w = std::size_t(width);
    const std::size_t n = vectors.size() / w;
    PrincipalAxes p{width, std::vector<double>(w), {}, {}};
    for (std::size_t s = 0; s < n; ++s)
        for (std::size_t i = 0; i < w; ++i)
            p.mean[i] += double(vectors[s * w + i]) / double(n);
    double all = 0;
    std::vector<double> centered(vectors.size());
    for (std::size_t k = 0; k < vectors.size(); ++k) {
        centered[k] = double(vectors[k]) - p.mean[k % w];
        if (!std::isfinite(centered[k]))
            fail("principal axes: number ", k, " is not finite");
        all += centered[k] * centered[k] / double(n);
    }
    for (int k = 0; k < count; ++k) {
        std::vector<double> a(w);
        std::vector<double> next(w);
        for (std::size_t i = 0; i < w; ++i)
            a[i] = uniform<double>(Random{1, std::uint64_t(k)}(i).w[0]) - 0.5;
        double variance = 0;
        // across the axes before, and of length 1
        const auto settle = [&](std::vector<double>& v) {
            for (const auto& before : p.axes) {
                double dot = 0;
                for (std::size_t i = 0; i < w; ++i)
                    dot += before[i] * v[i];
                for (std::size_t i = 0; i < w; ++i)
                    v[i] -= dot * before[i];
            }
            double length = 0;
            for (const double x : v)
                length += x * x;
            length = std::sqrt(length);
            if (length > 0)
                for (double& x : v)
                    x /= length;
            return length;
        };
        settle(a);
        for (int turn = 0; turn < 300; ++turn) {
            std::fill(next.begin(), next.end(), 0);
            for (std::size_t s = 0; s < n; ++s) {
                const double* x = centered.data() + s * w;
                double dot = 0;
                for (std::size_t i = 0; i < w; ++i)
                    dot += x[i] * a[i];
                for (std::size_t i = 0; i < w; ++i)
                    next[i] += dot * x[i] / double(n);
            }
            const double length = settle(next);
            // nothing differs in any other direction
            if (length <= 1e-14 * all) {
                variance = 0;
                break;
            }
            double moved = 0;
            for (std::size_t i = 0; i < w; ++i)
                moved += (next[i] - a[i]) * (next[i] - a[i]);
            a = next;
            variance = length;
            if (moved < 1e-16)
                break;
        }
        std::size_t largest = 0;
        for (std::size_t i = 0; i < w; ++i)
            if (std::abs(a[i]) > std::abs(a[largest]))
                largest = i;
        if (a[largest] < 0)
            for (double& x : a)
                x = -x;
        p.axes.push_back(std::move(a));
        p.share.push_back(all > 0 ? variance / all : 0);
    }
    return p;
}

}  // namespace collab
