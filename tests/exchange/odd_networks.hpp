// SPDX-License-Identifier: Apache-2.0
// odd_networks: every layer at places where it seldom stands. `F` is the layer that flattens.
#pragma once
#include "networks.hpp"

namespace collab::exchange {

using Odd = Shape<4, 3, 2>;

/// A layer of somebody's own that says nothing but what it computes.
struct Halve : LayerBase {
    static std::string describe() { return "Halve"; }
    template <class T>
    struct Half {
        const T* x;
        T* y;
        COLLAB_HD void operator()(std::size_t i) const { y[i] = x[i] / 2; }
    };
    template <class B, class T = typename B::Scalar>
    static void forward(const Context<B>& c, Dims in, const Forward<T>& f) {
        c.backend.for_each(std::size_t(c.batch) * std::size_t(in.size()),
                           Half<T>{f.x.data, f.y.data});
    }
    template <class B, class T = typename B::Scalar>
    static void backward(const Context<B>& c, Dims in, const Backward<T>& b) {
        c.backend.for_each(std::size_t(c.batch) * std::size_t(in.size()),
                           Half<T>{b.dy.data, b.dx.data});
    }
};
/// The same, which says that it keeps the order of channels, and how it is written.
struct OpenHalve : Halve {
    static std::string describe() { return "OpenHalve"; }
};
}  // namespace collab::exchange

template <>
struct collab::LayerChannels<collab::exchange::OpenHalve> : collab::KeepsChannels {};
template <>
struct collab::OnnxLayer<collab::exchange::Halve> {
    static std::string write(OnnxGraph& g, Dims, const std::string& x,
                             const std::vector<std::vector<float>>&) {
        return g.node("Mul", {x, g.constant(g.fresh("half"), {1}, {0.5f})});
    }
};
template <>
struct collab::OnnxLayer<collab::exchange::OpenHalve> : collab::OnnxLayer<collab::exchange::Halve> {
};

