// SPDX-License-Identifier: Apache-2.0
// other: SmallNet, VGG-16, GoogLeNet, NIN, DSN and Maxout against PyTorch, layer by layer in
// double.
#include "compare.hpp"
#include "lists.hpp"

TEST_CASE("SmallNet, VGG-16, GoogLeNet, NIN, DSN and Maxout compute what PyTorch does, layer by "
          "layer in double") {
    collab::networks::other_networks(collab::networks::layer_by_layer);
}
