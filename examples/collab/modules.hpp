// SPDX-License-Identifier: Apache-2.0
// modules: experiments and networks, compiled when they are first asked for, and kept.
#pragma once
#include <string>
#include <vector>

#include "experiment.hpp"
#include "module.hpp"

namespace program {

/// A network as it is used: with its half of the MKBs, which are items in C++, or none.
struct DeployedType {
    Task task{};
    NetworkType network{};
    std::string bases{};  ///< "MKB<Encoder<64>, Transfer<64>, Decoder>"
    std::vector<std::string> headers{};
};

/// What has to be compiled: a source file, and what to call it in a line of progress.
struct ModuleSource {
    std::string title;  ///< "ResNet-56 + MobileNetV2 for 100 classes of 3x32x32"
    std::string text;
};
ModuleSource source_of(const Experiment& e);
ModuleSource source_of(const DeployedType& n, Purpose purpose);
/// A wider network, trained alone, that matches what `e.networks[0]` costs with its half of an MKB:
/// "parameters" or "multiply_adds". For studies.
ModuleSource wide_source_of(const Experiment& e, const std::string& match);

/// Compiles what the cache does not have, several at a time, and loads all; what this process has
/// loaded before is what it was. What does not compile is an error with the library's sentence.
std::vector<const Module*> modules_of(const std::vector<ModuleSource>& sources, bool quiet);
inline const Module* module_of(const ModuleSource& source, bool quiet) {
    return modules_of({source}, quiet).front();
}
/// The folder of compiled modules: $COLLAB_CACHE, or collab in the user's cache.
std::string cache_folder();
/// Compiler, flags and folders that modules are compiled with, for `collab doctor`.
collab::Facts compiler_facts();

}  // namespace program
