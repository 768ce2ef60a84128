// SPDX-License-Identifier: Apache-2.0
// main: trains the same pair on every backend at hand, from the same weights on the same images,
// and says how far they drift apart and how long they take.
//   bench_backends [STEPS] [REPORT.html]
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include <collab/report/report.hpp>

#include "experiment.hpp"

namespace {
using namespace collab;
using experiment::Moment;
using experiment::Run;

struct Deviation {
    double largest = 0;
    double relative = 0;  // of an element; of all, as lengths of vectors
};
Deviation stddev(const std::vector<double>& expected, const std::vector<double>& got) {
    if (expected.size() != got.size())
        fail("two backends computed ", expected.size(), " and ", got.size(),
             " numbers in the same step");
    Deviation d;
    double difference = 0;
    double size = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const double e = got[i] - expected[i];
        if (std::isnan(e))
            return {INFINITY, INFINITY};  // max() would not see it
        d.largest = std::max(d.largest, std::abs(e));
        difference += e * e;
        size += expected[i] * expected[i];
    }
    d.relative = std::sqrt(difference / size);
    return d;
}
double median_step(const Run& run) {
    std::vector<double> times;
    // the first one takes memory
    for (std::size_t i = 1; i < run.moments.size(); ++i)
        times.push_back(run.moments[i].seconds);
    if (times.empty())
        times.push_back(run.moments[0].seconds);
    std::nth_element(times.begin(), times.begin() + std::ptrdiff_t(times.size() / 2), times.end());
    return times[times.size() / 2];
}
std::string shown(const char* format, double value) {
    char text[32];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

struct Quantity {
    const char* name;
    std::vector<double> Moment::* values;
};
constexpr Quantity quantities[] = {
    {"logits", &Moment::logits}, {"losses", &Moment::losses}, {"weights", &Moment::weights}};

/// How far each run but the first is from that, step by step.
Chart deviations(const std::vector<Run>& runs, const Quantity& q) {
    Chart chart;
    chart.title = sentence("Relative stddev of the ", q.name, ", as a power of ten");
    chart.x_label = "step";
    chart.y_label = "log10";
    const Run& base = runs[0];
    for (std::size_t r = 1; r < runs.size(); ++r) {
        Chart::Series series{runs[r].backend, int(r - 1) % 6, r > 6};
        for (std::size_t s = 0; s < base.moments.size(); ++s) {
            const double d =
                stddev(base.moments[s].*q.values, runs[r].moments[s].*q.values).relative;
            series.points.push_back({double(s + 1), d > 0 ? std::log10(d) : -17.0});
        }
        chart.series.push_back(series);
    }
    chart.note = "No difference at all is drawn at -17.";
    return chart;
}
}  // namespace

int main(int count, char** words) try {
    experiment::Options options;
    if (count > 1)
        options.steps = std::atoi(words[1]);
    if (options.steps < 1 || options.steps > 1000)
        fail("usage: ", words[0], " [STEPS, from 1 to 1000] [REPORT.html]; got '", words[1], "'");
    std::vector<Run> runs = experiment::host_runs(options);
    for (auto more : {experiment::thrust_runs(options), experiment::gpu_runs(options)})
        runs.insert(runs.end(), more.begin(), more.end());

    const Run& base = runs[0];
    const std::size_t last = std::size_t(options.steps) - 1;
    Report report;
    report.title = "The same training on every backend";
    report.subtitle = sentence("A small network and a ResNet-8 around a knowledge base, ",
                               options.steps, " steps of ", options.batch,
                               " synthetic images, compared with ", base.backend, ".");
    report.caveats = {"Times include waiting for the losses after every step, and the networks are "
                      "small: a GPU is mostly idle.",
                      "Rounding differs between backends, and training amplifies any difference; "
                      "what matters is that it begins at the rounding of the type."};
    Table table{"After the last step", {{"backend"}, {"ms per step", true}}, {}};
    for (const Quantity& q : quantities) {
        table.columns.push_back({sentence("largest stddev of ", q.name), true});
        table.columns.push_back({"relative", true, true});
    }
    std::printf("%-44s %12s  %-23s  %-23s  %-23s\n", "largest and relative stddev from the first",
                "ms per step", "logits", "losses", "weights");
    for (const Run& run : runs) {
        std::vector<std::string> row{run.backend, shown("%.2f", 1e3 * median_step(run))};
        std::printf("%-44s %12s", run.backend.c_str(), row[1].c_str());
        for (const Quantity& q : quantities) {
            const Deviation d = stddev(base.moments[last].*q.values, run.moments[last].*q.values);
            row.push_back(shown("%.1e", d.largest));
            row.push_back(shown("%.1e", d.relative));
            std::printf("  %10s  %10s ", row[row.size() - 2].c_str(), row.back().c_str());
        }
        std::puts("");
        table.rows.push_back(row);
    }
    report.tables = {table};
    for (const Quantity& q : quantities)
        report.charts.push_back(deviations(runs, q));
    for (const Run& run : runs)
        report.manifest.push_back({"backend", run.backend});
    if (count > 2) {
        write(report, words[2]);
        std::printf("Written: %s\n", words[2]);
    }
    return 0;
} catch (const collab::Error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
}
