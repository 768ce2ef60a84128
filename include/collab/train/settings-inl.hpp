// SPDX-License-Identifier: Apache-2.0
// settings-inl: the bodies of settings.
#pragma once
#include <cmath>

#include <collab/train/settings.hpp>

namespace collab::detail {
COLLAB_COMPILED COLLAB_COLD void check_loss(const NetworkLoss& loss, const char* task,
                                            const std::string& network, long step) {
    const auto look = [&](const char* part, double value) {
        if (!std::isfinite(value))
            fail("the ", part, " loss of ", network, " is ", value, " after step ", step,
                 "; a smaller learning rate may help");
    };
    look(task, loss.task);
    look("metric", loss.metric);
    look("verification", loss.verification);
    look("coupling", loss.coupling);
}
}  // namespace collab::detail
