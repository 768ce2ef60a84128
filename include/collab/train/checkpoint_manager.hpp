// SPDX-License-Identifier: Apache-2.0
// checkpoint_manager: the checkpoints of `fit`: a folder of them, and what is written to and read
// from it. Only compiled where a program names a folder for them.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/io/safetensors.hpp>
#include <collab/train/checkpoint.hpp>
#include <collab/train/checkpoint_options.hpp>
#include <collab/train/fit_loop.hpp>
#include <collab/train/fit_options.hpp>

namespace collab::detail {

/// The checkpoints in a folder.
class CheckpointFolder {
public:
    explicit CheckpointFolder(const Checkpoints& options);
    bool on() const { return !options_.folder.empty(); }
    /// The newest checkpoint, where one is to be continued. A damaged one is an error that names an
    /// intact one, if there is any.
    std::optional<Tensors> newest() const;
    bool due(long step, bool epoch_ends) const;
    bool keeps_best() const { return on() && options_.best; }
    void write(const Tensors& file, long step) const;
    void write_best(const Tensors& file) const;

private:
    std::string path(long step) const;
    std::vector<long> steps() const;

    Checkpoints options_;
};

}  // namespace collab::detail

#ifdef COLLAB_BODIES
#include <collab/train/checkpoint_manager-inl.hpp>
#endif
