// SPDX-License-Identifier: Apache-2.0
// googlenet: nine inception modules (Szegedy et al. 2015, Table 1).
#pragma once
#include <collab/layer/concat.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/pool.hpp>
#include <collab/zoo/cuts.hpp>
#include <collab/zoo/forms.hpp>

namespace collab::zoo {

// What the modules' widest branch is made of: `Widest::branch<Form, Channels>`.

/// One 5x5 convolution, as published.
struct OneFive {
    template <class Form, int Channels>
    using branch = typename Form::template conv<Channels, 5>;
};
/// One 3x3 convolution, as in a widespread model whose weights are public.
struct OneThree {
    template <class Form, int Channels>
    using branch = typename Form::template conv<Channels, 3>;
};
/// Two 3x3 convolutions, which see as far as one 5x5.
struct TwoThrees {
    template <class Form, int Channels>
    using branch = Layers<typename Form::template conv<Channels, 3>,
                          typename Form::template conv<Channels, 3>>;
};

/// Four branches side by side: 1x1; 1x1 and 3x3; 1x1 and the widest; max pool and 1x1.
template <class Form, class Widest, int One, int ThreeReduced, int Three, int FiveReduced, int Five,
          int Pooled>
using Inception = Concat<
    typename Form::template conv<One, 1>,
    Layers<typename Form::template conv<ThreeReduced, 1>, typename Form::template conv<Three, 3>>,
    Layers<typename Form::template conv<FiveReduced, 1>,
           typename Widest::template branch<Form, Five>>,
    Layers<MaxPool<3, Stride<1>, Pad<1>>, typename Form::template conv<Pooled, 1>>>;

/// Where the two auxiliary classifiers are attached during training: behind modules 4a and 4d.
struct auxiliary1;
struct auxiliary2;

namespace detail {
template <class Form, class Widest>
using Inception3 = Layers<Inception<Form, Widest, 64, 96, 128, 16, 32, 32>,
                          Inception<Form, Widest, 128, 128, 192, 32, 96, 64>>;
template <class Form, class Widest>
using Inception4 = Layers<Inception<Form, Widest, 192, 96, 208, 16, 48, 64>, Cut<auxiliary1>,
                          Inception<Form, Widest, 160, 112, 224, 24, 64, 64>,
                          Inception<Form, Widest, 128, 128, 256, 24, 64, 64>,
                          Inception<Form, Widest, 112, 144, 288, 32, 64, 64>, Cut<auxiliary2>,
                          Inception<Form, Widest, 256, 160, 320, 32, 128, 128>>;
template <class Form, class Widest>
using Inception5 = Layers<Inception<Form, Widest, 256, 160, 320, 32, 128, 128>,
                          Inception<Form, Widest, 384, 192, 384, 48, 128, 128>>;
}  // namespace detail

/// GoogLeNet for 32x32 images: one 3x3 convolution of 192 channels in front of the modules. Cuts:
/// conv1_x 192x32x32, `mutual` (conv2_x) 480x16x16, auxiliary1 512x16x16, auxiliary2 528x16x16,
/// conv3_x 832x16x16, conv4_x 1024x8x8. 6,166,250 parameters for 10 classes.
template <StaticShape Image = Shape<3, 32, 32>, int Classes = 10, class Form = NormalizedWithBias,
          class Widest = TwoThrees>
struct GoogLeNet
    : Sequential<Image, typename Form::template conv<192, 3>, Cut<conv1_x>,
                 detail::Inception3<Form, Widest>, MaxPool<3, Stride<2>, Pad<1>>, Cut<mutual>,
                 detail::Inception4<Form, Widest>, Cut<conv3_x>, MaxPool<3, Stride<2>, Pad<1>>,
                 detail::Inception5<Form, Widest>, Cut<conv4_x>, GlobalAvgPool, Linear<Classes>> {};

/// GoogLeNet for 224x224 images, without local response normalization. Cuts: conv1_x 64x56x56,
/// conv2_x 192x28x28, conv3_x 480x28x28, auxiliary1 512x14x14, auxiliary2 528x14x14, `mutual`
/// (conv4_x) 832x14x14, conv5_x 1024x7x7. Parameters for 1000 classes: 7,005,832; with `Plain`, as
/// published, 6,998,552; with `Normalized, OneThree` 6,624,904.
template <StaticShape Image = Shape<3, 224, 224>, int Classes = 1000, class Form = Normalized,
          class Widest = OneFive, class Regularisation = WithDropout>
struct ImageNetGoogLeNet
    : Sequential<Image, typename Form::template conv<64, 7, Stride<2>>,
                 MaxPool<3, Stride<2>, CeilMode>, Cut<conv1_x>, typename Form::template conv<64, 1>,
                 typename Form::template conv<192, 3>, MaxPool<3, Stride<2>, CeilMode>,
                 Cut<conv2_x>, detail::Inception3<Form, Widest>, Cut<conv3_x>,
                 MaxPool<3, Stride<2>, CeilMode>, detail::Inception4<Form, Widest>, Cut<mutual>,
                 MaxPool<3, Stride<2>, CeilMode>, detail::Inception5<Form, Widest>, Cut<conv5_x>,
                 GlobalAvgPool, typename Regularisation::template drop<2, 5>, Linear<Classes>> {};

/// An auxiliary classifier, to be attached at auxiliary1 or auxiliary2 and trained with weight 0.3.
/// Both of a network have 6,379,984 parameters for 1000 classes.
template <int Classes = 1000, class Form = Normalized>
using Auxiliary = Layers<AdaptiveAvgPool<4>, typename Form::template conv<128, 1>, Flatten,
                         Linear<1024>, Relu, Linear<Classes>>;

}  // namespace collab::zoo
