// SPDX-License-Identifier: Apache-2.0
// checkpoint_options: where, how often and how many checkpoints a training writes.
#pragma once
#include <string>
#include <utility>
#include <vector>

namespace collab {

/// Where and how often `fit` writes checkpoints. Each is a whole file or none, whenever the program is killed, and one continues to the same bits.
struct Checkpoints {
    std::string folder{};   ///< made if it is not there; empty: no checkpoints. One training to a folder
    int every = 0;          ///< steps between them; 0: after each epoch. Also after the last step, and when a watcher ends the training
    int keep = 2;           ///< so many of the newest stay, step-000000120.safetensors
    bool best = true;       ///< also keep best.safetensors: of the highest mean test accuracy
    bool resume = false;    ///< go on from the newest in the folder; begin if there is none. Without it, a folder with checkpoints is refused
    std::vector<std::pair<std::string, std::string>> also{};   ///< what else must be as it was: {{"data version", "3"}}
};

}  // namespace collab
