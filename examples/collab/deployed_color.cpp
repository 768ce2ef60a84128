// SPDX-License-Identifier: Apache-2.0
// deployed_color: the networks for colored pictures.
#include "deployable.hpp"
#include "deployed_parts.hpp"

std::unique_ptr<program::Deployable> program::color_network(const NetworkKind& kind, int batch,
                                                            int threads) {
    using Color = collab::Shape<3, 32, 32>;
    if (kind.network == "SmallNet")
        return held<collab::zoo::SmallNet<Color>>(kind.knowledge, batch, threads);
    if (kind.network == "ResNet-20")
        return held<collab::zoo::ResNet<20, Color>>(kind.knowledge, batch, threads);
    if (kind.network == "ResNet-32")
        return held<collab::zoo::ResNet<32, Color>>(kind.knowledge, batch, threads);
    return nullptr;
}
