// SPDX-License-Identifier: Apache-2.0
// 03_cut_and_shapes: where a mutual knowledge base sits, what it is made of there, and what it
// costs, network by network.
// prints: SmallNet +64 x +8 x +8 .*\+147968
// prints: ResNet-32 +32 x 16 x 16 .*\+111040
#include <cstdio>

#include <collab/collab.hpp>
using namespace collab;

using Pair = Collaboration<zoo::SmallNet<>, zoo::ResNet<32>,
                           MKB<Encoder<64>, Transfer<64>, Decoder>, CosineDistance>;

template <int I>
void tell(const char* name) {
    using Way = Pair::branch<I, 0>;
    const Dims x = Way::Feature::dims;
    const Dims code = Way::Code::dims;
    const Dims m = Way::Map::dims;
    const Dims e = Way::Embed::Output::dims;
    std::printf("%-10s %2d x %2d x %2d -> encoder -> %d x %d x %d -> transfer -> %d x %d x %d -> "
                "embedding of %d; deployed: +%d parameters\n",
                name, x.channels, x.height, x.width, code.channels, code.height, code.width,
                m.channels, m.height, m.width, e.size(),
                bound<Deployed<Pair, I>>::footprint.parameters -
                    bound<Pair::network<I>>::footprint.parameters);
}

int main() {
    tell<0>("SmallNet");
    tell<1>("ResNet-32");
}
