// SPDX-License-Identifier: Apache-2.0
// wasserstein: W2^2 between two images seen as heaps of mass on the pixel grid, in four ways (Eq.
// 4, line 2 of Wang, Wang and Gao 2018; the embedding of Courty, Flamary and Ducoffe 2018).
// Coordinates are scaled so that the longer side of an image has length 1. Host only.
#pragma once
#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <vector>

#include <collab/core/error.hpp>
#include <collab/core/expect.hpp>
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
inline void image_mass(const float* pixels, Dims dims, Mass& mass, const double* mean = nullptr,
                       const double* stddev = nullptr) {
    mass.height = dims.height;
    mass.width = dims.width;
    mass.at.resize(std::size_t(dims.area()));
    const double luminance[3] = {0.299, 0.587, 0.114};
    double sum = 0;
    for (std::size_t p = 0; p < mass.at.size(); ++p) {
        double value = 0;
        for (int c = 0; c < dims.channels; ++c) {
            double x = pixels[p * std::size_t(dims.channels) + std::size_t(c)];
            if (mean)
                x = x * stddev[c] + mean[c];
            value += std::max(x, 0.0) * (dims.channels == 3 ? luminance[c] : 1.0 / dims.channels);
        }
        sum += mass.at[p] = value + 1e-6;
    }
    for (double& m : mass.at)
        m /= sum;
}

/// W2^2 of two heaps on a line, `unit` between neighbors: the k-th grain of one goes to the k-th
/// of the other. Both have the same sum.
inline double line_distance(const double* a, int n, const double* b, int m, double unit) {
    double cost = 0;
    double left = n > 0 ? a[0] : 0;
    double room = m > 0 ? b[0] : 0;
    for (int i = 0, j = 0; i < n && j < m;) {
        const double moved = std::min(left, room);
        const double step = unit * (i - j);
        cost += moved * step * step;
        left -= moved;
        room -= moved;
        if (left <= 1e-15)
            left = ++i < n ? a[i] : 0;
        if (room <= 1e-15)
            room = ++j < m ? b[j] : 0;
    }
    return cost;
}

namespace detail {
inline double grid_unit(const Mass& a, const Mass& b) {
    if (a.height != b.height || a.width != b.width)
        fail("masses on grids of ", a.height, "x", a.width, " and ", b.height, "x", b.width,
             " cannot be compared");
    return 1.0 / std::max({a.height - 1, a.width - 1, 1});
}

/// The cheapest way to carry mass between the bins of one grid, by successive shortest paths
/// (Dijkstra with potentials).
class TransportSolver {
public:
    double operator()(const Mass& a, const Mass& b, double unit) {
        const std::size_t n = a.at.size();
        supply_ = a.at;
        demand_ = b.at;
        cost_.resize(n * n);
        flow_.assign(n * n, 0);
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < n; ++j) {
                const double dy = unit * (int(i) / a.width - int(j) / a.width);
                const double dx = unit * (int(i) % a.width - int(j) % a.width);
                cost_[i * n + j] = dy * dy + dx * dx;
            }
        potential_.assign(2 * n, 0);
        for (std::size_t i = 0; i < n; ++i) {  // what both have in one place stays there
            const double stays = std::min(supply_[i], demand_[i]);
            flow_[i * n + i] = stays;
            supply_[i] -= stays;
            demand_[i] -= stays;
        }
        while (augment(n)) {}
        double total = 0;
        for (std::size_t k = 0; k < n * n; ++k)
            total += flow_[k] * cost_[k];
        return total;
    }

private:
    static constexpr double tiny = 1e-13, infinite = 1e300;

    bool augment(std::size_t n) {  // nodes 0 .. n - 1 give, n .. 2n - 1 take
        distance_.assign(2 * n, infinite);
        before_.assign(2 * n, 2 * n);
        done_.assign(2 * n, false);
        bool any = false;
        for (std::size_t i = 0; i < n; ++i)
            if (supply_[i] > tiny) {
                distance_[i] = 0;
                any = true;
            }
        if (!any)
            return false;
        std::size_t end = 2 * n;
        for (;;) {
            std::size_t at = 2 * n;
            for (std::size_t v = 0; v < 2 * n; ++v)
                if (!done_[v] && distance_[v] < infinite &&
                    (at == 2 * n || distance_[v] < distance_[at]))
                    at = v;
            if (at == 2 * n)
                return false;  // rounding left mass without a place
            done_[at] = true;
            if (at >= n && demand_[at - n] > tiny) {
                end = at;
                break;
            }
            for (std::size_t other = 0; other < n; ++other) {
                const std::size_t to = at < n ? n + other : other;
                if (done_[to] || (at >= n && flow_[other * n + at - n] <= tiny))
                    continue;
                const double edge = at < n ? cost_[at * n + other] : -cost_[other * n + at - n];
                const double reached =
                    distance_[at] + std::max(0.0, edge + potential_[at] - potential_[to]);
                if (reached < distance_[to]) {
                    distance_[to] = reached;
                    before_[to] = at;
                }
            }
        }
        for (std::size_t v = 0; v < 2 * n; ++v)
            potential_[v] += std::min(distance_[v], distance_[end]);
        double amount = demand_[end - n];
        std::size_t v = end;
        for (; before_[v] != 2 * n; v = before_[v])
            if (v < n)
                amount = std::min(amount, flow_[v * n + before_[v] - n]);
        amount = std::min(amount, supply_[v]);
        supply_[v] -= amount;
        demand_[end - n] -= amount;
        for (v = end; before_[v] != 2 * n; v = before_[v]) {
            if (v >= n)
                flow_[before_[v] * n + v - n] += amount;
            else
                flow_[v * n + before_[v] - n] -= amount;
        }
        return true;
    }

