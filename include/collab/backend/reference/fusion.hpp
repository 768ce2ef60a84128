// SPDX-License-Identifier: Apache-2.0
// fusion: what the fused operations mean: the plain ones, one after the other, with every map
// written in between.
#pragma once
#include <cstddef>
#include <vector>

#include <collab/backend/fusion.hpp>
#include <collab/backend/reference/reference.hpp>

namespace collab {

/// Reference with the operations of FusionBackend: to check other backends' against, and the plan
/// that uses them.
template <class T = double>
class FusedReference : public Reference<T> {
    using Map = backend::Map;
    using Convolution = backend::Convolution;

public:
    template <class X>
    void fused_conv2d(const Convolution& g, const X& x, const T* w, const T* bias, View<T> y,
                      const backend::Statistics<T>& statistics) const {
        const Formed of_x(x, {g.batch, g.in});
        this->conv2d(g, of_x, w, bias, y);
        if (statistics.saved)
            batch_statistics({g.batch, g.out}, y, statistics);
    }
    template <class X, class D>
    void fused_conv2d_weight_gradient(const Convolution& g, const X& x, const D& dy, T* dw) const {
        this->conv2d_weight_gradient(g, Formed(x, {g.batch, g.in}), Formed(dy, {g.batch, g.out}),
                                     dw);
    }
    template <class X, class D, class Then>
    void fused_conv2d_backward(const Convolution& g, const X& x, const D& dy, const T* w, T* dw,
                               View<T> dx, const Then& then) const {
        const Map in{g.batch, g.in};
        const View<const T> result = dx;
        fused_conv2d_weight_gradient(g, x, dy, dw);
        this->conv2d_input_gradient(g, Formed(dy, {g.batch, g.out}), w, nullptr, dx);
        if constexpr (requires { then.more; })
            if (then.more)
                this->add(in, then.more, dx);
        if constexpr (requires { then.value; })
            normalized_sums(in, then.f,
                            {then.raw, then.value, result, then.saved, then.dgamma, then.dbeta},
                            then.sums, dx);
        else if constexpr (requires { then.input; })
            normalized_sums(in, then.input.f,
                            {then.input.x, Formed(then.input, in), result, then.input.saved,
                             then.dgamma, then.dbeta},
                            then.sums, dx);
    }
    void batch_statistics(const Map& map, View<const T> x, const backend::Statistics<T>& s) const {
        const std::size_t c = std::size_t(map.dims.channels);
        const std::vector<T> gamma(c, T(1));
        const std::vector<T> beta(c, T(0));
        std::vector<T> unused(std::size_t(map.size()));
        this->batch_norm(map, Identity{}, x, {gamma.data(), beta.data()}, s,
                         View<T>{unused.data(), map.dims.channels});
    }
    template <class X, class F>
    void normalized_conv2d(const Convolution& g, const X& x, const T* w, const T* bias,
                           const backend::NormalizedSum<T, F>& sum, View<T> y) const {
        const Map out{g.batch, g.out};
        std::vector<T> raw(std::size_t(out.size()));
        const View<T> result{raw.data(), g.out.channels};
        this->conv2d(g, Formed(x, Map{g.batch, g.in}), w, bias, result);
        const auto& of = sum.input;
        normalize(out, sum.f, {result, of.gamma, of.beta, of.saved, {}}, sum.skip, y);
    }
    template <class F>
    void normalize(const Map& map, F f, const backend::Normalized<T, Identity>& input,
                   View<const T> skip, View<T> y) const {
        const Formed value(input, map);
        collab::detail::for_elements(map, [&](auto p, int c) {
            const T more = skip ? collab::detail::pixel(skip, p)[c] : T(0);
            collab::detail::pixel(y, p)[c] =
                f(collab::detail::pixel(View<const T>(value), p)[c] + more);
        });
    }
    template <class F>
    void normalized_sums(const Map& map, F f, const backend::NormalizationBackward<T>& backward,
                         T* sums, View<T> g) const {
        const View<const T> x = backward.x;
        const View<const T> y = backward.y;
        const View<const T> dy = backward.dy;
        const T* const saved = backward.saved;
        const int channels = map.dims.channels;
        for (int c = 0; c < channels; ++c) {
            double sum = 0;
            double product = 0;
            for (std::ptrdiff_t p = 0; p < map.pixels(); ++p) {
                const T d = collab::detail::pixel(dy, p)[c] *
                            (g ? f.slope(collab::detail::pixel(y, p)[c]) : T(1));
                if (g)
                    collab::detail::pixel(g, p)[c] = d;
                sum += double(d);
                product += double(d) * (double(collab::detail::pixel(x, p)[c]) - double(saved[c])) *
                           double(saved[channels + c]);
            }
            sums[c] = T(sum);
            sums[channels + c] = T(product);
            backward.dbeta[c] += T(sum);
            backward.dgamma[c] += T(product);
        }
    }
    void normalized_gradient(const Map& map, const backend::NormalizedGradient<T>& n,
                             View<T> dx) const {
        this->copy(map, Formed(n, map), dx);
    }

private:
    /// An operand as a map in memory.
    struct Formed {
        View<const T> view;
        std::vector<T> memory;
        operator View<const T>() const { return view; }

        Formed(View<const T> x, const Map&) : view(x) {}
        template <class F>
        Formed(const backend::Normalized<T, F>& n, const Map& map)
            : memory(std::size_t(map.size())) {
            const int channels = map.dims.channels;
            view = {memory.data(), channels};
            collab::detail::for_elements(map, [&](auto p, int c) {
                const T z = (collab::detail::pixel(n.x, p)[c] - n.saved[c]) * n.saved[channels + c];
                memory[std::size_t(p * channels + c)] = n.f(z * n.gamma[c] + n.beta[c]);
            });
        }
        Formed(const backend::NormalizedGradient<T>& n, const Map& map)
            : memory(std::size_t(map.size())) {
            const int channels = map.dims.channels;
            view = {memory.data(), channels};
            collab::detail::for_elements(map, [&](auto p, int c) {
                const double inverse = double(n.saved[channels + c]);
                const double z =
                    (double(collab::detail::pixel(n.x, p)[c]) - double(n.saved[c])) * inverse;
                const double d = double(collab::detail::pixel(n.g, p)[c]) -
                                 double(n.sums[c]) / double(n.pixels) -
                                 z * double(n.sums[channels + c]) / double(n.pixels);
                memory[std::size_t(p * channels + c)] = T(double(n.gamma[c]) * inverse * d);
            });
        }
        Formed(const Formed&) = delete;
    };
};

}  // namespace collab
