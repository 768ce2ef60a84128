// SPDX-License-Identifier: Apache-2.0
// summary: what the trainings say together: a table for the terminal and a page with curves.
#pragma once
#include <string>
#include <vector>

#include <collab/report/dots.hpp>
#include <collab/report/report.hpp>

#include "experiment.hpp"

namespace program {

/// All that one seed gave. A phase that was not reached has no records.
struct SeedRun {
    std::uint64_t seed = 0;
    std::vector<collab::History> alone;
    collab::History together;
};

/// Mean and stddev (of a sample) of what the seeds gave.
struct Mean {
    double mean = 0;
    double stddev = 0;
    std::size_t n = 0;
};
Mean mean_of(const std::vector<double>& values);
/// "91.82 ± 0.12", in per cent; "-" for nothing.
std::string percent(const Mean& m, bool sign = false);
/// A curve: the mean over seeds of those given, with the worst and the best as its spread.
collab::Chart::Series over_runs(const std::string& name, int color, bool dashed,
                                const std::vector<std::vector<collab::Chart::Point>>& all);

struct Findings {
    collab::Table headline;
    std::vector<collab::Report::Highlight> highlights;
    std::vector<std::string> sentences;
};

/// Test accuracy of network `who` along a training; `column` is its place among the networks of
/// that training.
std::vector<collab::Chart::Point> accuracy_curve(const collab::History& history,
                                                 std::size_t column);
/// The first evaluated step at which `history` reached `accuracy`, or -1.
long steps_to(const collab::History& history, std::size_t column, double accuracy);

/// What two networks make of the same images in the mutual space.
collab::Scatter space_of(const std::vector<std::string>& names,
                         const std::vector<std::vector<float>>& embeddings,
                         const std::vector<int>& labels, const collab::Splits& data,
                         const std::string& method);

/// What draws pages and pictures is compiled in one place.
void write_page(const collab::Report& report, const std::string& path);
std::string picture_of(const collab::Chart& chart, collab::Theme theme);
std::string picture_of(const collab::Dots& dots);

Findings find(const std::vector<std::string>& names, const std::vector<SeedRun>& runs);
std::string as_text(const collab::Table& table);
std::vector<collab::Chart> curves(const std::vector<std::string>& names,
                                  const std::vector<SeedRun>& runs);

}  // namespace program
