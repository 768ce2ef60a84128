// SPDX-License-Identifier: Apache-2.0
// other_in_float: SmallNet, VGG-16, GoogLeNet, NIN, DSN and Maxout against PyTorch, as they are
// trained: in float, with all that the plan fuses.
#include "as_trained.hpp"
#include "lists.hpp"

TEST_CASE("SmallNet, VGG-16, GoogLeNet, NIN, DSN and Maxout compute what PyTorch does, as they are "
          "trained in float") {
    collab::networks::other_networks(collab::networks::as_trained);
}