namespace collab::exchange {

// Behind Flatten.
template <class F>
struct FlatConcat : Sequential<Odd, F, Concat<Layers<>, Linear<5>>, Linear<3>> {};
template <class F>
struct FlatDense : Sequential<Odd, F, DenseBlock<Linear<5>, Layers<BatchNorm, Linear<2>>>,
                              BatchNorm, Linear<3>> {};
template <class F>
struct FlatPad : Sequential<Odd, F, PadChannels<31>, BatchNorm, Elu, Linear<3>> {};
template <class F>
struct FlatConv : Sequential<Odd, F, Conv2d<5, 3, Bias>, Relu, F, Linear<3>> {};
template <class F>
struct FlatDepthwise
    : Sequential<Odd, F, DepthwiseConv2d<3, Bias>, ConvTranspose2d<3, 2, Stride<2>, Pad<0>, Bias>,
                 MaxPool<2>, F, Linear<3>> {};
template <class F>
struct FlatPools : Sequential<Odd, F, MaxPool<1>, AvgPool<3, Stride<1>, Pad<1>>, GlobalAvgPool,
                              OpenHalve, Dropout<1, 2>, BatchNorm, Linear<3>> {};
template <class F>
struct FlatShuffle : Sequential<Odd, F, ChannelShuffle<3>, BatchNorm, Linear<3>> {};
template <class F>
struct FlatResidual
    : Sequential<Odd, F, Residual<Layers<Linear<7>, Relu, Linear<24>>>, Relu, Linear<3>> {};
template <class F>
struct FlatProjected : Sequential<Odd, F, Residual<Layers<Linear<7>, BatchNorm>, Linear<7, NoBias>>,
                                  Elu, Linear<4>> {};
/// The shortcut has PyTorch's order, so the body's last layers must have it, too.
template <class F>
struct FlatNormalized
    : Sequential<Odd, F, Residual<Layers<Linear<24>, ChannelShuffle<4>, BatchNorm>, BatchNorm>,
                 Linear<3>> {};
/// The body has PyTorch's order, and the shortcut may choose.
template <class F>
struct FlatShortcut
    : Sequential<Odd, F, Residual<Layers<BatchNorm, Relu>, Linear<24>>, BatchNorm, Linear<3>> {};
template <class F>
struct FlatPadded
    : Sequential<Odd, F, Residual<Layers<Linear<30>, BatchNorm>, PadShortcut>, Relu, Linear<3>> {};
/// Either side of the sum settles a part of the order.
template <class F>
struct FlatHalves : Sequential<Odd, F,
                               Residual<Layers<Concat<Layers<>, Linear<24>>, BatchNorm>,
                                        Layers<Concat<Linear<24>, Layers<>>>>,
                               BatchNorm, Linear<3>> {};
/// The order of the second piece decides that of the first.
template <class F>
struct FlatMaxout : Sequential<Odd, F, Concat<Linear<24>, Layers<>>, Maxout<2>, Linear<3>> {};
template <class F>
struct FlatPieces
    : Sequential<Odd, F, Residual<Layers<Linear<48>, Maxout<2>>>, Maxout<24>, Linear<3>> {};
/// The groups of a convolution with as many outputs for each input, and of one in a body.
template <class F>
struct FlatGroups : Sequential<Odd, F, Conv2d<48, 1, Groups<24>, Bias>, BatchNorm, Linear<8>, Relu,
                               Conv2d<6, 1, Groups<2>>, BatchNorm, Linear<3>> {};
/// The groups at the end of the body stand in another order in PyTorch.
template <class F>
struct FlatTurned
    : Sequential<Odd, F, Residual<Layers<Linear<24>, Conv2d<24, 1, Groups<24>>, BatchNorm>>,
                 Linear<3>> {};
template <class F>
struct FlatKnowledge
    : Sequential<Odd, F,
                 MutualKnowledge<Layers<Conv2d<5, 1>, BatchNorm, Elu>, Layers<Conv2d<5, 1>>,
                                 Layers<Conv2d<24, 1>, BatchNorm>, ProductMerge>,
                 Linear<3>> {};
/// A second flatten of a map that grew from flat features, and sums of sums.
template <class F>
struct FlatTwice
    : Sequential<Odd, F,
                 Residual<Layers<BatchNorm, Residual<Layers<Linear<4>, Relu, Linear<24>>>, Relu>>,
                 ConvTranspose2d<3, 2, Stride<2>, Pad<0>>, BatchNorm, F, Linear<5>, Linear<3>> {};
template <class F>
struct EndsFlat : Sequential<Shape<3, 2, 3>, Conv2d<2, 1>, F> {};
template <class F>
struct EndsInSum : Sequential<Shape<2, 2, 2>, F, Residual<Layers<Linear<8>, BatchNorm>>> {};
template <class F>
struct EndsInMap : Sequential<Shape<3, 2, 3>, Residual<Layers<Conv2d<3, 3>>>, F, PadChannels<20>,
                              ChannelShuffle<2>> {};
template <class F>
struct WithoutFlatten
    : Sequential<Odd, Conv2d<6, 3, Groups<2>>, ChannelSplit<Layers<>, Conv2d<3, 3>>, Maxout<2>,
                 Halve, GlobalAvgPool, Residual<Layers<Linear<5>, Relu, Linear<3>>>,
                 ParameterLayer<4>> {};

#define ODD_NETWORKS(each)                                                                         \
    each(FlatConcat) each(FlatDense) each(FlatPad) each(FlatConv) each(FlatDepthwise)              \
        each(FlatPools) each(FlatShuffle) each(FlatResidual) each(FlatProjected)                   \
            each(FlatNormalized) each(FlatShortcut) each(FlatPadded) each(FlatHalves)              \
                each(FlatMaxout) each(FlatPieces) each(FlatGroups) each(FlatTurned)                \
                    each(FlatKnowledge) each(FlatTwice) each(EndsFlat) each(EndsInSum)             \
                        each(EndsInMap) each(WithoutFlatten)

// Those that no order satisfies.
template <class F>
struct TornMaxout : Sequential<Odd, F, Maxout<2>, Linear<3>> {};
template <class F>
struct TornSplit : Sequential<Odd, F, ChannelSplit<Layers<>, Linear<5>>, Linear<3>> {};
template <class F>
struct TornGroups : Sequential<Odd, F, Conv2d<8, 1, Groups<4>>, Linear<3>> {};
template <class F>
struct TornSum : Sequential<Odd, F, Residual<Layers<Concat<Linear<12>, Linear<12>>>>, Linear<3>> {};
template <class F>
struct TornInside : Sequential<Odd, F, Residual<Layers<Relu, Maxout<2>, Linear<24>>>, Linear<3>> {};
template <class F>
struct Silent : Sequential<Odd, F, Halve, Linear<3>> {};

// Maps: pools whose last window hangs over, windows of several sizes, and what else ONNX spells in
// its own way.
using Five = Shape<2, 5, 5>;
using Six = Shape<2, 6, 6>;
struct CeilMax
    : Sequential<Five, MaxPool<2, Stride<2>, Pad<1>, CeilMode>, Conv2d<3, 3>, Flatten, Linear<3>> {
};
struct CeilAverage : Sequential<Five, AvgPool<2, Stride<2>, Pad<1>, CeilMode>,
                                Conv2d<3, 3, Stride<2>>, GlobalAvgPool, Linear<3>> {};
struct CeilInside : Sequential<Five, AvgPool<2, Stride<2>, Pad<1>, CeilMode, ExcludePadding>,
                               Flatten, Linear<3>> {};
struct CeilOver : Sequential<Six, AvgPool<3, Stride<2>, Pad<1>, CeilMode>, Flatten, Linear<3>> {};
struct CeilPlain
    : Sequential<Six, AvgPool<3, Stride<2>, CeilMode>,
                 MaxPool<0, Kernel<2, 1>, Stride<2, 1>, CeilMode>, Flatten, Linear<3>> {};
struct CeilFar : Sequential<Six, MaxPool<1, Stride<3>, CeilMode>, Flatten, Linear<3>> {};
struct CeilLong
    : Sequential<Shape<2, 7, 4>, MaxPool<0, Kernel<3, 2>, Stride<4, 3>, Pad<1>, CeilMode>, Flatten,
                 Linear<3>> {};
struct CeilThree
    : Sequential<Five, MaxPool<2, Stride<3>, Pad<1>, CeilMode>, Conv2d<4, 3>, Flatten, Linear<3>> {
};
struct Uneven : Sequential<Shape<2, 5, 7>, AdaptiveAvgPool<3, 2>, BatchNorm, Flatten, Linear<3>> {};
struct Spread : Sequential<Shape<2, 2, 3>, AdaptiveAvgPool<4, 5>, Conv2d<3, 3>, GlobalAvgPool,
                           AdaptiveAvgPool<2>, Flatten, Linear<3>> {};
struct BehindPool
    : Sequential<Six, Conv2d<8, 3>, GlobalAvgPool, Residual<Layers<Linear<5>, Relu, Linear<8>>>,
                 Relu, Concat<Layers<>, Linear<3>, Layers<Conv2d<2, 1>>>,
                 DenseBlock<Linear<5>, Conv2d<2, 1>>, Linear<3>> {};
struct BehindLinear
    : Sequential<Shape<8>, Linear<12, NoBias>, MaxPool<1>, ChannelShuffle<3>, PadChannels<15>,
                 Residual<Layers<Conv2d<20, 1>, Sigmoid>, PadShortcut>,
                 AvgPool<3, Stride<1>, Pad<1>>,
                 ChannelSplit<Layers<>, Layers<Linear<4>, LeakyRelu<1, 5>>>, Maxout<7>,
                 AdaptiveAvgPool<2, 3>, Relu6> {};
struct Numbers : Sequential<Six, Residual<Layers<Conv2d<3, 3, Stride<2>>>, PadShortcut>,
                            ParameterLayer<5>, Elu, Linear<3>> {};
struct Nothing : Sequential<Shape<5>, Cut<mutual>> {};
struct fc1;
struct Headed : Sequential<Six, Conv2d<4, 3>, Relu, Flatten, Linear<8>, Elu, Cut<fc1>, Linear<3>> {
};
using FlatPair = Collaboration<Headed, Headed, MKB<Encoder<4>, Transfer<4>, Decoder, At<fc1>>>;
struct MkbAtFc1 : Deployed<FlatPair, 0> {};

#define MAP_NETWORKS(each)                                                                         \
    each(CeilMax) each(CeilAverage) each(CeilInside) each(CeilOver) each(CeilPlain) each(CeilFar)  \
        each(CeilLong) each(CeilThree) each(Uneven) each(Spread) each(BehindPool)                  \
            each(BehindLinear) each(Numbers) each(Nothing) each(MkbAtFc1)

}  // namespace collab::exchange
