// SPDX-License-Identifier: Apache-2.0
// module: what the program asks of the shared libraries that it has compiled.
#pragma once
#include <memory>
#include <string>

#include "deployable.hpp"
#include "experiment.hpp"

namespace program {

/// One training, compiled.
using Train = Outcome (*)(const collab::Splits& data, const Job& job);
/// A network with room for `batch` images, compiled.
using MakeNetwork = std::unique_ptr<Deployable> (*)(int batch, int threads);

/// What a module has under the name `collab_module`. What it was not compiled for is null.
struct Module {
    Train train = nullptr;
    MakeNetwork network = nullptr;
};

}  // namespace program
