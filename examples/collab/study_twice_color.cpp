// SPDX-License-Identifier: Apache-2.0
// study_twice_color: pairs of the same network on colored pictures.
#include "study_wide.hpp"

namespace program {

Outcome smallnet_twice_color(const collab::Splits& data, const Job& job) {
    return train_twice<collab::zoo::SmallNet<Color>>(data, job, "SmallNet");
}
Outcome resnet20_twice_color(const collab::Splits& data, const Job& job) {
    return train_twice<collab::zoo::ResNet<20, Color>>(data, job, "ResNet-20");
}

}  // namespace program
