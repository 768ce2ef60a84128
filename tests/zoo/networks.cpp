// SPDX-License-Identifier: Apache-2.0
// networks: the known numbers of parameters of the zoo's networks, and that they all are what the
// page of the zoo says.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include <collab/io/summary.hpp>

#include "all.hpp"

using namespace collab;

namespace {
template <class N>
constexpr int parameters = bound<N>::footprint.parameters;
template <class Layers, int C, int H>
constexpr int head = ExecutionPlan<Layers, Shape<C, H, H>>::footprint.parameters;
using Small = Shape<3, 32, 32>;
using Large = Shape<3, 224, 224>;

static_assert(parameters<zoo::ResNet<44>> == 658586 &&
              parameters<zoo::ResNet<20, Small, 10, zoo::OptionAPooled>> == 269722);
static_assert(parameters<zoo::ResNet<20, Small, 10, zoo::OptionBPooled>> == 272474);
static_assert(parameters<zoo::ImageNetResNet<18>> == 11689512);
static_assert(parameters<zoo::ImageNetResNet<34>> == 21797672);
static_assert(parameters<zoo::ImageNetResNet<34, Small, 10, zoo::SmallStem>> == 21282122);
static_assert(parameters<zoo::ImageNetResNet<34, Small, 100, zoo::SmallStem>> == 21328292);

static_assert(parameters<zoo::VGG16<>> == 14728266);
static_assert(parameters<zoo::ImageNetVGG16<>> == 138357544);
static_assert(parameters<zoo::ImageNetVGG16<Large, 1000, zoo::NormalizedWithBias>> == 138365992);

static_assert(parameters<zoo::GoogLeNet<>> == 6166250);
static_assert(parameters<zoo::ImageNetGoogLeNet<>> == 7005832);
static_assert(parameters<zoo::ImageNetGoogLeNet<Large, 1000, zoo::Plain>> == 6998552);
static_assert(parameters<zoo::ImageNetGoogLeNet<Large, 1000, zoo::Normalized, zoo::OneThree>> ==
              6624904);
static_assert(head<zoo::Auxiliary<>, 512, 14> + head<zoo::Auxiliary<>, 528, 14> == 6379984);

static_assert(parameters<zoo::DenseNet<40>> == 1019722);
static_assert(parameters<zoo::DenseNet<40, 12, Small, 100>> == 1060132);
static_assert(parameters<zoo::DenseNet<40, 12, Small, 10, 24>> == 1059298);
static_assert(parameters<zoo::DenseNet<40, 12, Small, 100, 24>> == 1100428);
static_assert(parameters<zoo::DenseNet121<>> == 7978856);

static_assert(parameters<zoo::NIN<>> == 966986);
static_assert(parameters<zoo::NIN<Small, 100>> == 984356);
static_assert(parameters<zoo::DSN<>> == 966986);
static_assert(head<zoo::Companion<>, 192, 32> + head<zoo::Companion<>, 192, 16> +
                  head<zoo::Companion<>, 192, 8> ==
              2580510);
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

std::string shape(Dims d) {
    return sentence(d.channels, "x", d.height, "x", d.width);
}

/// A row of the page: network, input, parameters, multiply-adds, cuts.
template <class N>
std::string row(const std::string& name) {
    using S = bound<N>;
    std::string cuts;
    static_for<trial::tags_of<N>::size>([&](auto k) {
        using Tag = typename trial::tags_of<N>::template at<k>;
        const Dims d = feature_at<N, Tag>::dims;
        cuts +=
            (k > 0 ? ", " : "") + detail::type_name<Tag>() + " " +
            (detail::type_name<Tag>().starts_with("fc") ? std::to_string(d.channels) : shape(d));
    });
    return "| `" + name + "` | " + shape(S::Input::dims) + " | " +
           grouped(S::footprint.parameters) + " | " + grouped(double(S::table.multiply_adds)) +
           " | " + cuts + " |";
}
}  // namespace

TEST_CASE("the page of the zoo says what its networks are") {
    std::ifstream file(COLLAB_TEST_DATA "/../../docs/reference/zoo.md");
    std::ostringstream text;
    text << file.rdbuf();
    const std::string page = text.str();
    int rows = 0;
    std::string wanted;
    trial::for_zoo([&](auto network, const char* name) {
        const std::string line = row<typename decltype(network)::type>(name);
        wanted += line + "\n";
        ++rows;
        CHECK_MESSAGE(page.find("\n" + line + "\n") != std::string::npos,
                      "docs/reference/zoo.md lacks the line\n"
                          << line);
    });
    int found = 0;
    // an image has three channels
    for (std::size_t at = 0; (at = page.find("` | 3x", at)) != std::string::npos; ++at)
        ++found;
    CHECK_MESSAGE(found == rows, "docs/reference/zoo.md has "
                                     << found << " rows of networks; these are all:\n"
                                     << wanted);
}
