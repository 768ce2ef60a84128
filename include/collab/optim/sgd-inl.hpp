// SPDX-License-Identifier: Apache-2.0
// sgd-inl: the bodies of sgd.
#pragma once
#include <collab/core/error.hpp>
#include <collab/core/number_text.hpp>
#include <collab/optim/sgd.hpp>

namespace collab {

COLLAB_COMPILED COLLAB_COLD void Sgd::check() const {
    if (!(momentum >= 0 && momentum < 1))
        fail("momentum is ", momentum, "; expected a number in [0, 1)");
    detail::check_not_negative("weight decay", weight_decay);
}
COLLAB_COMPILED COLLAB_COLD Facts Sgd::facts() const {
    return {{"momentum", detail::number_text(momentum)},
            {"weight decay", detail::number_text(weight_decay)},
            {"nesterov", nesterov ? "yes" : "no"}};
}

}  // namespace collab
