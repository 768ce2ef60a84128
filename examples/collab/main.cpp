// SPDX-License-Identifier: Apache-2.0
// main: trains two networks alone and in collaboration on real images, tells how it goes, and writes down what came of it.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <collab/data/sampler.hpp>
#include <collab/io/progress.hpp>

#include "data_inspect.hpp"
#include "experiment.hpp"
#include "open.hpp"
#include "summary.hpp"

namespace {

std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free);   // a signal handler may touch it

extern "C" void on_interrupt(int) {
    interrupted = true;
    std::signal(SIGINT, SIG_DFL);   // a second Ctrl-C ends the program at once
}

struct Options {
    std::string data = "synthetic", metric = "cosine", merge = "product", report, picture;
    int epochs = 3, seeds = 1, subset = 0, test_subset = 0, threads = 0, batch = 128, evaluations = 0, warm_up = 60;
    std::uint64_t first_seed = 1;
    double alpha = 0.2, rate = 0.05;
    bool augment = false, only_together = false, quiet = false;
};

program::ChosenMetric metric_of(const std::string& word) {
    using Kind = program::ChosenMetric::Kind;
    if (word == "cosine") return {Kind::cosine};
    if (word == "dot") return {Kind::negative_dot};
    if (word == "squared") return {Kind::squared};
    return {Kind::ln, std::stod(word.substr(1))};
}

collab::Transform transform_of(const collab::Images& train, bool augment) {
    collab::Transform t;
    t.pad = (32 - train.dims.height) / 2;
    t.normalise = collab::statistics(train);
    if (augment) {
        t.crop_padding = 4;
        t.flip = train.dims.channels == 3;   // digits and shoes have a left and a right
    }
    return t;
}

class Watcher {
public:
    Watcher(collab::Progress& progress, std::string label, std::vector<std::string> names) : progress_(progress), label_(std::move(label)), names_(std::move(names)) {}

    bool operator()(const collab::FitEvent& e) {
        networks_.clear();
        for (std::size_t i = 0; i < names_.size(); ++i) networks_.push_back({names_[i], e.record->networks[i].classification, e.record->networks[i].accuracy});
        progress_.update({.label = label_, .epoch = e.epoch, .epochs = e.epochs, .step = e.step, .steps = e.steps, .networks = networks_, .images_per_second = e.images_per_second});
        return !interrupted;
    }
    void finish(const collab::History& h) const {
        std::string line = label_ + ":";
        if (h.records.empty()) line += " ended before the first evaluation";
        else
            for (std::size_t i = 0; i < names_.size(); ++i)
                line += (i ? ", " : " ") + names_[i] + " " + collab::decimal(100 * h.records.back().networks[i].test_accuracy, 2) + " % on the test images";
        line += " (" + collab::duration(h.records.empty() ? h.seconds : h.records.back().seconds) + ", " + collab::grouped(h.images_per_second) + " images/s)";
        progress_.finish(line);
    }

private:
    collab::Progress& progress_;
    std::string label_;
    std::vector<std::string> names_;
    std::vector<collab::Progress::Network> networks_;
};

void write_report(const Options& o, const collab::DataSet& data, const std::vector<program::SeedRun>& runs, const program::Findings& found, const std::string& backend, int warm_up,
                  double seconds, const std::string& command) {
    collab::Report report;
    report.title = "Two networks that learn from each other";
    report.subtitle = collab::sentence("SmallNet and ResNet-20 on ", data.train.name, ": each alone, and both around a mutual knowledge base. ", collab::grouped(data.train.size()), " training and ",
                                       collab::grouped(data.test.size()), " test images, ", o.epochs, o.epochs == 1 ? " epoch, " : " epochs, ", runs.size(), runs.size() == 1 ? " seed." : " seeds.");
    report.highlights = found.highlights;
    report.caveats.push_back("Together, each network carries its half of the knowledge base with it (about 150,000 parameters more); the comparison here does not separate that from the collaboration itself.");
    if (o.subset > 0) report.caveats.push_back(collab::sentence("Trained on a subset of ", collab::grouped(data.train.size()), " images for ", o.epochs, " epochs: these are not the accuracies of a full training."));
    if (runs.size() == 1) report.caveats.push_back("One seed: a difference of a few tenths of a point can be chance. Ask for more with --seeds.");
    if (interrupted) report.caveats.push_back("The run was interrupted; what had been reached by then is shown.");
    report.tables.push_back(found.headline);
    report.charts = program::curves(runs);
    report.paragraphs = found.sentences;
    std::string seeds;
    for (const auto& r : runs) seeds += (seeds.empty() ? "" : ", ") + std::to_string(r.seed);
    report.manifest = {{"command", command},
                       {"collab", COLLAB_VERSION},
                       {"backend", backend},
                       {"loss", collab::sentence("classification + ", collab::decimal(o.alpha, 3), " (metric + verification), peers detached, simultaneous updates")},
                       {"metric, merge", o.metric + ", " + o.merge},
                       {"optimiser", collab::sentence("SGD, momentum 0.9, weight decay 0.0001, learning rate ", collab::decimal(o.rate, 4), " after a warm-up of ", warm_up, " steps, / 10 at 50 % and 75 %, batch ", o.batch)},
                       {"pictures", o.augment ? "padded to 32x32, normalised, random crops (and flips in colour)" : "padded to 32x32, normalised"},
                       {"seeds", seeds},
                       {"time", collab::duration(seconds)}};
    collab::write(report, o.report);
}

