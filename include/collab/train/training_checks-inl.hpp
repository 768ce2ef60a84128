// SPDX-License-Identifier: Apache-2.0
// training_checks-inl: the bodies of training_checks.
#pragma once
#include <collab/train/training_checks.hpp>

namespace collab::detail {
COLLAB_COMPILED COLLAB_COLD void name_networks(std::vector<std::string>& names, int n) {
    if (!names.empty() && names.size() != std::size_t(n))
        fail("a collaboration of ", n, " networks was given ", names.size(), " names");
    for (int i = int(names.size()); i < n; ++i)
        names.push_back(sentence("net", i));
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i].empty() || names[i].find('.') != std::string::npos)
            fail("a network cannot be called '", names[i],
                 "': names are not empty and have no dot");
        for (std::size_t j = 0; j < i; ++j)
            if (names[i] == names[j])
                fail("two networks are called '", names[i], "'");
    }
}
}  // namespace collab::detail
