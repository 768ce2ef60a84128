// SPDX-License-Identifier: Apache-2.0
// study_wide_gray: wider networks on gray pictures.
#include "study_wide.hpp"

namespace program {

Outcome train_wide_gray(const collab::Splits& data, const Job& job, const std::string& network,
                        Match what) {
    if (network == "SmallNet")
        return train_widened<SmallNetFamily<Gray, 2>>(data, job, network, what);
    if (network == "ResNet-20")
        return train_widened<ResNetFamily<Gray, 20>>(data, job, network, what);
    if (network == "SmallNet-1")
        return train_widened<SmallNetFamily<Gray, 1>>(data, job, network, what);
    if (network == "ResNet-8")
        return train_widened<ResNetFamily<Gray, 8>>(data, job, network, what);
    collab::fail("a wider ", network, " is not built for gray pictures");
}

}  // namespace program
