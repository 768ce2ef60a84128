// SPDX-License-Identifier: Apache-2.0
// zoo: every network of the zoo can be joined to another at each of its cuts. Compiling is the
// test.
#include <collab/collaboration/check.hpp>
#include <collab/loss/metrics.hpp>

#include "zoo/all.hpp"

namespace {
using namespace collab;

template <class Networks, class Tag>
using wrong = detail::first_wrong<typename detail::CollaborationChecks<
    Networks, Pack<MKB<Encoder<64>, Transfer<64>, Decoder, At<Tag>>>, CosineDistance>::type>;

template <class N, class Tags>
struct Joins;
template <class N, class... Tags>
struct Joins<N, Pack<Tags...>> {
    static constexpr bool all = (wrong<Pack<N, N>, Tags>::holds && ...);
    static constexpr bool named = (std::same_as<Tags, mutual> || ...);
};

// The lambda's body is instantiated for every network of the zoo.
[[maybe_unused]] void check() {
    trial::for_zoo([](auto network, const char*) {
        using N = typename decltype(network)::type;
        static_assert(Joins<N, trial::tags_of<N>>::named, "the network has a cut called mutual");
        static_assert(Joins<N, trial::tags_of<N>>::all, "an MKB fits at every cut");
    });
}

// Different networks meet at `mutual`, and a network without the cut is refused.
static_assert(wrong<Pack<zoo::ResNet<20>, zoo::MobileNet<>, zoo::DenseNet<40>, zoo::GoogLeNet<>,
                         zoo::WideResNet<16, 2>, zoo::SmallNet<>, zoo::VGG16<>, zoo::NIN<>>,
                    mutual>::holds);
static_assert(wrong<Pack<zoo::ImageNetResNet<18>, zoo::ImageNetMobileNet<>, zoo::ImageNetVGG16<>,
                         zoo::SqueezeNet<>>,
                    mutual>::holds);
static_assert(!wrong<Pack<zoo::ResNet<20>, zoo::MobileNet<>>, zoo::conv5_x>::holds &&
              !wrong<Pack<zoo::ResNet<20>, zoo::ImageNetResNet<18>>, mutual>::holds);
}  // namespace
