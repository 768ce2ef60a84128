// SPDX-License-Identifier: Apache-2.0
// light_in_float: Networks of depthwise convolutions and of dense blocks against PyTorch, as they
// are trained: in float, with all that the plan fuses.
#include "as_trained.hpp"
#include "lists.hpp"

TEST_CASE("Networks of depthwise convolutions and of dense blocks compute what PyTorch does, as "
          "they are trained in float") {
    collab::networks::light_networks(collab::networks::as_trained);
}
