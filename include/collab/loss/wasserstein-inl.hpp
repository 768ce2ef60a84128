// SPDX-License-Identifier: Apache-2.0
// wasserstein-inl: the bodies of wasserstein.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include <collab/core/error.hpp>
#include <collab/core/expect.hpp>
#include <collab/loss/wasserstein.hpp>

namespace collab {

COLLAB_COMPILED void image_mass(const float* pixels, Dims dims, Mass& mass, const double* mean,
                                const double* stddev) {
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

COLLAB_COMPILED double line_distance(const double* a, int n, const double* b, int m, double unit) {
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
COLLAB_COMPILED double grid_unit(const Mass& a, const Mass& b) {
    if (a.height != b.height || a.width != b.width)
        fail("masses on grids of ", a.height, "x", a.width, " and ", b.height, "x", b.width,
             " cannot be compared");
    return 1.0 / std::max({a.height - 1, a.width - 1, 1});
}

COLLAB_COMPILED double TransportSolver::operator()(const Mass& a, const Mass& b, double unit) {
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

COLLAB_COMPILED bool TransportSolver::augment(
    std::size_t n) {  // nodes 0 .. n - 1 give, n .. 2n - 1 take
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

COLLAB_COMPILED void gather(const Mass& from, int window, Mass& to) {
    to.height = (from.height + window - 1) / window;
    to.width = (from.width + window - 1) / window;
    to.at.assign(std::size_t(to.height) * std::size_t(to.width), 0);
    for (int h = 0; h < from.height; ++h)
        for (int w = 0; w < from.width; ++w)
            to.at[std::size_t(h / window * to.width + w / window)] +=
                from.at[std::size_t(h * from.width + w)];
}

COLLAB_COMPILED void project(int height, int width, int directions, std::vector<int>& orders,
                             std::vector<double>& all_places) {
    const int n = height * width;
    orders.resize(std::size_t(n * directions));
    all_places.resize(orders.size());
    for (int k = 0; k < directions; ++k) {
        const double angle = 3.14159265358979323846 * k / directions;
        const double y = std::sin(angle);
        const double x = std::cos(angle);
        int* const order = orders.data() + k * n;
        for (int p = 0; p < n; ++p)
            order[p] = p;
        const auto place = [&](int p) { return y * (p / width) + x * (p % width); };
        std::stable_sort(order, order + n, [&](int p, int q) { return place(p) < place(q); });
        for (int p = 0; p < n; ++p)
            all_places[std::size_t(k * n + p)] = place(order[p]);
    }
}
}  // namespace detail

COLLAB_COMPILED double MarginalDistance::operator()(const Mass& a, const Mass& b) {
    const double unit = detail::grid_unit(a, b);
    return along(a, b, unit, true) + along(a, b, unit, false);
}

COLLAB_COMPILED double MarginalDistance::along(const Mass& a, const Mass& b, double unit,
                                               bool rows) {
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

COLLAB_COMPILED EntropicDistance::EntropicDistance(double blur, int iterations)
    : blur_(blur),
      iterations_(iterations) {
    const Expect expect{"EntropicDistance"};
    expect.positive("blur", blur);
    expect.between("iterations", iterations, 1, 1000000);
}

COLLAB_COMPILED double EntropicDistance::operator()(const Mass& a, const Mass& b) {
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

COLLAB_COMPILED void EntropicDistance::smooth(const Mass& grid, const std::vector<double>& v,
                                              int which) {
    const int height = grid.height;
    const int width = grid.width;
    const auto add = [&](const double* from, int stride, int n, int to, bool weighted) {
        double largest = -std::numeric_limits<double>::infinity();
        for (int k = 0; k < n; ++k)
            if (!weighted || k != to)
                largest = std::max(largest, from[k * stride] - double((k - to) * (k - to)) / blur_);
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
            rows_[std::size_t(h * width + w)] = add(v.data() + h * width, 1, width, w, which == 2);
    for (int h = 0; h < height; ++h)
        for (int w = 0; w < width; ++w)
            sum_[std::size_t(h * width + w)] = add(rows_.data() + w, width, height, h, which == 1);
}

}  // namespace collab
