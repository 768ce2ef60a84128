// SPDX-License-Identifier: Apache-2.0
// study_networks: trainings that only a study asks for: controls that are as large as a network
// with its half of a knowledge base, and pairs of the same network.
#pragma once
#include "experiment.hpp"

namespace program {

/// What a wider network has as much of as the network with its half of a knowledge base.
enum class Match { parameters, multiply_adds };

/// A network of this name, trained alone, with all its widths changed by one factor until it
/// matches. Throws Error for a name that was not built.
Outcome train_wide_gray(const collab::Splits&, const Job&, const std::string& network, Match);
Outcome train_wide_color(const collab::Splits&, const Job&, const std::string& network, Match);

Outcome smallnet_twice_gray(const collab::Splits&, const Job&);
Outcome smallnet_twice_color(const collab::Splits&, const Job&);
Outcome resnet20_twice_gray(const collab::Splits&, const Job&);
Outcome resnet20_twice_color(const collab::Splits&, const Job&);

/// Beside the pairs of the menu. The second network has a name of its own, because initial weights
/// follow the name.
inline const std::vector<PairEntry> study_pairs{
    {"smallnet+smallnet",
     {"SmallNet", "SmallNet-again"},
     smallnet_twice_gray,
     smallnet_twice_color},
    {"resnet20+resnet20",
     {"ResNet-20", "ResNet-20-again"},
     resnet20_twice_gray,
     resnet20_twice_color},
};

}  // namespace program
