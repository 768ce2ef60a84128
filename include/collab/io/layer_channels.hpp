// SPDX-License-Identifier: Apache-2.0
// layer_channels: what each layer does to the order of channels, from its input to its output.
#pragma once
#include <string>
#include <vector>

#include <collab/collaboration/mkb_path.hpp>
#include <collab/io/channel_orders.hpp>
#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/channel_shuffle.hpp>
#include <collab/layer/channel_split.hpp>
#include <collab/layer/concat.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/conv_transpose.hpp>
#include <collab/layer/cut.hpp>
#include <collab/layer/dense_block.hpp>
#include <collab/layer/dropout.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/maxout.hpp>
#include <collab/layer/pad_channels.hpp>
#include <collab/layer/parameter_layer.hpp>
#include <collab/layer/pool.hpp>
#include <collab/layer/residual.hpp>

namespace collab {

/// What a layer does to the order of channels. Specialize it for a layer of your own that may stand
/// behind a Flatten; an activation (a layer with `function()`) needs nothing.
///
///     template <> struct collab::LayerChannels<Tanh> : collab::KeepsChannels {};
///
/// `write(walk, in, x)` returns the order of the layer's output, given that of its input;
/// `walk.orders` has the words for it. A layer of the library may say it itself, in a member
///
///     template <class Walk>
///     static int order_channels(Walk& walk, Dims in, int x);
///
/// A layer without either may stand wherever the order is the same here and in PyTorch; elsewhere
/// weights are refused with its name.
template <class L>
struct LayerChannels;

namespace detail {
class ChannelWalk;
}
/// Channel k of the output is made of channel k of the input alone.
struct KeepsChannels {
    static int write(detail::ChannelWalk&, Dims, int x) { return x; }
};

namespace detail {
template <class L>
concept OrdersChannels = requires(ChannelWalk& walk) {
    { L::order_channels(walk, Dims{}, 0) } -> std::same_as<int>;
};
}  // namespace detail
template <detail::OrdersChannels L>
struct LayerChannels<L> {
    static int write(detail::ChannelWalk& walk, Dims in, int x) {
        return L::order_channels(walk, in, x);
    }
};

namespace detail {
template <class L, class In>
concept SaysChannels = requires(ChannelWalk& walk) {
    { LayerChannels<L>::write(walk, In{}, 0) } -> std::same_as<int>;
};
/// Weights lie as [kh][kw][out][in], not as [kh][kw][in][out].
template <class L>
inline constexpr bool weights_from_output = requires { requires LayerChannels<L>::transposed; };

/// Walks a network as the named_tensors does: the order of every value, and for each tensor the
/// orders that its extents have.
class ChannelWalk {
public:
    /// The values whose orders a tensor's inputs and outputs have, -1 where there is none.
    struct Axes {
        int inputs = -1;
        int outputs = -1;
    };
    ChannelOrders orders;
    std::vector<Axes> parameters, states;

