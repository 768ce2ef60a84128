// SPDX-License-Identifier: Apache-2.0
// description: two networks and their knowledge base as descriptions, with every shape checked and
// no backend.
#include <collab/zoo/resnet.hpp>
#include <collab/zoo/small_net.hpp>

#include <collab/collaboration/collaboration.hpp>
#include <collab/loss/metrics.hpp>
using namespace collab;

using Pair = Collaboration<zoo::SmallNet<>, zoo::ResNet<32>,
                           MKB<Encoder<64>, Transfer<64>, Decoder>, CosineDistance>;
static_assert(Pair::ok && bound<zoo::ResNet<32>>::Output::dims == Dims{10, 1, 1});
static_assert(bound<zoo::ResNet<32>>::footprint.parameters == 464154);

int main() {}