int run(const Options& o, const std::string& command) {
    const auto begin = std::chrono::steady_clock::now();
    const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
    if (!o.report.empty()) {   // better now than after an hour of training
        std::ofstream probe(o.report, std::ios::app);
        if (!probe) collab::fail("the report cannot be written to '", o.report, "'; expected a file in an existing folder that may be written");
    }
    collab::DataSet data = program::open(o.data);
    if (o.subset > 0) data.train = collab::subset(data.train, o.subset, o.first_seed);
    if (o.test_subset > 0) data.test = collab::subset(data.test, o.test_subset, o.first_seed);
    if (data.train.dims.height != data.train.dims.width || data.train.dims.height > 32) collab::fail(o.data, ": the networks of this program look at square images of at most 32x32");

    program::Job job;
    job.merge = o.merge == "sum" ? program::MergeKind::sum : program::MergeKind::product;
    job.metric = metric_of(o.metric);
    job.alpha = o.alpha, job.rate = o.rate, job.epochs = o.epochs, job.batch = o.batch, job.threads = o.threads;
    job.transform = transform_of(data.train, o.augment);
    const int per_epoch = std::max(1, data.train.size() / o.batch);
    job.warm_up = std::min(o.warm_up, per_epoch * o.epochs / 4);
    if (o.evaluations > 0) job.evaluate_every = std::max(1, per_epoch * o.epochs / o.evaluations);
    if (!o.quiet)
        std::printf("%s: %d training and %d test images, %d classes. %d epochs, batch %d, %d seed%s. Learning rate %g, alpha %g, metric %s, merge %s.\n", data.train.name.c_str(),
                    data.train.size(), data.test.size(), data.train.classes, o.epochs, o.batch, o.seeds, o.seeds == 1 ? "" : "s", o.rate, o.alpha, o.metric.c_str(), o.merge.c_str()),
            std::fflush(stdout);

    collab::Progress progress(stderr, o.quiet ? collab::Progress::Style::quiet : collab::Progress::Style::automatic);
    std::vector<program::SeedRun> runs;
    std::string backend;
    for (int s = 0; s < o.seeds && !interrupted; ++s) {
        program::SeedRun result;
        result.seed = job.seed = o.first_seed + std::uint64_t(s);
        const std::string suffix = o.seeds > 1 ? collab::sentence(" (seed ", result.seed, ")") : "";
        const auto phase = [&](program::Who who, const std::string& label, std::vector<std::string> names, collab::History& to) {
            if (interrupted) return;
            Watcher watcher(progress, label + suffix, std::move(names));
            job.who = who;
            job.watch = [&](const collab::FitEvent& e) { return watcher(e); };
            program::Outcome outcome = program::train(data, job);
            watcher.finish(outcome.history);
            to = std::move(outcome.history), backend = outcome.backend;
        };
        const auto& names = program::network_names;
        if (!o.only_together) phase(program::Who::small, names[0] + " alone", {names[0]}, result.alone[0]);
        if (!o.only_together) phase(program::Who::residual, names[1] + " alone", {names[1]}, result.alone[1]);
        phase(program::Who::together, "together", names, result.together);
        runs.push_back(std::move(result));
    }
    const program::Findings found = program::find(runs);
    std::printf("\n%s\n", program::as_text(found.headline).c_str());
    for (const auto& s : found.sentences) std::printf("%s\n", s.c_str());
    if (o.subset > 0) std::printf("Trained on a subset of %d images for %d epochs: these are not the accuracies of a full training.\n", data.train.size(), o.epochs);
    if (interrupted) std::printf("Interrupted; the figures are those reached by then.\n");
    if (const auto charts = program::curves(runs); !o.picture.empty() && !charts.empty()) {
        const std::string stem = o.picture.ends_with(".svg") ? o.picture.substr(0, o.picture.size() - 4) : o.picture;
        collab::detail::replace_file(stem + ".svg", collab::svg(charts[0], collab::Theme::light), "the picture");
        collab::detail::replace_file(stem + "-dark.svg", collab::svg(charts[0], collab::Theme::dark), "the picture");
    }
    if (!o.report.empty()) {
        write_report(o, data, runs, found, backend, job.warm_up, seconds(), command);
        std::printf("\nThe curves: %s\n", o.report.c_str());
    }
    return interrupted ? 130 : 0;
}

}  // namespace

