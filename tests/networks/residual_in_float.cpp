// SPDX-License-Identifier: Apache-2.0
// residual_in_float: Residual networks against PyTorch, as they are trained: in float, with all
// that the plan fuses.
#include "as_trained.hpp"
#include "lists.hpp"

TEST_CASE("Residual networks compute what PyTorch does, as they are trained in float") {
    collab::networks::residual_networks(collab::networks::as_trained);
}
