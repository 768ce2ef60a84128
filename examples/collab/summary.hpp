// SPDX-License-Identifier: Apache-2.0
// summary: what the trainings say together: a table for the terminal and a page with curves.
#pragma once
#include <string>
#include <vector>

#include <collab/io/report.hpp>

#include "experiment.hpp"

namespace program {

/// All that one seed gave. A phase that was not reached has no records.
struct SeedRun {
    std::uint64_t seed = 0;
    collab::History alone[2], together;
};

struct Findings {
    collab::Table headline;
    std::vector<collab::Report::Highlight> highlights;
    std::vector<std::string> sentences;
};

/// Test accuracy of network `who` along a training; `column` is its place among the networks of that training.
std::vector<collab::Chart::Point> accuracy_curve(const collab::History& history, std::size_t column);
/// The first evaluated step at which `history` reached `accuracy`, or -1.
long steps_to(const collab::History& history, std::size_t column, double accuracy);

Findings find(const std::vector<SeedRun>& runs);
std::string as_text(const collab::Table& table);
std::vector<collab::Chart> curves(const std::vector<SeedRun>& runs);

}  // namespace program
