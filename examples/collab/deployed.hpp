// SPDX-License-Identifier: Apache-2.0
// deployed: networks after training, in files that say all that is needed to use them.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <collab/data/images.hpp>
#include <collab/data/transforms.hpp>

#include "modules.hpp"

namespace program {

/// What stands beside the weights.
struct Provenance {
    /// of the pictures before they are prepared for the network
    int height = 32;
    int width = 32;
    collab::Transform transform{};
    std::vector<std::string> classes{};  ///< names; empty: numbers
    std::string data{}, method{};        ///< how it was trained
    std::uint64_t seed = 0;
};
/// What a file of this network says about it: what open_network reads.
Words words_of(const DeployedType& type, const Provenance& from);

struct Opened {
    std::string path;
    DeployedType type;
    Provenance from;
    std::unique_ptr<Deployable> network;
    bool ambiguous = false;  ///< another one has the same title

    /// "ResNet-20, trained by cl"
    std::string plain_title() const {
        return type.network.name + (from.method.empty() ? "" : ", trained by " + from.method);
    }
    /// The same; where that is not enough, with the file.
    std::string title() const { return plain_title() + (ambiguous ? " (" + path + ")" : ""); }
    std::string class_name(int c) const {
        return from.classes.empty() ? std::to_string(c) : from.classes[std::size_t(c)];
    }
};
/// A file that a training wrote; anything else is an error that says what it is. `headers`: of the
/// user, for a network of his own; a file never names what is compiled.
Opened open_network(const std::string& path, Purpose purpose, int batch, int threads,
                    const std::vector<std::string>& headers);

}  // namespace program
