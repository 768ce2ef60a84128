// SPDX-License-Identifier: Apache-2.0
// numbers: options that are numbers, as people write them: decimal, with a sentence about those
// that are none or lie outside their range.
#pragma once
#include <cstdint>
#include <string>

#include <CLI/CLI.hpp>

namespace program {

/// An option for a whole number from `low` to `high`.
CLI::Option* add_whole(CLI::App& app, const std::string& name, int& value, int low, int high,
                       const std::string& help);
CLI::Option* add_whole(CLI::App& app, const std::string& name, std::uint64_t& value,
                       const std::string& help);
/// An option for a number from `low` to `high`; `low` itself only where `with_low`.
CLI::Option* add_real(CLI::App& app, const std::string& name, double& value, double low,
                      double high, const std::string& help, bool with_low = true);

}  // namespace program
