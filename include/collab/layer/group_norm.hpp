// SPDX-License-Identifier: Apache-2.0
// group_norm: the channels of each group of a sample to mean 0 and variance 1, then a learned scale
// and shift.
#pragma once
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <collab/layer/batch_norm.hpp>

namespace collab {

namespace detail {
/// The maps of a batch in groups of neighboring channels. Row r is group r % groups of sample
/// r / groups. `saved`: the mean of each row, then, behind those of all, 1 / sqrt(variance +
/// epsilon). Sums are kept in double for every T.
template <class T>
struct ChannelGroups {
    Dims dims;
    int groups, batch;
    T* saved;

    COLLAB_HD int width() const { return dims.channels / groups; }
    COLLAB_HD long first_pixel(int row) const { return long(row / groups) * dims.area(); }
    COLLAB_HD int first_channel(int row) const { return row % groups * width(); }
    COLLAB_HD double count() const { return double(dims.area()) * width(); }
    COLLAB_HD T& mean(int row) const { return saved[row]; }
    COLLAB_HD T& inverse(int row) const { return saved[long(batch) * groups + row]; }
    /// f(pixel, channel) for the elements of a row.
    template <class F>
    COLLAB_HD void each(int row, const F& f) const {
        const long pixel = first_pixel(row);
        const int channel = first_channel(row);
        for (int p = 0; p < dims.area(); ++p)
            for (int c = 0; c < width(); ++c)
                f(pixel + p, channel + c);
    }
};
template <class T>
COLLAB_HD COLLAB_INLINE T& element(const View<T>& v, long pixel, int channel) {
    return v.data[pixel * v.pixel + channel];
}

template <class T>
struct GroupNormForward {
    ChannelGroups<T> g;
    View<const T> x;
    const T *gamma, *beta;
    View<T> y;
    double epsilon;

    COLLAB_HD void operator()(int row) const {
        double mean = 0;
        double variance = 0;  // two passes: no difference of large squares
        g.each(row, [&](long p, int c) { mean += double(element(x, p, c)); });
        mean /= g.count();
        g.each(row, [&](long p, int c) {
            const double d = double(element(x, p, c)) - mean;
            variance += d * d;
        });
        const double inverse = 1 / std::sqrt(variance / g.count() + epsilon);
        g.mean(row) = T(mean);
        g.inverse(row) = T(inverse);
        g.each(row, [&](long p, int c) {
            const double z = (double(element(x, p, c)) - mean) * inverse;
            element(y, p, c) = T(z * double(gamma[c]) + double(beta[c]));
        });
    }
};
/// The gradient of the input, a row at a time.
template <class T>
struct GroupNormBackward {
    ChannelGroups<T> g;
    View<const T> x, dy;
    const T* gamma;
    View<T> dx;

    COLLAB_HD void operator()(int row) const {
        const double mean = double(g.mean(row));
        const double inverse = double(g.inverse(row));
        const auto normalized = [&](long p, int c) {
            return (double(element(x, p, c)) - mean) * inverse;
        };
        const auto gradient = [&](long p, int c) {
            return double(element(dy, p, c)) * double(gamma[c]);
        };
        double sum = 0;
        double product = 0;
        g.each(row, [&](long p, int c) {
            sum += gradient(p, c);
            product += gradient(p, c) * normalized(p, c);
        });
        g.each(row, [&](long p, int c) {
            element(dx, p, c) = T(inverse * (gradient(p, c) - sum / g.count() -
                                             normalized(p, c) * product / g.count()));
        });
    }
};
/// The gradients of scale and shift, a channel at a time.
template <class T>
struct GroupNormParameters {
    ChannelGroups<T> g;
    View<const T> x, dy;
    T *dgamma, *dbeta;

