// SPDX-License-Identifier: Apache-2.0
// lists: the networks for small images and what networks.py calls them, in three groups that are
// compiled apart.
#pragma once
#include <collab/zoo/densenet.hpp>
#include <collab/zoo/googlenet.hpp>
#include <collab/zoo/maxout_net.hpp>
#include <collab/zoo/mobilenet.hpp>
#include <collab/zoo/mobilenet_v2.hpp>
#include <collab/zoo/nin.hpp>
#include <collab/zoo/resnet.hpp>
#include <collab/zoo/shufflenet_v2.hpp>
#include <collab/zoo/small_net.hpp>
#include <collab/zoo/vgg.hpp>
#include <collab/zoo/wide_resnet.hpp>

namespace collab::networks {

/// A network as a value.
template <class N>
struct Of {
    using type = N;
};

using Image = Shape<3, 32, 32>;

/// each(Of<network>, name).
template <class F>
void residual_networks(F each) {
    each(Of<zoo::ResNet<20>>{}, "resnet_20_a");
    each(Of<zoo::ResNet<20, Image, 10, zoo::OptionB>>{}, "resnet_20_b");
    each(Of<zoo::ResNet<32>>{}, "resnet_32");
    each(Of<zoo::ResNet<44>>{}, "resnet_44");
    each(Of<zoo::ResNet<56>>{}, "resnet_56");
    each(Of<zoo::ResNet<110>>{}, "resnet_110");
    each(Of<zoo::WideResNet<16, 2>>{}, "wide_resnet");
    each(Of<zoo::WideResNet<28, 10>>{}, "wide_resnet_28_10");
}
template <class F>
void light_networks(F each) {
    each(Of<zoo::MobileNet<>>{}, "mobilenet");
    each(Of<zoo::MobileNetV2<>>{}, "mobilenet_v2");
    each(Of<zoo::ShuffleNetV2<>>{}, "shufflenet_v2");
    each(Of<zoo::DenseNet<40>>{}, "densenet_40");
}
template <class F>
void other_networks(F each) {
    each(Of<zoo::SmallNet<>>{}, "small_net");
    each(Of<zoo::SmallNet<Image, 10, 4>>{}, "small_net_4");
    each(Of<zoo::VGG16<>>{}, "vgg16");
    each(Of<zoo::GoogLeNet<>>{}, "googlenet");
    each(Of<zoo::NIN<Image, 10, zoo::WithoutDropout>>{}, "nin");
    each(Of<zoo::DSN<Image, 10, zoo::WithoutDropout>>{}, "dsn");
    each(Of<zoo::MaxoutNet<Image, 10, zoo::WithoutDropout>>{}, "maxout_net");
}

}  // namespace collab::networks