    template <class S>
    int sequence(const std::string& path, int x) {
        static_for<S::depth>([&](auto i) {
            x = layer<typename S::template LayerAt<i>, typename S::template ShapeAt<i>>(
                path.empty() ? std::to_string(i) : sentence(path, ".", int(i)), x);
        });
        return x;
    }
    /// A list of layers inside the layer that speaks.
    template <class S>
    int part(const std::string& name, int x) {
        const std::string outside = path_;
        const int y = sequence<S>(sentence(path_, ".", name), x);
        path_ = outside;
        return y;
    }
    /// The layer at hand speaks again, behind its parts.
    void speaks(const std::string& layer) { orders.speaks(path_, layer); }

private:
    template <class L, class In>
    int layer(const std::string& path, int x) {
        path_ = path;
        speaks(L::describe());
        if constexpr (Composite<L>)
            return composite<L, In>(x);
        else
            return leaf<L, In>(x);
    }
    template <class L, class In>
    int leaf(int x) {
        int y = 0;
        if constexpr (SaysChannels<L, In>)
            y = LayerChannels<L>::write(*this, In{}, x);
        else if constexpr (Activation<L>)
            y = x;
        else
            y = orders.unknown(x, L::output(In::dims).channels);
        constexpr Dims out = L::output(In::dims);
        const auto axes = [&](const Parameter& p) {
            if (p.rank == 1)
                return Axes{-1, p.size == out.channels ? y : p.size == In::dims.channels ? x : -1};
            return weights_from_output<L> ? Axes{y, x} : Axes{x, y};
        };
        for (const Parameter& p : L::parameters(In::dims))
            parameters.push_back(axes(p));
        for (const Parameter& p : L::states(In::dims))
            states.push_back(axes(p));
        return y;
    }
    template <class L, class In>
    int composite(int x) {
        if constexpr (SaysChannels<L, In>) {
            return LayerChannels<L>::write(*this, In{}, x);
        } else {
            const int y = orders.unknown(x, L::output(In::dims).channels);
            if constexpr (ListsItsParts<L, In>)
                L::template each_part<In>([&](auto inside, auto name) {
                    using S = decltype(inside);
                    part<S>(std::string(name), orders.given(S::Input::dims.channels));
                });
            else
                static_for<L::parts::size>([&](auto k) {
                    part<ExecutionPlan<typename L::parts::template at<k>, In>>(
                        std::string(L::part_name(k)), x);
                });
            return y;
        }
    }
    std::string path_;
};
}  // namespace detail

template <>
struct LayerChannels<Flatten> {
    static int write(detail::ChannelWalk& walk, Dims in, int x) {
        return walk.orders.flattened(x, in);
    }
};
template <class Name>
struct LayerChannels<Cut<Name>> : KeepsChannels {};
template <int P, int Q>
struct LayerChannels<Dropout<P, Q>> : KeepsChannels {};
template <class L>
    requires normalizes<L>
struct LayerChannels<L> : KeepsChannels {};
template <int K, class... Os>
struct LayerChannels<MaxPool<K, Os...>> : KeepsChannels {};
template <int K, class... Os>
struct LayerChannels<AvgPool<K, Os...>> : KeepsChannels {};
template <int H, int W>
struct LayerChannels<AdaptiveAvgPool<H, W>> : KeepsChannels {};
template <>
struct LayerChannels<GlobalAvgPool> : KeepsChannels {};

template <int Out, class... Os>
struct LayerChannels<Linear<Out, Os...>> {
    static int write(detail::ChannelWalk& walk, Dims, int) { return walk.orders.chosen(Out); }
};
template <int N>
struct LayerChannels<ParameterLayer<N>> {
    static int write(detail::ChannelWalk& walk, Dims, int) { return walk.orders.chosen(N); }
};
template <int Out, int K, class... Os>
struct LayerChannels<Conv2d<Out, K, Os...>> {
    static int write(detail::ChannelWalk& walk, Dims, int x) {
        return walk.orders.mixed_in_groups(x, Conv2d<Out, K, Os...>::window.groups, Out);
    }
};
template <int K, class... Os>
struct LayerChannels<DepthwiseConv2d<K, Os...>> : KeepsChannels {};
template <int Out, int K, class... Os>
struct LayerChannels<ConvTranspose2d<Out, K, Os...>> {
    static constexpr bool transposed = true;
    static int write(detail::ChannelWalk& walk, Dims, int) { return walk.orders.chosen(Out); }
};

template <int Groups>
struct LayerChannels<ChannelShuffle<Groups>> {
    static int write(detail::ChannelWalk& walk, Dims, int x) {
        return walk.orders.shuffled(x, Groups);
    }
};
template <int Pieces>
struct LayerChannels<Maxout<Pieces>> {
    static int write(detail::ChannelWalk& walk, Dims, int x) {
        return walk.orders.largest_of(x, Pieces);
    }
};
template <int Channels>
struct LayerChannels<PadChannels<Channels>> {
    static int write(detail::ChannelWalk& walk, Dims in, int x) {
        return walk.orders.placed(x, (Channels - in.channels) / 2, Channels);
    }
};

template <class Body, class Shortcut>
struct LayerChannels<Residual<Body, Shortcut>> {
    using L = Residual<Body, Shortcut>;
    template <StaticShape In>
    static int write(detail::ChannelWalk& walk, In in, int x) {
        const int body = walk.part<ExecutionPlan<typename L::body_layers, In>>("body", x);
        int skip = x;
        if constexpr (L::pads) {
            const int channels = L::output(in).channels;
            skip = walk.orders.placed(x, (channels - In::dims.channels) / 2, channels);
        } else {
            skip = walk.part<ExecutionPlan<typename L::shortcut_layers, In>>("shortcut", x);
        }
        walk.speaks(L::describe());
        return walk.orders.same(body, skip);
    }
};
template <class... Branches>
struct LayerChannels<Concat<Branches...>> {
    using L = Concat<Branches...>;
    template <StaticShape In>
    static int write(detail::ChannelWalk& walk, In, int x) {
        std::vector<int> all;
        static_for<L::n>([&](auto i) {
            all.push_back(
                walk.part<ExecutionPlan<typename L::template branch<i>, In>>(L::part_name(i), x));
        });
        walk.speaks(L::describe());
        return walk.orders.joined(all);
    }
};
template <class... Lists>
struct LayerChannels<DenseBlock<Lists...>> {
    using L = DenseBlock<Lists...>;
    template <StaticShape In>
    static int write(detail::ChannelWalk& walk, In, int x) {
        L::template each_part<In>([&](auto inside, const std::string& name) {
            const int more = walk.part<decltype(inside)>(name, x);
            walk.speaks(L::describe());
            x = walk.orders.joined({x, more});
        });
        return x;
    }
};
template <class... Branches>
struct LayerChannels<ChannelSplit<Branches...>> {
    using L = ChannelSplit<Branches...>;
    template <StaticShape In>
    static int write(detail::ChannelWalk& walk, In, int x) {
        constexpr int each = In::dims.channels / L::n;
        std::vector<int> all;
        L::template each_part<In>([&](auto inside, const std::string& name) {
            walk.speaks(L::describe());
            const int own = walk.orders.part(x, each * int(all.size()), each);
            all.push_back(walk.part<decltype(inside)>(name, own));
        });
        walk.speaks(L::describe());
        return walk.orders.joined(all);
    }
};
template <class E, class T, class D, class M>
struct LayerChannels<MutualKnowledge<E, T, D, M>> {
    using L = MutualKnowledge<E, T, D, M>;
    template <StaticShape In>
    static int write(detail::ChannelWalk& walk, In, int x) {
        int u = x;
        L::template each_part<In>([&](auto inside, const std::string& name) {
            u = walk.part<decltype(inside)>(name, u);
        });
        walk.speaks(L::describe());
        return walk.orders.same(u, x);
    }
};

}  // namespace collab
