// SPDX-License-Identifier: Apache-2.0
// console: see console.hpp.
#include "console.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <fstream>

#include <collab/data/sampler.hpp>

#include "nearest.hpp"
#include "open.hpp"

namespace {
std::atomic<bool> interrupt = false;
static_assert(std::atomic<bool>::is_always_lock_free);  // a signal handler may touch it

extern "C" void on_interrupt(int) {
    interrupt = true;
    std::signal(SIGINT, SIG_DFL);  // a second Ctrl-C ends the program at once
}

program::ChosenMetric metric_of(const std::string& word) {
    using Kind = program::ChosenMetric::Kind;
    if (word == "cosine")
        return {Kind::cosine};
    if (word == "dot")
        return {Kind::negative_dot};
    if (word == "squared")
        return {Kind::squared};
    return {Kind::ln, std::stod(word.substr(1))};
}

collab::Transform transform_of(const collab::Images& train, bool augment) {
    collab::Transform t;
    t.pad = (32 - train.dims.height) / 2;
    t.normalize = collab::statistics(train);
    if (augment) {
        t.crop_padding = 4;
        t.flip = train.dims.channels == 3;  // digits and shoes have a left and a right
    }
    return t;
}
}  // namespace

namespace program {

void listen_to_interrupts() {
    std::signal(SIGINT, on_interrupt);
}
bool interrupted() {
    return interrupt;
}

void add_basics(CLI::App& app, Basics& o) {
    app.add_option("--data", o.data, data_words)->capture_default_str();
    app.add_option("--epochs", o.epochs, "passes over the training images")
        ->capture_default_str()
        ->check(CLI::Range(1, 100000));
    app.add_option("--seeds", o.seeds, "how many seeds: everything is repeated for each")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000));
    app.add_option("--seed", o.first_seed, "the first seed")->capture_default_str();
    app.add_option("--subset", o.subset,
                   "train on so many images, evenly from all classes (0: all)")
        ->capture_default_str()
        ->check(CLI::NonNegativeNumber);
    app.add_option("--test-subset", o.test_subset, "evaluate on so many test images (0: all)")
        ->capture_default_str()
        ->check(CLI::NonNegativeNumber);
    app.add_option("--threads", o.threads, "0: one per core")
        ->capture_default_str()
        ->check(CLI::Range(0, 4096));
    app.add_option("--batch", o.batch, "images per step")
        ->capture_default_str()
        ->check(CLI::Range(2, 65536));
    app.add_option("--rate", o.learning_rate,
                   "learning rate; divided by 10 at 50 % and 75 % of the epochs")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    app.add_option(
           "--warm-up", o.warmup_steps,
           "steps over which the learning rate rises to its value (at most a quarter of all)")
        ->capture_default_str()
        ->check(CLI::NonNegativeNumber);
    app.add_option("--alpha", o.alpha, "weight of the collaborative loss")
        ->capture_default_str()
        ->check(CLI::NonNegativeNumber);
    app.add_option("--metric", o.metric,
                   "distance of embeddings: cosine, dot, l1, l2, l3 or squared")
        ->capture_default_str()
        ->check(CLI::IsMember({"cosine", "dot", "l1", "l2", "l3", "squared"}));
    app.add_option("--evaluations", o.evaluations, "points on the curves (0: one per epoch)")
        ->capture_default_str()
        ->check(CLI::NonNegativeNumber);
    app.add_flag("--augment", o.augment, "random crops, and flips of color pictures");
    app.add_option("--report", o.report, "write a page with the curves to this HTML file");
    CLI::Option* const folder = app.add_option(
        "--checkpoint", o.checkpoints,
        "write checkpoints below this folder: --resume goes on from them, to the same bits");
    app.add_option("--checkpoint-every", o.checkpoint_every,
                   "steps between checkpoints (0: one per epoch)")
        ->capture_default_str()
        ->check(CLI::NonNegativeNumber)
        ->needs(folder);
    app.add_flag("--resume", o.resume, "go on from the checkpoints; begin where there are none")
        ->needs(folder);
    app.add_option(
        "--log", o.logs,
        "write records below this folder: log.jsonl, log.csv, and what TensorBoard reads");
    app.add_option("--save", o.weights,
                   "write the final weights of each training below this folder, as safetensors");
    app.add_flag("--quiet", o.quiet, "no progress line");
}
void take_last(CLI::App& app) {
    for (CLI::Option* option : app.get_options())
        option->take_last();
}

collab::Splits open_basics(const Basics& o) {
    if (!o.report.empty()) {  // better now than after an hour of training
        std::ofstream probe(o.report, std::ios::app);
        if (!probe)
            collab::fail("the report cannot be written to '", o.report,
                         "'; expected a file in an existing folder that may be written");
    }
    collab::Splits data = open(o.data);
    if (o.subset > 0)
        data.train = collab::subset(data.train, o.subset, o.first_seed);
    if (o.test_subset > 0)
        data.test = collab::subset(data.test, o.test_subset, o.first_seed);
    if (data.train.dims.height != data.train.dims.width || data.train.dims.height > 32)
        collab::fail(o.data,
                     ": the networks of this program look at square images of at most 32x32");
    return data;
}
Job job_of(const Basics& o, const collab::Splits& data) {
    Job job;
    job.metric = metric_of(o.metric);
    job.alpha = o.alpha;
    job.learning_rate = o.learning_rate;
    job.epochs = o.epochs;
    job.batch = o.batch;
    job.threads = o.threads;
    job.checkpoints = {.folder = o.checkpoints, .every = o.checkpoint_every, .resume = o.resume};
    job.logs = o.logs;
    job.weights = o.weights;
    job.transform = transform_of(data.train, o.augment);
    const int per_epoch = std::max(1, data.train.size() / o.batch);
    job.warmup_steps = std::min(o.warmup_steps, per_epoch * o.epochs / 4);
    if (o.evaluations > 0)
        job.evaluate_every = std::max(1, per_epoch * o.epochs / o.evaluations);
    return job;
}

collab::Facts manifest_of(const Basics& o, const Job& job) {
    std::string seeds;
    for (int s = 0; s < o.seeds; ++s)
        seeds += (seeds.empty() ? "" : ", ") + std::to_string(o.first_seed + std::uint64_t(s));
    return {{"optimizer",
             collab::sentence("SGD, momentum 0.9, weight decay 0.0001, learning rate ",
                              collab::decimal(o.learning_rate, 4), " after a warm-up of ",
                              job.warmup_steps, " steps, / 10 at 50 % and 75 %, batch ", o.batch)},
            {"pictures", o.augment
                             ? "padded to 32x32, normalized, random crops (and flips in color)"
                             : "padded to 32x32, normalized"},
            {"seeds", seeds}};
}

const MethodEntry& method_named(const std::string& name) {
    std::string known;
    for (const MethodEntry& m : methods) {
        if (name == m.name)
            return m;
        known += (known.empty() ? "" : ", ") + std::string(m.name);
    }
    std::vector<std::string> names;
    for (const MethodEntry& m : methods)
        names.emplace_back(m.name);
    collab::fail("no method is called '", name, "'", did_you_mean(name, names), " There are ",
                 known);
}
const PairEntry& pair_named(const std::string& name) {
    std::string known;
    for (const PairEntry& p : pairs) {
        if (name == p.name)
            return p;
        known += (known.empty() ? "" : ", ") + std::string(p.name);
    }
    std::vector<std::string> names;
    for (const PairEntry& p : pairs)
        names.emplace_back(p.name);
    collab::fail("no pair of networks is called '", name, "'", did_you_mean(name, names),
                 " There are ", known);
}

}  // namespace program
