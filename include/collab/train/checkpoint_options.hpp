// SPDX-License-Identifier: Apache-2.0
// checkpoint_options: where, how often and how many checkpoints a training writes.
#pragma once
#include <concepts>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace collab {

namespace detail {
struct CheckpointManagerCode;
const CheckpointManagerCode& keeper_code();  // train/keeper.hpp
}  // namespace detail

/// The name of a folder for checkpoints. A string; giving it a value brings in the code that writes
/// and reads them, which programs without checkpoints are not compiled with: a sixth of the time
/// for a small one.
class CheckpointPlace : public std::string {
public:
    CheckpointPlace() = default;
    template <class S>
        requires(std::convertible_to<S, std::string> &&
                 !std::same_as<std::remove_cvref_t<S>, CheckpointPlace>)
    CheckpointPlace(S&& name) : std::string(std::forward<S>(name)),
                                code_(&detail::keeper_code) {}

    /// Taken for a std::filesystem::path as every string is.
    template <class Path>
        requires requires(const Path& p) {
            { p.lexically_normal() } -> std::same_as<Path>;
        }
    operator Path() const {
        return Path(static_cast<const std::string&>(*this));
    }

    /// The code for checkpoints; null where no name was ever given.
    auto code() const { return code_; }

private:
    const detail::CheckpointManagerCode& (*code_)() = nullptr;
};

/// Where and how often `fit` writes checkpoints. Each is a whole file or none, whenever the program
/// is killed, and one continues to the same bits.
struct Checkpoints {
    /// a string; made if it is not there; empty: no checkpoints. One training to a folder
    CheckpointPlace folder{};
    /// steps between them; 0: after each epoch. Also after the last step, and when a watcher ends
    /// the training
    int every = 0;
    int keep = 2;      ///< so many of the newest stay, step-000000120.safetensors
    bool best = true;  ///< also keep best.safetensors: of the highest mean test accuracy
    /// go on from the newest in the folder; begin if there is none. Without it, a folder with
    /// checkpoints is refused
    bool resume = false;
    /// what else must be as it was: {{"data version", "3"}}
    std::vector<std::pair<std::string, std::string>> also{};
};

}  // namespace collab

#ifdef COLLAB_BODIES
#include <collab/train/fit_options.hpp>  // and, at its end, train/keeper.hpp
#endif
