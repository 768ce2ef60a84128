// SPDX-License-Identifier: Apache-2.0
// resnet32_smallnet_colour: everything on the menu for ResNet-32 and SmallNet on coloured pictures.
#include <collab/zoo/resnet.hpp>
#include <collab/zoo/small_net.hpp>

#include "methods.hpp"

namespace {
struct First : collab::zoo::ResNet<32, program::Colour> {};
struct Second : collab::zoo::SmallNet<program::Colour> {};
}  // namespace

program::Outcome program::resnet32_smallnet_colour(const collab::DataSet& data, const Job& job) {
    return train_pair<First, Second>(data, job, "ResNet-32", "SmallNet");
}
