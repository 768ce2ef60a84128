// SPDX-License-Identifier: Apache-2.0
// smallnet_resnet20_colour: everything on the menu for SmallNet and ResNet-20 on coloured pictures.
#include <collab/zoo/resnet.hpp>
#include <collab/zoo/small_net.hpp>

#include "methods.hpp"

namespace {
struct First : collab::zoo::SmallNet<program::Colour> {};
struct Second : collab::zoo::ResNet<20, program::Colour> {};
}  // namespace

program::Outcome program::smallnet_resnet20_colour(const collab::DataSet& data, const Job& job) {
    return train_pair<First, Second>(data, job, "SmallNet", "ResNet-20");
}
