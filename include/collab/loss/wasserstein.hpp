// SPDX-License-Identifier: Apache-2.0
// wasserstein: W2^2 between two images seen as heaps of mass on the pixel grid, in four ways (Eq.
// 4, line 2 of Wang, Wang and Gao 2018; the embedding of Courty, Flamary and Ducoffe 2018).
// Coordinates are scaled so that the longer side of an image has length 1. Host only.
#pragma once
#include <algorithm>
#include <concepts>
#include <cstddef>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/core/shape.hpp>

namespace collab {

/// Mass on a grid, row by row. Sums to 1 when made by `image_mass`.
struct Mass {
    int height = 0;
    int width = 0;
    std::vector<double> at;
};

/// The mass of an NHWC image: its luminance (the mean of the channels unless there are three),
/// negative values counted as 0, plus 1e-6 so that a black image has one too, divided by the sum.
/// `mean` and `stddev`, where given, undo a normalization first.
void image_mass(const float* pixels, Dims dims, Mass& mass, const double* mean = nullptr,
                const double* stddev = nullptr);

/// W2^2 of two heaps on a line, `unit` between neighbors: the k-th grain of one goes to the k-th
/// of the other. Both have the same sum.
double line_distance(const double* a, int n, const double* b, int m, double unit);

namespace detail {
double grid_unit(const Mass& a, const Mass& b);

/// The cheapest way to carry mass between the bins of one grid, by successive shortest paths
/// (Dijkstra with potentials).
class TransportSolver {
public:
    double operator()(const Mass& a, const Mass& b, double unit);

private:
    static constexpr double tiny = 1e-13, infinite = 1e300;

    bool augment(std::size_t n);

    std::vector<double> supply_, demand_, cost_, flow_, potential_, distance_;
    std::vector<std::size_t> before_;
    std::vector<bool> done_;
};
/// The mass of windows of `window` x `window` pixels.
void gather(const Mass& from, int window, Mass& to);
/// The pixels of a grid in the order of their projections on lines in so many directions, one
/// direction after the other, and where they fall there.
void project(int height, int width, int directions, std::vector<int>& order,
             std::vector<double>& places);
}  // namespace detail

/// Exact W2^2: a minimum-cost flow. Milliseconds for 8x8 bins, seconds for 32x32; see
/// PooledDistance.
class ExactDistance {
public:
    static constexpr const char* name = "exact";
    double operator()(const Mass& a, const Mass& b) {
        return solve_(a, b, detail::grid_unit(a, b));
    }

private:
    detail::TransportSolver solve_;
};

/// Exact W2^2 of the masses gathered in at most Extent x Extent bins of equal size.
template <int Extent = 8>
class PooledDistance {
    static_assert(Extent >= 1, "collab: a pooled distance has at least one bin in each direction");

public:
    static constexpr const char* name = "pooled";
    double operator()(const Mass& a, const Mass& b) {
        const double unit = detail::grid_unit(a, b);
        const int window = std::max(1, (std::max(a.height, a.width) + Extent - 1) / Extent);
        detail::gather(a, window, a_);
        detail::gather(b, window, b_);
        return solve_(a_, b_, unit * window);
    }

private:
    detail::TransportSolver solve_;
    Mass a_, b_;
};

/// The mean over Directions directions of W2^2 of the masses projected on a line, times 2, so that
/// a shift costs what it costs in the plane (for other changes it is an approximation). Fast: about
/// a tenth of a millisecond for 32x32.
template <int Directions = 16>
class SlicedDistance {
    static_assert(Directions >= 1, "collab: a sliced distance looks in at least one direction");

public:
    static constexpr const char* name = "sliced";
    double operator()(const Mass& a, const Mass& b) {
        const double unit = detail::grid_unit(a, b);
        if (height_ != a.height || width_ != a.width)
            prepare(a.height, a.width);
        double sum = 0;
        for (int k = 0; k < Directions; ++k) {
            const double* place = places_.data() + std::size_t(k) * order_.size() / Directions;
            const int* order = order_.data() + std::size_t(k) * order_.size() / Directions;
            const int n = int(a.at.size());
            double left = a.at[std::size_t(order[0])];
            double room = b.at[std::size_t(order[0])];
            for (int i = 0, j = 0; i < n && j < n;) {
                const double moved = std::min(left, room);
                const double step = unit * (place[i] - place[j]);
                sum += moved * step * step;
                left -= moved;
                room -= moved;
                if (left <= 1e-15)
                    left = ++i < n ? a.at[std::size_t(order[i])] : 0;
                if (room <= 1e-15)
                    room = ++j < n ? b.at[std::size_t(order[j])] : 0;
            }
        }
        return 2 * sum / Directions;
    }

private:
    // pixels in the order of their projections, once for each size of image
    void prepare(int height, int width) {
        height_ = height;
        width_ = width;
        detail::project(height, width, Directions, order_, places_);
    }
    int height_ = 0;
    int width_ = 0;
    std::vector<int> order_;
    std::vector<double> places_;
};

/// W2^2 of the row sums plus W2^2 of the column sums: exact where mass is a product of both, a
/// lower bound otherwise. The cheapest.
class MarginalDistance {
public:
    static constexpr const char* name = "marginal";
    double operator()(const Mass& a, const Mass& b);

private:
    double along(const Mass& a, const Mass& b, double unit, bool rows);

