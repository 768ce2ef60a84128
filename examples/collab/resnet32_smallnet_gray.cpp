// SPDX-License-Identifier: Apache-2.0
// resnet32_smallnet_gray: everything on the menu for ResNet-32 and SmallNet on gray pictures.
#include <collab/zoo/resnet.hpp>
#include <collab/zoo/small_net.hpp>

#include "methods.hpp"

namespace {
struct First : collab::zoo::ResNet<32, program::Gray> {};
struct Second : collab::zoo::SmallNet<program::Gray> {};
}  // namespace

program::Outcome program::resnet32_smallnet_gray(const collab::Splits& data, const Job& job) {
    return train_pair<First, Second>(data, job, "ResNet-32", "SmallNet");
}
