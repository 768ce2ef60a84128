// SPDX-License-Identifier: Apache-2.0
// smallnet_resnet20_color: everything on the menu for SmallNet and ResNet-20 on colored pictures.
#include <collab/zoo/resnet.hpp>
#include <collab/zoo/small_net.hpp>

#include "methods.hpp"

namespace {
struct First : collab::zoo::SmallNet<program::Color> {};
struct Second : collab::zoo::ResNet<20, program::Color> {};
}  // namespace

program::Outcome program::smallnet_resnet20_color(const collab::Splits& data, const Job& job) {
    return train_pair<First, Second>(data, job, "SmallNet", "ResNet-20");
}
