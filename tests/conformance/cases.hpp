// SPDX-License-Identifier: Apache-2.0
// cases: the shapes, windows, functions and batches on which the conformance suite runs every
// operation.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <collab/backend/functor.hpp>
#include <collab/backend/geometry.hpp>
#include <collab/backend/reference/reference.hpp>
#include <collab/core/config.hpp>
#include <collab/core/error.hpp>

#include "trial.hpp"

namespace collab::conformance {

using backend::Convolution;
using backend::Extent;
using backend::Map;
using backend::Normalization;
using backend::Pooling;
using backend::Product;

constexpr int batches[] = {1, 3, 17};
constexpr int channels[] = {1, 3, 10, 17, 33};
constexpr Extent extents[] = {{1, 1}, {4, 4}, {5, 7}, {8, 8}, {14, 14}};

inline std::string text(const Map& m) {
    return sentence(m.batch, " maps of ", m.dims.channels, "x", m.dims.height, "x", m.dims.width);
}
template <class G>
std::string text(const char* what, const G& g) {
    return sentence(what, " of ", text(Map{g.batch, g.in}), " to ", text(Map{g.batch, g.out}),
                    ", kernel ", g.kernel.height, "x", g.kernel.width, ", stride ", g.stride.height,
                    "x", g.stride.width, ", padding ", g.pad.height, "x", g.pad.width);
}

/// Every extent with every number of channels; batches in turn.
inline std::vector<Map> maps() {
    std::vector<Map> all;
    for (const Extent& e : extents)
        for (const int c : channels)
            all.push_back({batches[all.size() % 3], {c, e.height, e.width}});
    return all;
}
/// A window that moves over a map.
struct Kernel {
    Extent kernel, stride, pad;
};
/// How often it fits, rows and columns; 0 where it never does.
constexpr Extent fits(const Extent& in, const Kernel& k) {
    const auto along = [](int n, int kernel, int stride, int pad) {
        return n + 2 * pad < kernel ? 0 : (n + 2 * pad - kernel) / stride + 1;
    };
    return {along(in.height, k.kernel.height, k.stride.height, k.pad.height),
            along(in.width, k.kernel.width, k.stride.width, k.pad.width)};
}
/// How often it fits where the last window may stick out of the padded map, if it begins inside the
/// map: PyTorch's ceil_mode.
constexpr Extent fits_somehow(const Extent& in, const Kernel& k) {
    const auto along = [](int n, int kernel, int stride, int pad) {
        const int windows = (n + 2 * pad - kernel + stride - 1) / stride + 1;
        return (windows - 1) * stride < n + pad ? windows : windows - 1;
    };
    return {along(in.height, k.kernel.height, k.stride.height, k.pad.height),
            along(in.width, k.kernel.width, k.stride.width, k.pad.width)};
}

// Function objects for the generic loops; a GPU compiler may not take a lambda for these.
template <class T>
struct SquareEach {
    T* y;
    COLLAB_HD void operator()(std::size_t i) const { y[i] = y[i] * y[i] + T(i % 5); }
};
template <class T>
struct RaiseRow {
    T* y;
    int n;
    COLLAB_HD void operator()(int row) const {
        for (int i = 0; i < n; ++i)
            y[row * n + i] += T(row);
    }
};

/// Kernels, strides and paddings on every extent they fit, channels and batches in turn; then
/// groups, and sizes that fill registers and blocks.
inline std::vector<Convolution> convolutions() {
    constexpr Kernel kernels[] = {//
                                  {{1, 1}, {1, 1}, {0, 0}},
                                  {{3, 3}, {1, 1}, {1, 1}},
                                  {{3, 3}, {2, 2}, {1, 1}},
                                  {{1, 1}, {2, 2}, {0, 0}},
                                  //
                                  {{2, 2}, {2, 2}, {0, 0}},
                                  {{5, 5}, {1, 1}, {2, 2}},
                                  {{7, 7}, {2, 2}, {3, 3}},
                                  {{3, 3}, {1, 1}, {0, 0}},
                                  {{1, 3}, {1, 1}, {0, 1}},
                                  {{4, 3}, {2, 1}, {1, 2}},
                                  {{3, 3}, {3, 2}, {0, 1}}};
    std::vector<Convolution> all;
    const auto put = [&](int batch, int in, int out, const Extent& e, const Kernel& k, int groups) {
        const Extent to = fits(e, k);
        // the loops of the reference take their time
        if (double(to.area()) * k.kernel.area() * in * out > 5e5)
            batch = std::min(batch, 3);
        if (to.area() > 0)
            all.push_back({batch,
                           {in, e.height, e.width},
                           {out, to.height, to.width},
                           k.kernel,
                           k.stride,
                           k.pad,
                           groups});
    };
    for (const Kernel& k : kernels)
        for (const Extent& e : extents) {
            const std::size_t n = all.size();
            put(batches[n % 3], channels[n % 5], channels[(n / 5 + 2 * n) % 5], e, k, 1);
            put(batches[(n + 2) % 3], channels[(n + 3) % 5], channels[(n + 4) % 5], e, k, 1);
        }
    for (const Extent& e : extents)
        for (const Kernel& k : {kernels[1], kernels[2], kernels[0]}) {
            put(3, 6, 4, e, k, 2);
            put(1, 9, 15, e, k, 3);
            put(3, 10, 10, e, k, 10);
            put(17, 33, 33, e, k, 33);
            put(1, 3, 6, e, k, 3);
        }
    put(3, 64, 64, {8, 8}, kernels[1], 1);
    put(2, 128, 20, {7, 7}, kernels[0], 1);
    put(2, 16, 32, {32, 32}, kernels[2], 1);
    put(2, 3, 16, {32, 32}, kernels[1], 1);
    put(17, 64, 40, {8, 8}, kernels[0], 1);  // both gradients of many pixels in one sweep
    put(5, 33, 48, {16, 16}, kernels[0], 1);
    put(1, 12, 17, {37, 31}, kernels[0], 1);
    // sums long enough for chunks, with pixels in two quads
    put(3, 352, 17, {13, 13}, kernels[2], 1);
    put(2, 40, 40, {37, 32}, kernels[1], 40);  // depthwise in bands of rows
    put(2, 72, 72, {37, 31}, kernels[2], 72);
    return all;
}

/// Windows on every extent they fit, also sticking out, with and without counting the padding;
/// channels and batches in turn.
inline std::vector<Pooling> pools() {
    std::vector<Pooling> all;
    for (const Extent& e : extents)
        for (const Kernel& k :
             {Kernel{{2, 2}, {2, 2}, {0, 0}}, Kernel{{3, 3}, {2, 2}, {1, 1}},
              Kernel{{3, 3}, {1, 1}, {1, 1}}, Kernel{{3, 2}, {2, 1}, {1, 0}},
              Kernel{{1, 1}, {2, 2}, {0, 0}}, Kernel{{2, 3}, {3, 4}, {0, 0}}, Kernel{e, e, {0, 0}}})
            for (const bool counting : {true, false}) {
                const Extent down = fits(e, k);
                const Extent up = fits_somehow(e, k);
                const auto put = [&](const Extent& to) {
                    const int c = channels[(all.size() + all.size() / 5) % 5];
                    const int batch = batches[all.size() % 3];
                    all.push_back({batch,
                                   {c, e.height, e.width},
                                   {c, to.height, to.width},
                                   k.kernel,
                                   k.stride,
                                   k.pad,
                                   counting});
                };
                if (down.area() == 0)
                    continue;
                put(down);
                if (!(up == down))
                    put(up);
            }
    return all;
}

/// each(name, f) for every activation.
template <class F>
void for_activations(F each) {
    each("identity", Identity{});
    each("relu", ReluFunction{});
    each("relu6", Relu6Function{});
    each("elu", EluFunction{});
    each("leaky relu", LeakyReluFunction{0.2});
    each("sigmoid", SigmoidFunction{});
}

/// A batch whose channels differ in mean and stddev, and what the forward pass keeps of it:
/// rounded once, so that all backends begin alike.
template <class S, class F>
struct Normalized {
    std::vector<double> x, y, gamma, beta, saved;
    double amplification = 0;  // the largest gamma / stddev

