// SPDX-License-Identifier: Apache-2.0
// residual: Residual networks against PyTorch, layer by layer in double.
#include "compare.hpp"
#include "lists.hpp"

TEST_CASE("Residual networks compute what PyTorch does, layer by layer in double") {
    collab::networks::residual_networks(collab::networks::layer_by_layer);
}