int main(int argc, char** argv) {
    Options o;
    CLI::App app{"Trains SmallNet and ResNet-20 on images, each alone and both in collaboration around a mutual knowledge base, and compares them."};
    app.set_version_flag("--version", COLLAB_VERSION);
    app.add_option("--data", o.data, program::data_words)->capture_default_str();
    app.add_option("--epochs", o.epochs, "passes over the training images")->capture_default_str()->check(CLI::Range(1, 100000));
    app.add_option("--seeds", o.seeds, "how many seeds: everything is repeated for each")->capture_default_str()->check(CLI::Range(1, 1000));
    app.add_option("--seed", o.first_seed, "the first seed")->capture_default_str();
    app.add_option("--subset", o.subset, "train on so many images, evenly from all classes (0: all)")->capture_default_str()->check(CLI::NonNegativeNumber);
    app.add_option("--test-subset", o.test_subset, "evaluate on so many test images (0: all)")->capture_default_str()->check(CLI::NonNegativeNumber);
    app.add_option("--threads", o.threads, "0: one per core")->capture_default_str()->check(CLI::Range(0, 4096));
    app.add_option("--batch", o.batch, "images per step")->capture_default_str()->check(CLI::Range(2, 65536));
    app.add_option("--rate", o.rate, "learning rate; divided by 10 at 50 % and 75 % of the epochs")->capture_default_str()->check(CLI::PositiveNumber);
    app.add_option("--warm-up", o.warm_up, "steps over which the learning rate rises to its value (at most a quarter of all)")->capture_default_str()->check(CLI::NonNegativeNumber);
    app.add_option("--alpha", o.alpha, "weight of the collaborative loss")->capture_default_str()->check(CLI::NonNegativeNumber);
    app.add_option("--metric", o.metric, "distance of embeddings: cosine, dot, l1, l2, l3 or squared")->capture_default_str()->check(CLI::IsMember({"cosine", "dot", "l1", "l2", "l3", "squared"}));
    app.add_option("--merge", o.merge, "how knowledge enters a network: product or sum")->capture_default_str()->check(CLI::IsMember({"product", "sum"}));
    app.add_option("--evaluations", o.evaluations, "points on the curves (0: one per epoch)")->capture_default_str()->check(CLI::NonNegativeNumber);
    app.add_flag("--only-together", o.only_together, "do not train the networks alone first");
    app.add_flag("--augment", o.augment, "random crops, and flips of colour pictures");
    app.add_option("--report", o.report, "write a page with the curves to this HTML file");
    app.add_option("--picture", o.picture, "draw the accuracies to NAME.svg and NAME-dark.svg");
    app.add_flag("--quiet", o.quiet, "no progress line");
    for (CLI::Option* option : app.get_options()) option->take_last();   // a script may set what the user then sets again
    program::InspectOptions inspected;
    const CLI::App* inspect = program::add_data_inspect(app, inspected);
    CLI11_PARSE(app, argc, argv);
    std::signal(SIGINT, on_interrupt);
    std::string command = "collab";
    for (int i = 1; i < argc; ++i) command += std::string(" ") + argv[i];
    try {
        if (inspect->parsed()) return program::data_inspect(inspected), 0;
        return run(o, command);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "collab: %s\n", e.what());
        return 1;
    }
}