    COLLAB_HD void operator()(int c) const {
        double sum = 0;
        double product = 0;
        for (int sample = 0; sample < g.batch; ++sample) {
            const int row = sample * g.groups + c / g.width();
            const double mean = double(g.mean(row));
            const double inverse = double(g.inverse(row));
            const long pixel = g.first_pixel(row);
            for (long p = pixel; p < pixel + g.dims.area(); ++p) {
                const double d = double(element(dy, p, c));
                sum += d;
                product += d * (double(element(x, p, c)) - mean) * inverse;
            }
        }
        dgamma[c] += T(product);
        dbeta[c] += T(sum);
    }
};
}  // namespace detail

/// y = gamma (x - mean) / sqrt(variance + epsilon) + beta (Wu and He 2018), with the mean and
/// biased variance of the pixels and channels of a group of the sample, in training and in
/// inference; `Groups` groups of neighboring channels, gamma and beta per channel. PyTorch's
/// nn.GroupNorm(Groups, channels). Plain loops, a row of work for each group of a sample.
template <int Groups, class Constants = NormalizationDefaults>
struct GroupNorm : LayerBase {
    static_assert(Groups > 0, "collab: a group normalization has at least one group");

    static constexpr bool accepts(Dims in) { return in.channels % Groups == 0; }
    static constexpr std::array<Parameter, 2> parameters(Dims in) {
        return {{{"weight", Role::scale, in.channels, 1, {in.channels}, 1},
                 {"bias", Role::shift, in.channels, 1, {in.channels}, 1}}};
    }
    static constexpr Footprint footprint(Dims in) {
        Footprint f = listed_footprint<GroupNorm>(in);
        f.saved = 2 * Groups;
        return f;
    }
    static std::string describe() { return sentence("GroupNorm<", Groups, ">"); }

    template <Backend B, class T = typename B::Scalar>
    static void forward(const Context<B>& c, Dims in, const Forward<T>& f) {
        c.backend.for_rows(c.batch * Groups,
                           detail::GroupNormForward<T>{{in, Groups, c.batch, f.saved},
                                                       f.x,
                                                       f.parameters,
                                                       f.parameters + in.channels,
                                                       f.y,
                                                       Constants::epsilon});
    }
    template <Backend B, class T = typename B::Scalar>
    static void backward(const Context<B>& c, Dims in, const Backward<T>& b) {
        const detail::ChannelGroups<T> groups{in, Groups, c.batch, b.saved};
        c.backend.for_rows(in.channels,
                           detail::GroupNormParameters<T>{groups, b.x, b.dy, b.gradients,
                                                          b.gradients + in.channels});
        c.backend.for_rows(c.batch * Groups,
                           detail::GroupNormBackward<T>{groups, b.x, b.dy, b.parameters, b.dx});
    }

    /// Each group as a channel of InstanceNormalization, then the scale and shift as those of a
    /// BatchNormalization that changes nothing: ONNX has GroupNormalization itself from operator
    /// set 18 on only, and OpenCV 4.6 refuses a constant product before a constant sum.
    template <class Writer, class Value>
    static Value write_onnx(Writer& out, Dims in, const Value& x) {
        auto& g = out.graph();
        const auto all = [&](int n, float value) {
            return g.constant(g.fresh("numbers"), {n}, std::vector<float>(std::size_t(n), value));
        };
        const std::string normalized =
            g.node("InstanceNormalization",
                   {out.reshaped(x.name, {0, Groups, -1}), all(Groups, 1), all(Groups, 0)},
                   {{"epsilon", float(Constants::epsilon)}});
        const std::string apart =
            x.flat ? out.reshaped(normalized, {0, in.channels})
                   : out.reshaped(normalized, {0, in.channels, in.height, in.width});
        const std::string scale = out.parameter();  // met before the shift
        return {g.node("BatchNormalization",
                       {apart, scale, out.parameter(), all(in.channels, 0), all(in.channels, 1)},
                       {{"epsilon", 0.0f}}),
                x.flat};
    }
    /// The order of its input, which may not take a channel to another group.
    template <class Walk>
    static int order_channels(Walk& walk, Dims in, int x) {
        return walk.orders.same(x, walk.orders.mixed_in_groups(x, Groups, in.channels));
    }
};

}  // namespace collab
