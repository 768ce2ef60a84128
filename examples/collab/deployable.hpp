// SPDX-License-Identifier: Apache-2.0
// deployable: a network after training, behind an interface that needs no network types.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include <collab/core/facts.hpp>
#include <collab/data/images.hpp>
#include <collab/data/transforms.hpp>

namespace program {

/// Words that stand in a file beside the weights: name and text.
using Words = collab::Facts;

/// What a compiled network can do: each costs compile time.
enum class Purpose {
    ask,     ///< load, logits, run
    write,   ///< load, save, save_onnx, save_arrays
    inspect  ///< table, plan
};

/// A network with its weights. What it was not compiled for is an error.
class Deployable {
public:
    virtual ~Deployable() = default;
    virtual void load(const std::string& path) = 0;
    virtual void save(const std::string& path, const Words& words) const = 0;
    virtual void save_onnx(const std::string& path, int batch, const Words& words) const = 0;
    virtual void save_arrays(const std::string& path) const = 0;  ///< NPZ
    virtual std::vector<float> logits(const collab::Images& images,
                                      const collab::Transform& transform) = 0;
    virtual void run(const std::vector<float>& images, int samples) = 0;  ///< for its time
    virtual collab::Dims input() const = 0;
    virtual int outputs() const = 0;
    /// of its layers, memory and arithmetic
    virtual std::string table() const = 0;
    /// which layers run together
    virtual std::string plan() const = 0;
    virtual long multiply_adds() const = 0;
    virtual std::size_t parameters() const = 0;
    virtual std::string backend() = 0;
};

}  // namespace program
