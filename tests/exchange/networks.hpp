// SPDX-License-Identifier: Apache-2.0
// networks: small ones that hold every layer once, and weights and images that are no special case.
#pragma once
#include <cmath>
#include <string>
#include <vector>

#include <collab/backend/reference/reference.hpp>
#include <collab/collaboration/collaboration.hpp>
#include <collab/collaboration/deploy.hpp>
#include <collab/io/npy_file.hpp>
#include <collab/io/onnx.hpp>
#include <collab/io/weights.hpp>
#include <collab/layer/gelu.hpp>
#include <collab/layer/group_norm.hpp>
#include <collab/layer/sequential.hpp>
#include <collab/layer/silu.hpp>

namespace collab::exchange {

struct Plain : Sequential<Shape<3, 12, 10>, Conv2d<8, 3, Bias>, BatchNorm, Relu, MaxPool<2>,
                          Conv2d<6, 3, Stride<2>, Groups<2>>, LeakyRelu<1, 5>, Cut<mutual>, Flatten,
                          BatchNorm, Dropout<1, 2>, Linear<7>, Elu, Linear<4>> {};
struct Windows
    : Sequential<Shape<4, 13, 11>, DepthwiseConv2d<3>, Relu6, MaxPool<3, Stride<2>, Pad<1>>,
                 Conv2d<5, 0, Kernel<1, 3>, Pad<0, 1>>, Sigmoid,
                 AvgPool<3, Stride<1>, Pad<1>, ExcludePadding>,
                 ConvTranspose2d<6, 3, Stride<2>, OutputPad<1>, Bias>, AdaptiveAvgPool<2>,
                 Conv2d<8, 1>, Maxout<2>, GlobalAvgPool, Linear<3, NoBias>> {};
struct Composites
    : Sequential<Shape<4, 8, 8>,
                 Residual<Layers<Conv2d<4, 3>, BatchNorm, Relu, Conv2d<4, 3>, BatchNorm>>, Relu,
                 Residual<Layers<Conv2d<8, 3, Stride<2>>, BatchNorm>, PadShortcut>, Elu,
                 Residual<Layers<Conv2d<6, 1>>, Layers<Conv2d<6, 1, Bias>, BatchNorm>>,
                 Concat<Layers<>, Layers<Conv2d<3, 3>, Relu>,
                        Layers<AvgPool<3, Stride<1>, Pad<1>>, Conv2d<1, 1>>>,
                 DenseBlock<Layers<BatchNorm, Relu, Conv2d<2, 3>>, Layers<Conv2d<2, 1>>>,
                 PadChannels<16>, ChannelSplit<Layers<>, Layers<Conv2d<8, 1>, BatchNorm>>,
                 ChannelShuffle<2>, Flatten, Linear<5>> {};
struct Smooth
    : Sequential<Shape<4, 6, 6>, Conv2d<8, 3>, GroupNorm<4>, Gelu, Conv2d<6, 3>, BatchNorm, Silu,
                 AvgPool<2>, Flatten, Linear<12>, GroupNorm<3>, Gelu, Linear<4>> {};
using Pair = Collaboration<Plain, Plain, MKB<Encoder<4>, Transfer<4>, Decoder>>;
using SumPair = Collaboration<Plain, Plain, MKB<Encoder<4>, Transfer<4>, Decoder, SumMerge>>;

template <class N, class B = Reference<float>>
Model<N, B> some_model(int samples = 3) {
    using T = typename B::Scalar;
    Model<N, B> model(samples);
    std::vector<T> p = model.parameters();
    std::vector<T> s = model.state();
    for (std::size_t i = 0; i < p.size(); ++i)
        p[i] = p[i] * T(0.8) + T(0.2) * T(std::sin(1.7 * double(i) + 0.3));
    for (const Named& n : model.named_tensors().states)
        for (int i = 0; i < n.tensor.size; ++i)
            s[n.offset + std::size_t(i)] = T((n.tensor.role == Role::scale ? 1.2 : 0) +
                                             0.4 * std::sin(2.3 * i + double(n.offset)));
    model.set_parameters(p);
    model.set_state(s);
    return model;
}
template <class N, class T = float>
std::vector<T> some_images(int samples = 3) {
    std::vector<T> x(std::size_t(samples) * std::size_t(input_of<N>::dims.size()));
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = T(std::sin(0.37 * double(i) * double(i % 91) + 1));
    return x;
}
/// From rows and columns of pixels to a plane for each channel.
template <class T>
std::vector<T> planes(const std::vector<T>& x, Dims d) {
    std::vector<T> y(x.size());
    const auto c = std::size_t(d.channels);
    const auto a = std::size_t(d.area());
    for (std::size_t s = 0; s < x.size() / (c * a); ++s)
        for (std::size_t p = 0; p < a; ++p)
            for (std::size_t k = 0; k < c; ++k)
                y[(s * c + k) * a + p] = x[(s * a + p) * c + k];
    return y;
}

}  // namespace collab::exchange
