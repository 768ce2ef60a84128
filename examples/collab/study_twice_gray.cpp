// SPDX-License-Identifier: Apache-2.0
// study_twice_gray: pairs of the same network on gray pictures.
#include "study_wide.hpp"

namespace program {

Outcome smallnet_twice_gray(const collab::Splits& data, const Job& job) {
    return train_twice<collab::zoo::SmallNet<Gray>>(data, job, "SmallNet");
}
Outcome resnet20_twice_gray(const collab::Splits& data, const Job& job) {
    return train_twice<collab::zoo::ResNet<20, Gray>>(data, job, "ResNet-20");
}

}  // namespace program
