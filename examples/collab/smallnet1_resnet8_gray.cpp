// SPDX-License-Identifier: Apache-2.0
// smallnet1_resnet8_gray: everything on the menu for SmallNet with one convolution a stage and
// ResNet-8 on gray pictures.
#include <collab/zoo/resnet.hpp>
#include <collab/zoo/small_net.hpp>

#include "methods.hpp"

namespace {
struct First : collab::zoo::SmallNet<program::Gray, 10, 1> {};
struct Second : collab::zoo::ResNet<8, program::Gray> {};
}  // namespace

program::Outcome program::smallnet1_resnet8_gray(const collab::Splits& data, const Job& job) {
    return train_pair<First, Second>(data, job, "SmallNet-1", "ResNet-8");
}