    std::vector<double> supply_, demand_, cost_, flow_, potential_, distance_;
    std::vector<std::size_t> before_;
    std::vector<bool> done_;
};
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
        gather(a, window, a_);
        gather(b, window, b_);
        return solve_(a_, b_, unit * window);
    }

private:
    static void gather(const Mass& from, int window, Mass& to) {
        to.height = (from.height + window - 1) / window;
        to.width = (from.width + window - 1) / window;
        to.at.assign(std::size_t(to.height) * std::size_t(to.width), 0);
        for (int h = 0; h < from.height; ++h)
            for (int w = 0; w < from.width; ++w)
                to.at[std::size_t(h / window * to.width + w / window)] +=
                    from.at[std::size_t(h * from.width + w)];
    }
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
        const int n = height * width;
        order_.resize(std::size_t(n * Directions));
        places_.resize(order_.size());
        for (int k = 0; k < Directions; ++k) {
            const double angle = 3.14159265358979323846 * k / Directions;
            const double y = std::sin(angle);
            const double x = std::cos(angle);
            int* order = order_.data() + k * n;
            for (int p = 0; p < n; ++p)
                order[p] = p;
            const auto place = [&](int p) { return y * (p / width) + x * (p % width); };
            std::stable_sort(order, order + n, [&](int p, int q) { return place(p) < place(q); });
            for (int p = 0; p < n; ++p)
                places_[std::size_t(k * n + p)] = place(order[p]);
        }
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
    double operator()(const Mass& a, const Mass& b) {
        const double unit = detail::grid_unit(a, b);
        return along(a, b, unit, true) + along(a, b, unit, false);
    }

private:
    double along(const Mass& a, const Mass& b, double unit, bool rows) {
        const int n = rows ? a.height : a.width;
        const auto sums = [&](const Mass& m, std::vector<double>& to) {
            to.assign(std::size_t(n), 0);
            for (int h = 0; h < m.height; ++h)
                for (int w = 0; w < m.width; ++w)
                    to[std::size_t(rows ? h : w)] += m.at[std::size_t(h * m.width + w)];
        };
        sums(a, a_);
        sums(b, b_);
        return line_distance(a_.data(), n, b_.data(), n, unit);
    }
    std::vector<double> a_, b_;
};

/// The transport cost of the entropic problem, by Sinkhorn's iterations on rows and columns apart
/// and in the log domain, so that a small `blur` neither overflows nor vanishes. `blur` is in
/// squared distances between neighboring pixels: at 0.1 dense masses of 4x4 come within 1e-6 of
/// the exact value, at 1 they cost twice as much. O(iterations n^3) for n x n pixels.
class EntropicDistance {
public:
    static constexpr const char* name = "entropic";
    explicit EntropicDistance(double blur = 0.1, int iterations = 500)
        : blur_(blur),
          iterations_(iterations) {
        const Expect expect{"EntropicDistance"};
        expect.positive("blur", blur);
        expect.between("iterations", iterations, 1, 1000000);
    }
    double operator()(const Mass& a, const Mass& b) {
        const double unit = detail::grid_unit(a, b);
        const std::size_t n = a.at.size();
        f_.assign(n, 0);
        g_.assign(n, 0);
        sum_.resize(n);
        rows_.resize(n);
        logarithm_.resize(n);
        target_.resize(n);
        // -infinity where there is nothing
        for (std::size_t p = 0; p < n; ++p) {
            logarithm_[p] = std::log(a.at[p]);
            target_[p] = std::log(b.at[p]);
        }
        // f = log a - log (K e^g), g = log b - log (K e^f)
        for (int i = 0; i < iterations_; ++i) {
            smooth(a, g_, 0);
            for (std::size_t p = 0; p < n; ++p)
                f_[p] = a.at[p] > 0 ? logarithm_[p] - sum_[p] : logarithm_[p];
            smooth(a, f_, 0);
            for (std::size_t p = 0; p < n; ++p)
                g_[p] = b.at[p] > 0 ? target_[p] - sum_[p] : target_[p];
        }
        // sum of e^f C K e^g, rows and columns one after the other, as the squared distance is a
        // sum over both
        double cost = 0;
        for (const int which : {1, 2}) {
            smooth(a, g_, which);
            for (std::size_t p = 0; p < n; ++p)
                cost += std::exp(f_[p] + sum_[p]);
        }
        return cost * unit * unit;
    }

private:
    /// sum_[p] = log sum_q K(p, q) e^{v_q}; `which` multiplies K by the squared distance of the
    /// rows (1) or of the columns (2).
    void smooth(const Mass& grid, const std::vector<double>& v, int which) {
        const int height = grid.height;
        const int width = grid.width;
        const auto add = [&](const double* from, int stride, int n, int to, bool weighted) {
            double largest = -std::numeric_limits<double>::infinity();
            for (int k = 0; k < n; ++k)
                if (!weighted || k != to)
                    largest =
                        std::max(largest, from[k * stride] - double((k - to) * (k - to)) / blur_);
            if (std::isinf(largest))
                return largest;
            double sum = 0;
            for (int k = 0; k < n; ++k) {
                const double d = double((k - to) * (k - to));
                sum += (weighted ? d : 1) * std::exp(from[k * stride] - d / blur_ - largest);
            }
            return largest + std::log(sum);
        };
        for (int h = 0; h < height; ++h)
            for (int w = 0; w < width; ++w)
                rows_[std::size_t(h * width + w)] =
                    add(v.data() + h * width, 1, width, w, which == 2);
        for (int h = 0; h < height; ++h)
            for (int w = 0; w < width; ++w)
                sum_[std::size_t(h * width + w)] =
                    add(rows_.data() + w, width, height, h, which == 1);
    }
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
