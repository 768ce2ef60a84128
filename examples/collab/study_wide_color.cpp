// SPDX-License-Identifier: Apache-2.0
// study_wide_color: wider networks on colored pictures.
#include "study_wide.hpp"

namespace program {

Outcome train_wide_color(const collab::Splits& data, const Job& job, const std::string& network,
                         Match what) {
    if (network == "SmallNet")
        return train_widened<SmallNetFamily<Color, 2>>(data, job, network, what);
    if (network == "ResNet-20")
        return train_widened<ResNetFamily<Color, 20>>(data, job, network, what);

    collab::fail("a wider ", network, " is not built for colored pictures");
}

}  // namespace program