    Normalized(const Map& map, const Normalization& n, F f) : x(numbers(map.size(), "x")) {
        const int c = map.dims.channels;
        gamma = numbers(c, "gamma", {0.5, 1.5});
        beta = numbers(c, "beta");
        for (std::size_t i = 0; i < x.size(); ++i) {
            const double k = double(i % std::size_t(c)) / c;
            x[i] = double(S(k + (0.5 + k) * x[i]));
        }
        for (auto* v : {&gamma, &beta})
            for (double& d : *v)
                d = double(S(d));
        std::vector<double> mean(gamma.size());
        std::vector<double> variance(gamma.size());
        y.resize(x.size());
        saved.resize(2 * gamma.size());
        const auto normalize = [&](auto function) {
            Reference<double>{}.batch_norm(
                map, function, {x.data(), c}, {gamma.data(), beta.data()},
                {n, mean.data(), variance.data(), saved.data()}, {y.data(), c});
        };
        // Where an activation has a kink, rounding decides which slope a value next to it gets:
        // there are none.
        for (bool some = true; some;) {
            normalize(Identity{});
            some = false;
            for (std::size_t i = 0; i < x.size(); ++i)
                if (std::min(std::abs(y[i]), std::abs(y[i] - 6)) < 1e-5 && map.pixels() > 8) {
                    x[i] = double(S(x[i] + 0.01));
                    some = true;
                }
        }
        normalize(f);
        for (std::size_t i = 0; i < gamma.size(); ++i)
            amplification = std::max(amplification, gamma[i] * saved[gamma.size() + i]);
    }
};

}  // namespace collab::conformance
