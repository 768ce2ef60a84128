// SPDX-License-Identifier: Apache-2.0
// networks: the known numbers of parameters of the zoo's networks. Compiling is the test.
#include <doctest/doctest.h>

#include <collab/model/concepts.hpp>
#include <collab/zoo/alexnet.hpp>
#include <collab/zoo/densenet.hpp>
#include <collab/zoo/googlenet.hpp>
#include <collab/zoo/maxout_net.hpp>
#include <collab/zoo/mobilenet_v2.hpp>
#include <collab/zoo/nin.hpp>
#include <collab/zoo/resnet.hpp>
#include <collab/zoo/shufflenet_v2.hpp>
#include <collab/zoo/squeezenet.hpp>
#include <collab/zoo/vgg.hpp>
#include <collab/zoo/wide_resnet.hpp>

using namespace collab;

namespace {
template <class N>
constexpr int parameters = bound<N>::footprint.parameters;
template <class Layers, int C, int H>
constexpr int head = Sequence<Layers, Shape<C, H, H>>::footprint.parameters;
using Small = Shape<3, 32, 32>;
using Large = Shape<3, 224, 224>;

static_assert(parameters<zoo::ResNet<44>> == 658586 && parameters<zoo::ResNet<20, Small, 10, zoo::OptionAPooled>> == 269722);
static_assert(parameters<zoo::ResNet<20, Small, 10, zoo::OptionBPooled>> == 272474);
static_assert(parameters<zoo::ImageNetResNet<18>> == 11689512);
static_assert(parameters<zoo::ImageNetResNet<34>> == 21797672);
static_assert(parameters<zoo::ImageNetResNet<34, Small, 10, zoo::SmallStem>> == 21282122);
static_assert(parameters<zoo::ImageNetResNet<34, Small, 100, zoo::SmallStem>> == 21328292);

static_assert(parameters<zoo::VGG16<>> == 14728266);
static_assert(parameters<zoo::ImageNetVGG16<>> == 138357544);
static_assert(parameters<zoo::ImageNetVGG16<Large, 1000, zoo::NormalisedWithBias>> == 138365992);

static_assert(parameters<zoo::GoogLeNet<>> == 6166250);
static_assert(parameters<zoo::ImageNetGoogLeNet<>> == 7005832);
static_assert(parameters<zoo::ImageNetGoogLeNet<Large, 1000, zoo::Plain>> == 6998552);
static_assert(parameters<zoo::ImageNetGoogLeNet<Large, 1000, zoo::Normalised, zoo::OneThree>> == 6624904);
static_assert(head<zoo::Auxiliary<>, 512, 14> + head<zoo::Auxiliary<>, 528, 14> == 6379984);

static_assert(parameters<zoo::DenseNet<40>> == 1019722);
static_assert(parameters<zoo::DenseNet<40, 12, Small, 100>> == 1060132);
static_assert(parameters<zoo::DenseNet<40, 12, Small, 10, 24>> == 1059298);
static_assert(parameters<zoo::DenseNet<40, 12, Small, 100, 24>> == 1100428);
static_assert(parameters<zoo::DenseNet121<>> == 7978856);

static_assert(parameters<zoo::NIN<>> == 966986);
static_assert(parameters<zoo::NIN<Small, 100>> == 984356);
static_assert(parameters<zoo::DSN<>> == 966986);
static_assert(head<zoo::Companion<>, 192, 32> + head<zoo::Companion<>, 192, 16> + head<zoo::Companion<>, 192, 8> == 2580510);
static_assert(parameters<zoo::MaxoutNet<>> == 16247830);

static_assert(parameters<zoo::WideResNet<16, 2>> == 691674);
static_assert(parameters<zoo::WideResNet<16, 2, Small, 100>> == 703284);
static_assert(parameters<zoo::WideResNet<28, 10>> == 36479194);
static_assert(parameters<zoo::WideResNet<28, 10, Small, 100>> == 36536884);
static_assert(parameters<zoo::ImageNetShuffleNetV2<>> == 2278604);
static_assert(parameters<zoo::ShuffleNetV2<>> == 2278604 - 990 * 1025);
static_assert(parameters<zoo::ImageNetMobileNetV2<>> == 3504872);
static_assert(parameters<zoo::MobileNetV2<>> == 2236682);
static_assert(parameters<zoo::SqueezeNet<>> == 1235496);
static_assert(parameters<zoo::AlexNet<>> == 61100840);
}  // namespace

TEST_CASE("nothing") {}
