// SPDX-License-Identifier: Apache-2.0
// all: every network of the zoo, in the order of its page, and the cuts of a network.
#pragma once
#include <collab/model/concepts.hpp>
#include <collab/zoo/alexnet.hpp>
#include <collab/zoo/densenet.hpp>
#include <collab/zoo/googlenet.hpp>
#include <collab/zoo/maxout_net.hpp>
#include <collab/zoo/mobilenet.hpp>
#include <collab/zoo/mobilenet_v2.hpp>
#include <collab/zoo/nin.hpp>
#include <collab/zoo/resnet.hpp>
#include <collab/zoo/shufflenet_v2.hpp>
#include <collab/zoo/small_net.hpp>
#include <collab/zoo/squeezenet.hpp>
#include <collab/zoo/vgg.hpp>
#include <collab/zoo/wide_resnet.hpp>

namespace collab::trial {

/// A network as a value.
template <class N>
struct Of {
    using type = N;
};

/// each(Of<network>, how users write it in namespace collab::zoo).
template <class F>
void for_zoo(F each) {
    using namespace zoo;
    using Small = Shape<3, 32, 32>;
    each(Of<SmallNet<>>{}, "SmallNet<>");
    each(Of<SmallNet<Small, 10, 4>>{}, "SmallNet<Shape<3, 32, 32>, 10, 4>");
    each(Of<ResNet<20>>{}, "ResNet<20>");
    each(Of<ResNet<32>>{}, "ResNet<32>");
    each(Of<ResNet<44>>{}, "ResNet<44>");
    each(Of<ResNet<56>>{}, "ResNet<56>");
    each(Of<ResNet<110>>{}, "ResNet<110>");
    each(Of<ResNet<20, Small, 10, OptionB>>{}, "ResNet<20, Shape<3, 32, 32>, 10, OptionB>");
    each(Of<WideResNet<16, 2>>{}, "WideResNet<16, 2>");
    each(Of<WideResNet<28, 10>>{}, "WideResNet<28, 10>");
    each(Of<MobileNet<>>{}, "MobileNet<>");
    each(Of<MobileNetV2<>>{}, "MobileNetV2<>");
    each(Of<ShuffleNetV2<>>{}, "ShuffleNetV2<>");
    each(Of<VGG16<>>{}, "VGG16<>");
    each(Of<GoogLeNet<>>{}, "GoogLeNet<>");
    each(Of<DenseNet<40>>{}, "DenseNet<40>");
    each(Of<NIN<>>{}, "NIN<>");
    each(Of<DSN<>>{}, "DSN<>");
    each(Of<MaxoutNet<>>{}, "MaxoutNet<>");
    each(Of<ImageNetResNet<18>>{}, "ImageNetResNet<18>");
    each(Of<ImageNetResNet<34>>{}, "ImageNetResNet<34>");
    each(Of<ImageNetMobileNet<>>{}, "ImageNetMobileNet<>");
    each(Of<ImageNetMobileNetV2<>>{}, "ImageNetMobileNetV2<>");
    each(Of<ImageNetShuffleNetV2<>>{}, "ImageNetShuffleNetV2<>");
    each(Of<ImageNetVGG16<>>{}, "ImageNetVGG16<>");
    each(Of<ImageNetGoogLeNet<>>{}, "ImageNetGoogLeNet<>");
    each(Of<DenseNet121<>>{}, "DenseNet121<>");
    each(Of<AlexNet<>>{}, "AlexNet<>");
    each(Of<SqueezeNet<>>{}, "SqueezeNet<>");
}

template <class L>
struct TagOf {
    using type = Pack<>;
};
template <class Tag>
struct TagOf<Cut<Tag>> {
    using type = Pack<Tag>;
};
template <class P>
struct TagsOf;
template <class... Ls>
struct TagsOf<Pack<Ls...>> {
    using type = joined<typename TagOf<Ls>::type...>;
};
/// The names of a network's cuts, in order.
template <class N>
using tags_of = typename TagsOf<flat_layers<N>>::type;

}  // namespace collab::trial
