// SPDX-License-Identifier: Apache-2.0
// study_wide: the types behind study_networks.hpp. Compiled once for each kind of picture.
#pragma once
#include <collab/collaboration/deploy.hpp>
#include <collab/zoo/resnet.hpp>
#include <collab/zoo/small_net.hpp>

#include "methods.hpp"
#include "study_networks.hpp"

namespace program {

/// zoo::SmallNet with `Width` channels in its first stage instead of 32.
template <class Image, int Convolutions, int Width>
struct WideSmallNet
    : Sequential<Image, zoo::detail::SmallStage<Width, Convolutions>, Cut<zoo::conv1_x>,
                 zoo::detail::SmallStage<2 * Width, Convolutions>, Cut<mutual>,
                 zoo::detail::SmallStage<4 * Width, Convolutions>, Cut<zoo::conv3_x>, Flatten,
                 Linear<4 * Width>, Elu, Linear<10>> {};

/// zoo::ResNet with `Width` channels in its first stage instead of 16.
template <class Image, int Depth, int Width>
struct WidenedResNet
    : Sequential<Image, Conv2d<Width, 3>, BatchNorm, Relu,
                 Repeat<(Depth - 2) / 6, zoo::detail::BasicBlock<Width, 1, Layers<>>>,
                 Cut<zoo::conv1_x>,
                 zoo::detail::ResidualStage<2 * Width, (Depth - 2) / 6, PadShortcut>, Cut<mutual>,
                 zoo::detail::ResidualStage<4 * Width, (Depth - 2) / 6, PadShortcut>,
                 Cut<zoo::conv3_x>, GlobalAvgPool, Linear<10>> {};

template <class Image, int Convolutions>
struct SmallNetFamily {
    static constexpr int base = 32;
    template <int Width>
    using Net = WideSmallNet<Image, Convolutions, Width>;
};
template <class Image, int Depth>
struct ResNetFamily {
    static constexpr int base = 16;
    template <int Width>
    using Net = WidenedResNet<Image, Depth, Width>;
};

template <class N>
consteval long amount(Match what) {
    using Bound = bound<N>;
    return what == Match::parameters ? long(Bound::footprint.parameters)
                                     : long(Bound::table.multiply_adds);
}
/// The width in [Low, High] that comes nearest to `Goal`; amounts rise with the width.
template <class Family, Match What, long Goal, int Low, int High>
consteval int nearest_width() {
    if constexpr (High - Low <= 1) {
        constexpr long below = amount<typename Family::template Net<Low>>(What);
        constexpr long above = amount<typename Family::template Net<High>>(What);
        return Goal - below <= above - Goal ? Low : High;
    } else {
        constexpr int middle = (Low + High) / 2;
        if constexpr (amount<typename Family::template Net<middle>>(What) > Goal)
            return nearest_width<Family, What, Goal, Low, middle>();
        else
            return nearest_width<Family, What, Goal, middle, High>();
    }
}
template <class Family, Match What>
constexpr int matching_width = [] {
    using Base = typename Family::template Net<Family::base>;
    using WithBase = Deployed<Collaboration<Base, MKB<Encoder<64>, Transfer<64>, Decoder>>, 0>;
    return nearest_width<Family, What, amount<WithBase>(What), Family::base, 2 * Family::base>();
}();

template <class Family>
Outcome train_widened(const Splits& data, const Job& job, const std::string& network, Match what) {
    const auto as = [&]<int Width>() {
        return train_as<typename Family::template Net<Width>>(data, job,
                                                              {sentence(network, "-w", Width)}, 0);
    };
    constexpr int parameters = matching_width<Family, Match::parameters>;
    constexpr int multiply_adds = matching_width<Family, Match::multiply_adds>;
    return what == Match::parameters ? as.template operator()<parameters>()
                                     : as.template operator()<multiply_adds>();
}

/// Two of the same network: what a study compares of them, and nothing else of the menu.
template <class A>
Outcome train_twice(const Splits& data, const Job& job, const std::string& name) {
    using Product = MKB<Encoder<64>, Transfer<64>, Decoder>;
    struct First : A {};
    struct Second : A {};
    const std::vector<std::string> both{name, name + "-again"};
    const std::vector<std::string> one{both[std::size_t(job.network)]};
    switch (job.method) {
    case MethodId::individual:
        return train_as<First>(data, job, one, 0);
    case MethodId::mkb_alone:
        return train_as<Collaboration<First, Product>>(data, job, one, 0);
    case MethodId::cl:
        return train_as<Collaboration<First, Second, Product, ChosenMetric>>(data, job, both,
                                                                             job.alpha);
    case MethodId::mutual:
        return train_as<Collaboration<First, Second, ChosenPeers>>(data, job, both, 0);
    default:
        fail("two of ", name, " are built for the methods il, mkb, cl and dml only");
    }
}

}  // namespace program
