// SPDX-License-Identifier: Apache-2.0
// light: Networks of depthwise convolutions and of dense blocks against PyTorch, layer by layer in
// double.
#include "compare.hpp"
#include "lists.hpp"

TEST_CASE("Networks of depthwise convolutions and of dense blocks compute what PyTorch does, layer "
          "by layer in double") {
    collab::networks::light_networks(collab::networks::layer_by_layer);
}
