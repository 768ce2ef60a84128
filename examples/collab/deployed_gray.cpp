// SPDX-License-Identifier: Apache-2.0
// deployed_gray: the networks for gray pictures.
#include "deployable.hpp"
#include "deployed_parts.hpp"

std::unique_ptr<program::Deployable> program::gray_network(const NetworkKind& kind, int batch,
                                                           int threads) {
    using Gray = collab::Shape<1, 32, 32>;
    if (kind.network == "SmallNet")
        return held<collab::zoo::SmallNet<Gray>>(kind.knowledge, batch, threads);
    if (kind.network == "ResNet-20")
        return held<collab::zoo::ResNet<20, Gray>>(kind.knowledge, batch, threads);
    if (kind.network == "ResNet-32")
        return held<collab::zoo::ResNet<32, Gray>>(kind.knowledge, batch, threads);
    if (kind.network == "SmallNet-1")
        return held<collab::zoo::SmallNet<Gray, 10, 1>>(kind.knowledge, batch, threads);
    if (kind.network == "ResNet-8")
        return held<collab::zoo::ResNet<8, Gray>>(kind.knowledge, batch, threads);
    return nullptr;
}
