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

namespace detail {
/// The directions of vectors [n][width] whose mean is 0, one after the other.
class AxisSearch {
public:
    AxisSearch(const std::vector<double>& centered, std::size_t width)
        : centered_(centered),
          width_(width) {
        for (const double x : centered)
            all_ += x * x / double(samples());
    }

    struct Axis {
        std::vector<double> direction;
        double share;  ///< of the whole variance
    };

    /// The direction of the largest variance across the `axes` before it.
    Axis next(const std::vector<std::vector<double>>& axes) const {
        Axis axis{beginning(axes.size()), 0};
        settle(axis.direction, axes);
        double variance = 0;
        for (int turn = 0; turn < 300; ++turn) {
            std::vector<double> next = multiplied(axis.direction);
            const double length = settle(next, axes);
            // nothing differs in any other direction
            if (length <= 1e-14 * all_) {
                variance = 0;
                break;
            }
            double moved = 0;
            for (std::size_t i = 0; i < width_; ++i)
                moved += (next[i] - axis.direction[i]) * (next[i] - axis.direction[i]);
            axis.direction = std::move(next);
            variance = length;
            if (moved < 1e-16)
                break;
        }
        make_largest_positive(axis.direction);
        axis.share = all_ > 0 ? variance / all_ : 0;
        return axis;
    }

private:
    std::size_t samples() const { return centered_.size() / width_; }

    std::vector<double> beginning(std::size_t number) const {
        std::vector<double> a(width_);
        for (std::size_t i = 0; i < width_; ++i)
            a[i] = uniform<double>(Random{1, std::uint64_t(number)}(i).w[0]) - 0.5;
        return a;
    }

    /// Makes `v` perpendicular to the axes and of length 1; returns the length that it had.
    double settle(std::vector<double>& v, const std::vector<std::vector<double>>& axes) const {
        for (const auto& before : axes) {
            double dot = 0;
            for (std::size_t i = 0; i < width_; ++i)
                dot += before[i] * v[i];
            for (std::size_t i = 0; i < width_; ++i)
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
    }

    /// The covariance times a direction.
    std::vector<double> multiplied(const std::vector<double>& a) const {
        std::vector<double> product(width_);
        for (std::size_t s = 0; s < samples(); ++s) {
            const double* x = centered_.data() + s * width_;
            double dot = 0;
            for (std::size_t i = 0; i < width_; ++i)
                dot += x[i] * a[i];
            for (std::size_t i = 0; i < width_; ++i)
                product[i] += dot * x[i] / double(samples());
        }
        return product;
    }

    static void make_largest_positive(std::vector<double>& a) {
        std::size_t largest = 0;
        for (std::size_t i = 0; i < a.size(); ++i)
            if (std::abs(a[i]) > std::abs(a[largest]))
                largest = i;
        if (a[largest] < 0)
            for (double& x : a)
                x = -x;
    }

    const std::vector<double>& centered_;
    std::size_t width_;
    double all_ = 0;  // the whole variance
};
}  // namespace detail

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
    std::vector<double> centered(vectors.size());
    for (std::size_t k = 0; k < vectors.size(); ++k) {
        centered[k] = double(vectors[k]) - p.mean[k % w];
        if (!std::isfinite(centered[k]))
            fail("principal axes: number ", k, " is not finite");
    }
    const detail::AxisSearch search(centered, w);
    for (int k = 0; k < count; ++k) {
        auto [direction, share] = search.next(p.axes);
        p.axes.push_back(std::move(direction));
        p.share.push_back(share);
    }
    return p;
}

}  // namespace collab
