// SPDX-License-Identifier: Apache-2.0
// networks: what people call networks, and the types that are meant.
#pragma once
#include <string>
#include <vector>

#include <collab/core/shape.hpp>

namespace program {

/// One network of an experiment.
struct NetworkType {
    std::string name;    ///< in tables and files: "ResNet-20"
    std::string type;    ///< "ResNet<20, Shape<3, 32, 32>, 10>"
    std::string header;  ///< of the library, that has it; empty: one of the user's
};

/// Pictures that networks look at, and how many classes they tell apart.
struct Task {
    collab::Dims image{3, 32, 32};
    int classes = 10;
    bool operator==(const Task&) const = default;
};

/// The network that a word means: `ResNet-20`, `WideResNet-16-2`, `ResNet<20>`, or a type of the
/// user's own, as `MyNet` or `MyNet<Image, Classes>`. Image and Classes stand for the task's. An
/// unknown word is an error that names the nearest, unless the user has headers of his own.
NetworkType network_named(const std::string& word, const Task& task, bool own_headers);

/// The names of the library's networks, for messages and help.
std::vector<std::string> network_names_known();

/// "Shape<3, 32, 32>"
std::string shape_text(const collab::Dims& d);

}  // namespace program
