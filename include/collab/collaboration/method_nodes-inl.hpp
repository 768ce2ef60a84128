// SPDX-License-Identifier: Apache-2.0
// method_nodes-inl: what of the nodes is the same for all collaborations.
#pragma once
#include <vector>

#include <collab/collaboration/method_nodes.hpp>

namespace collab::detail {

COLLAB_COMPILED COLLAB_COLD void add_peer(std::vector<Peer>& peers, int embedding,
                                          int image_distance) {
    peers.push_back({embedding, image_distance});
}

}  // namespace collab::detail
