// SPDX-License-Identifier: Apache-2.0
// fit_options-inl: the bodies of fit_options.
#pragma once
#include <cmath>

#include <collab/train/fit_options.hpp>

namespace collab::detail {
COLLAB_COMPILED COLLAB_COLD void check_evaluation(const Evaluation& e, const std::string& network,
                                                  const std::string& set) {
    if (!std::isfinite(e.loss))
        fail("the loss of ", network, " over ", set, " is ", e.loss,
             "; its weights or running statistics may hold numbers that are not finite");
}
}  // namespace collab::detail
