// SPDX-License-Identifier: Apache-2.0
// deployed: a network after training, chosen by words: written to a file that says all that is
// needed to use it, and taken from one.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <collab/data/images.hpp>
#include <collab/data/transforms.hpp>
#include <collab/train/settings.hpp>

namespace program {

/// Which network it is. The words of the file are these.
struct NetworkKind {
    std::string network;             ///< "SmallNet"
    std::string knowledge = "none";  ///< its half of a knowledge base: "none", "product" or "sum"
    int channels = 1;                ///< 1 or 3
};

/// Words that stand in a file beside the weights: name and text.
using Words = collab::Facts;

/// A network with its weights.
class Deployable {
public:
    virtual ~Deployable() = default;
    virtual void set(const collab::NetworkWeights<float>& weights) = 0;
    virtual void load(const std::string& path) = 0;
    virtual void save(const std::string& path, const Words& words) const = 0;
    virtual void save_onnx(const std::string& path, int batch, const Words& words) const = 0;
    virtual void save_arrays(const std::string& path) const = 0;  ///< NPZ
    virtual std::vector<float> logits(const collab::Images& images,
                                      const collab::Transform& transform) = 0;
    virtual void run(const std::vector<float>& images, int samples) = 0;  ///< for its time
    virtual collab::Dims input() const = 0;
    /// of its layers, memory and arithmetic
    virtual std::string table() const = 0;
    /// which layers run together
    virtual std::string plan() const = 0;
    virtual long multiply_adds() const = 0;
    virtual std::size_t parameters() const = 0;
    virtual std::string backend() = 0;
};
/// All networks of the program, for messages.
std::vector<std::string> network_words();
/// With room for `batch` images; an unknown kind is an error that names the nearest.
std::unique_ptr<Deployable> network_of(const NetworkKind& kind, int batch, int threads);

/// What stands beside the weights.
struct Provenance {
    /// of the pictures before they are padded to the network's input
    int side = 32;
    collab::Statistics normalize{};
    std::vector<std::string> classes;  ///< names; empty: numbers
    std::string data, method;          ///< how it was trained
    std::uint64_t seed = 0;
};
/// What a file of this network says about it: what open_network reads.
Words words_of(const NetworkKind& kind, const Provenance& from);
void save_network(const NetworkKind& kind, const collab::NetworkWeights<float>& weights,
                  const Provenance& from, const std::string& path);

struct Opened {
    std::string path;
    NetworkKind kind;
    Provenance from;
    std::unique_ptr<Deployable> network;

    /// What makes the network's input of a picture of `side` x `side`.
    collab::Transform transform() const {
        return {.pad = (network->input().height - from.side) / 2, .normalize = from.normalize};
    }
    /// "ResNet-20, trained by cl"
    std::string title() const {
        return kind.network + (from.method.empty() ? "" : ", trained by " + from.method);
    }
    std::string class_name(int c) const {
        return from.classes.empty() ? std::to_string(c) : from.classes[std::size_t(c)];
    }
};
/// A file that save_network wrote; anything else is an error that says what it is.
Opened open_network(const std::string& path, int batch, int threads);

}  // namespace program