    std::vector<double> a_, b_;
};

/// The transport cost of the entropic problem, by Sinkhorn's iterations on rows and columns apart
/// and in the log domain, so that a small `blur` neither overflows nor vanishes. `blur` is in
/// squared distances between neighboring pixels: at 0.1 dense masses of 4x4 come within 1e-6 of
/// the exact value, at 1 they cost twice as much. O(iterations n^3) for n x n pixels.
class EntropicDistance {
public:
    static constexpr const char* name = "entropic";
    explicit EntropicDistance(double blur = 0.1, int iterations = 500);
    double operator()(const Mass& a, const Mass& b);

private:
    /// sum_[p] = log sum_q K(p, q) e^{v_q}; `which` multiplies K by the squared distance of the
    /// rows (1) or of the columns (2).
    void smooth(const Mass& grid, const std::vector<double>& v, int which);
    double blur_;
    int iterations_;
    std::vector<double> f_, g_, sum_, rows_, logarithm_, target_;
};

/// W2^2 between the images that networks see when network i sees the batch rolled by i places.
template <class Distance, int Networks>
class ImageDistances {
public:
    void measure(const float* images, Dims dims, int samples, const double* mean,
                 const double* stddev) {
        const std::size_t count = std::size_t(samples);
        masses_.resize(std::max(masses_.size(), count));
        values_.resize(std::size_t(Networks) * count);
        for (std::size_t b = 0; b < count; ++b)
            image_mass(images + b * std::size_t(dims.size()), dims, masses_[b], mean, stddev);
        // of sample b and sample b + shift
        for (std::size_t shift = 1; shift < std::size_t(Networks); ++shift)
            for (std::size_t b = 0; b < count; ++b)
                values_[shift * count + b] = distance_(masses_[b], masses_[(b + shift) % count]);
    }
    /// One value per sample, for networks i and j.
    template <class T>
    const T* between(int i, int j, int samples) {
        const std::size_t count = std::size_t(samples);
        const std::size_t shift = std::size_t(i < j ? j - i : i - j);
        const std::size_t first = std::size_t(std::min(i, j));
        std::vector<T>& row = [&]() -> std::vector<T>& {
            if constexpr (std::same_as<T, float>)
                return floats_;
            else
                return doubles_;
        }();
        row.resize(count);
        for (std::size_t b = 0; b < count; ++b)
            row[b] = T(values_[shift * count + (b + first) % count]);
        return row.data();
    }

private:
    Distance distance_{};
    std::vector<Mass> masses_;
    std::vector<double> values_, doubles_;
    std::vector<float> floats_;
};
template <int Networks>
class ImageDistances<void, Networks> {};

}  // namespace collab

#ifdef COLLAB_BODIES
#include <collab/loss/wasserstein-inl.hpp>
#endif
