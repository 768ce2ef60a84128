// SPDX-License-Identifier: Apache-2.0
// checkpoint_options: where, how often and how many checkpoints a training writes.
#pragma once
#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <collab/core/facts.hpp>

namespace collab {

/// A callback that writes checkpoints, and goes on from them: each is a whole file or none,
/// whenever the program is killed, and one continues to the same bits. Give `fit` at most one.
///
///     training.fit(data, {.epochs = 200}, Checkpoints{.folder = "run", .resume = true});
struct Checkpoints {
    static constexpr const char* name = "Checkpoints";
    /// made if it is not there; empty: no checkpoints. One training to a folder
    std::string folder{};
    /// steps between them; 0: after each epoch. Also after the last step, and when a watcher ends
    /// the training
    std::int64_t every = 0;
    int keep = 2;      ///< so many of the newest stay, step-000000120.safetensors
    bool best = true;  ///< also keep best.safetensors: of the best mean of the first test scores
    /// go on from the newest in the folder; begin if there is none. Without it, a folder with
    /// checkpoints is refused
    bool resume = false;
    /// what else must be as it was: {{"data version", "3"}}
    Facts also{};
};

namespace detail {
template <class F>
concept IsCheckpoints = std::same_as<std::remove_cvref_t<F>, Checkpoints>;
}  // namespace detail

}  // namespace collab
