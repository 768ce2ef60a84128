// SPDX-License-Identifier: Apache-2.0
// wide_module: controls that a study asks for: a network alone, with all its widths changed by one
// factor until it costs as much as the network with its half of an MKB.
#pragma once
#include <collab/zoo/resnet.hpp>
#include <collab/zoo/small_net.hpp>

#include "training_module.hpp"

namespace program {

/// What a wider network has as much of.
enum class Match { parameters, multiply_adds };

/// zoo::SmallNet with `Width` channels in its first stage instead of 32.
template <class Image, int Classes, int Convolutions, int Width>
struct WideSmallNet
    : Sequential<Image, zoo::detail::SmallStage<Width, Convolutions>, Cut<zoo::conv1_x>,
                 zoo::detail::SmallStage<2 * Width, Convolutions>, Cut<mutual>,
                 zoo::detail::SmallStage<4 * Width, Convolutions>, Cut<zoo::conv3_x>, Flatten,
                 Linear<4 * Width>, Elu, Linear<Classes>> {};

/// zoo::ResNet with `Width` channels in its first stage instead of 16.
template <class Image, int Classes, int Depth, int Width>
struct WidenedResNet
    : Sequential<Image, Conv2d<Width, 3>, BatchNorm, Relu,
                 Repeat<(Depth - 2) / 6, zoo::detail::BasicBlock<Width, 1, Layers<>>>,
                 Cut<zoo::conv1_x>,
                 zoo::detail::ResidualStage<2 * Width, (Depth - 2) / 6, PadShortcut>, Cut<mutual>,
                 zoo::detail::ResidualStage<4 * Width, (Depth - 2) / 6, PadShortcut>,
                 Cut<zoo::conv3_x>, GlobalAvgPool, Linear<Classes>> {};

/// The same network in other widths.
template <class N>
struct FamilyOf {
    static_assert(sizeof(N) == 0, "collab: SmallNet and ResNet can be widened, others cannot yet");
};
template <StaticShape Image, int Classes, int Convolutions>
struct FamilyOf<zoo::SmallNet<Image, Classes, Convolutions>> {
    static constexpr int base = 32;
    template <int Width>
    using Net = WideSmallNet<Image, Classes, Convolutions, Width>;
};
template <int Depth, StaticShape Image, int Classes>
struct FamilyOf<zoo::ResNet<Depth, Image, Classes>> {
    static constexpr int base = 16;
    template <int Width>
    using Net = WidenedResNet<Image, Classes, Depth, Width>;
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

/// The network that matches N with its half of an MKB.
template <class N, Match What>
struct Widened {
    static constexpr int width = matching_width<FamilyOf<N>, What>;
    using type = typename FamilyOf<N>::template Net<width>;
};

template <class W, class B, class O, class... Extras>
Outcome train_widened(const Splits& data, const Job& job) {
    Job wide = job;
    for (std::string& name : wide.names)
        name += sentence("-w", W::width);
    return train_as<typename W::type, B, O, Extras...>(data, wide);
}

}  // namespace program
