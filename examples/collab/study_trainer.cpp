// SPDX-License-Identifier: Apache-2.0
// study_trainer: see study_trainer.hpp.
#include "study_trainer.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <thread>

#include <collab/backend/cpu/cpu.hpp>
#include <collab/core/crc32c.hpp>
#include <collab/data/sampler.hpp>
#include <collab/io/safetensors.hpp>

#include "console.hpp"
#include "open.hpp"
#include "training.hpp"

namespace program {

using collab::Cell, collab::sentence;

/// A data set, and a checksum of its pictures and labels.
struct StudyTrainer::Opened {
    collab::Splits data;
    std::string checksum;
};

namespace {
/// Methods of a study that are not on the menu of the program: a wider network, alone.
bool is_wide(const std::string& method) {
    return method == "il-wide" || method == "il-wide-cost";
}
/// The method behind a word of a grid: a wider network is one alone.
const MethodEntry& study_method(const std::string& method) {
    return method_named(is_wide(method) ? "il" : method);
}
/// The names of a pair's networks, which do not depend on the pictures.
std::vector<std::string> names_of(const std::string& pair) {
    TrainingOptions o;
    o.pair = pair;
    std::vector<std::string> names;
    for (const NetworkType& n : plan_of(o, Task{}).networks)
        names.push_back(n.name);
    return names;
}
/// Of different inputs the distance is of another kind.
bool reads_metric(const MethodEntry& m) {
    return m.has_metric() && m.items.find("DifferentInputs") == m.items.npos;
}

std::string checksum_of(const collab::Splits& data) {
    std::uint32_t sum = 0;
    for (const collab::Images* part : {&data.train, &data.test}) {
        const collab::Dims d = part->dims;
        const std::string shape =
            sentence(part->size(), " ", d.channels, " ", d.height, " ", d.width, " ");
        sum = collab::detail::crc32c(shape, sum);
        sum = collab::detail::crc32c(
            {reinterpret_cast<const char*>(part->pixels.data()), part->pixels.size()}, sum);
        for (const int label : part->labels) {
            const char byte[2] = {char(label & 255), char(label >> 8 & 255)};
            sum = collab::detail::crc32c({byte, 2}, sum);
        }
    }
    char text[9] = {};
    const auto end = std::to_chars(text, text + 8, sum, 16);
    return {text, end.ptr};
}

double six_digits(double v) {
    if (!std::isfinite(v) || v == 0)
        return 0;
    const double scale = std::pow(10.0, 5 - std::floor(std::log10(std::fabs(v))));
    return std::round(v * scale) / scale;
}

void fill_networks(const Outcome& outcome, const std::vector<std::string>& names,
                   const MethodEntry& method, collab::StudyLine& line) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        collab::NetworkResult n;
        n.name = names[i];
        n.learned = names.size() == 1 || method.learns(int(i));
        n.parameters = outcome.deployed_parameters[i];
        n.multiply_adds = outcome.multiply_adds[i];
        const collab::NetworkRecord& last = outcome.history.records.back().networks[i];
        n.validation_accuracy = last.test_score();
        n.validation_loss = last.test_loss;
        n.test_accuracy = outcome.held_out[i].score();
        n.test_loss = outcome.held_out[i].loss;
        for (const collab::Record& r : outcome.history.records)
            if (r.networks[i].test_score() > n.best_validation_accuracy) {
                n.best_validation_accuracy = r.networks[i].test_score();
                n.best_epoch = r.epoch;
            }
        line.training_multiply_adds += n.multiply_adds;
        line.networks.push_back(n);
    }
}
collab::StudyLine line_of(const Outcome& outcome, const std::vector<std::string>& names,
                          const MethodEntry& method) {
    collab::StudyLine line;
    line.minutes = six_digits(outcome.history.records.back().seconds / 60);
    line.training_parameters = long(outcome.parameters);
    fill_networks(outcome, names, method, line);
    for (const collab::Record& r : outcome.history.records) {
        collab::CurvePoint point{r.epoch, r.step, {}};
        for (std::size_t i = 0; i < names.size(); ++i) {
            const collab::NetworkRecord& n = r.networks[i];
            point.networks.emplace_back();
            if (!line.networks[i].learned)
                continue;
            for (const double v : {n.task, n.score(), n.metric, n.verification, n.coupling,
                                   n.test_loss, n.test_score()})
                point.networks.back().push_back(six_digits(v));
        }
        line.curve.push_back(std::move(point));
    }
    return line;
}

std::string weights_path(const std::string& folder, const std::string& key) {
    return folder + "/" + key + ".safetensors";
}
void save_teacher(const collab::NetworkWeights<float>& weights, const std::string& path) {
    collab::Tensors file;
    file.add("parameters", weights.parameters);
    file.add("state", weights.state);
    collab::write(file, path, "the weights");
}

}  // namespace

StudyTrainer::StudyTrainer(const std::vector<std::string>& folders, int threads, bool quiet)
    : progress_(stderr,
                quiet ? collab::LiveView::Style::quiet : collab::LiveView::Style::automatic),
      threads_(threads) {
    for (const std::string& word : folders)
        folders_[word.substr(0, word.find(':'))] = word;
}
StudyTrainer::~StudyTrainer() = default;

std::vector<Cell> StudyTrainer::trainings(const Cell& row) const {
    const MethodEntry& method = study_method(row.method);
    const std::vector<std::string> names = names_of(row.pair);
    if (std::string(method.name) == "el")
        collab::fail("the method el trains no network; expected one that does");
    if (names.size() != 2)
        collab::fail("the pair \"", row.pair, "\" names ", names.size(),
                     " networks; expected two with + between them");
    if (row.validation < 1)
        collab::fail("a cell has ", row.validation,
                     " validation images; expected some, since settings are never chosen on test "
                     "images");
    const std::vector<std::string> metrics{"cosine", "dot", "l1", "l2", "l3", "squared"};
    if (std::find(metrics.begin(), metrics.end(), row.metric) == metrics.end())
        collab::fail("there is no metric '", row.metric,
                     "'; there are cosine, dot, l1, l2, l3 and squared");
    Cell cell = row;
    cell.network = -1;
    if (!method.reads_alpha())
        cell.alpha = Cell{}.alpha;
    if (!reads_metric(method))
        cell.metric = Cell{}.metric;
    if (!method.apart)
        return {cell};
    std::vector<Cell> both(2, cell);
    both[0].network = 0;
    both[1].network = 1;
    return both;
}

std::vector<Cell> StudyTrainer::before(const Cell& cell) const {
    if (is_wide(cell.method) || !method_named(cell.method).needs_alone)
        return {};
    const int teacher = method_named(cell.method).teacher;
    std::vector<Cell> all;
    for (int i = 0; i < 2; ++i) {
        if (teacher >= 0 && teacher != i)
            continue;
        Cell alone = cell;
        alone.method = "il";
        all.push_back(trainings(alone)[std::size_t(i)]);
    }
    return all;
}

const StudyTrainer::Opened& StudyTrainer::opened(const std::string& data) {
    std::unique_ptr<Opened>& o = opened_[data];
    if (!o) {
        const auto folder = folders_.find(data);
        collab::Splits splits = open(folder == folders_.end() ? data : folder->second);
        std::string checksum = checksum_of(splits);
        o = std::make_unique<Opened>(Opened{std::move(splits), std::move(checksum)});
    }
    return *o;
}
std::string StudyTrainer::data_checksum(const Cell& cell) {
    return opened(cell.data).checksum;
}
std::string StudyTrainer::instructions() const {
    std::string s = collab::Cpu<float>(1).describe();
    if (const std::size_t at = s.find(" 1 thread,"); at != s.npos)
        s.erase(at, 10);  // results do not depend on their number
#if defined(__clang__)
    return sentence(s, ", clang ", __clang_major__);
#elif defined(__GNUC__)
    return sentence(s, ", g++ ", __GNUC__);
#else
    return s;
#endif
}
std::string StudyTrainer::machine() const {
    std::ifstream info("/proc/cpuinfo");
    std::string name = "unnamed processor";
    for (std::string line; std::getline(info, line);)
        if (line.starts_with("model name") && line.find(": ") != line.npos) {
            name = line.substr(line.find(": ") + 2);
            break;
        }
    return sentence(name, ", ", std::thread::hardware_concurrency(), " cores, ",
                    threads_ == 0 ? "all" : std::to_string(threads_), " used");
}

/// Training images, and as the test part the validation images: the test images are not in it.
collab::Splits StudyTrainer::splits_of(const Cell& cell) {
    const collab::Splits& all = opened(cell.data).data;
    const int most = all.train.size();
    if (cell.validation >= most || cell.train + cell.validation > most)
        collab::fail(cell.data, " has ", most, " training images; expected at least ",
                     cell.train + cell.validation, ", for training and validation");
    const collab::Images mine =
        cell.train > 0 ? collab::subset(all.train, cell.train + cell.validation, cell.seed)
                       : all.train;
    auto [train, validation] = collab::split(mine, cell.validation, cell.seed);
    return {std::move(train), std::move(validation)};
}
TrainingOptions StudyTrainer::options_for(const Cell& cell) const {
    TrainingOptions o;
    o.pair = cell.pair;
    o.metric = cell.metric;
    o.alpha = cell.alpha;
    o.learning_rate = cell.learning_rate;
    o.label_smoothing = cell.label_smoothing;
    o.epochs = cell.epochs;
    o.batch = cell.batch;
    o.threads = threads_;
    o.augment = cell.augment;
    return o;
}
Job StudyTrainer::job_for(const Cell& cell, const collab::Splits& splits,
                          const collab::TrainingPlace& place) const {
    const TrainingOptions o = options_for(cell);
    Job job = job_of(o, splits, task_of(o, splits));
    // The protocol of a study says how many steps, whatever the length of an epoch.
    const long per_epoch = std::max(1, splits.train.size() / cell.batch);
    job.warmup_steps = std::min<long>(cell.warm_up, per_epoch * cell.epochs / 4);
    job.seed = cell.seed;
    job.checkpoints = {.folder = place.folder, .every = 0, .best = false, .resume = true};
    return job;
}
Outcome StudyTrainer::run(const collab::Splits& splits, const Cell& cell, const Job& job) const {
    const TrainingOptions o = options_for(cell);
    const Plan plan = plan_of(o, task_of(o, splits));
    const MethodEntry& method = study_method(cell.method);
    const int network = std::max(0, cell.network);
    const Experiment e = experiment_of(plan, method, network);
    const ModuleSource source =
        is_wide(cell.method)
            ? wide_source_of(e, cell.method == "il-wide" ? "parameters" : "multiply_adds")
            : source_of(e);
    return module_of(source, true)->train(splits, program::job_for(job, plan, method, network));
}
bool StudyTrainer::load_teachers(const Cell& cell, const collab::TrainingPlace& place,
                                 Snapshots& snapshots) {
    for (const Cell& teacher : before(cell)) {
        const std::string path =
            weights_path(place.weights, cell_key(teacher, data_checksum(teacher)));
        if (!std::filesystem::exists(path)) {  // its line came from another machine
            collab::TrainingPlace apart = place;
            apart.folder += "-teacher";
            apart.needed = true;
            if (!train(teacher, apart))
                return false;
            std::filesystem::remove_all(apart.folder);
        }
        const collab::Tensors file = collab::read_tensors(path);
        snapshots[std::size_t(teacher.network)] = {file.values<float>("parameters"),
                                                   file.values<float>("state")};
    }
    return true;
}

std::optional<collab::StudyLine> StudyTrainer::train(const Cell& cell,
                                                     const collab::TrainingPlace& place) {
    const collab::Splits splits = splits_of(cell);
    collab::Images test = opened(cell.data).data.test;
    if (cell.test > 0)
        test = collab::subset(test, cell.test, 1);
    Snapshots snapshots(2);
    if (!load_teachers(cell, place, snapshots))
        return {};
    std::vector<std::string> names = names_of(cell.pair);
    if (cell.network >= 0)
        names = {names[std::size_t(cell.network)]};
    Job job = job_for(cell, splits, place);
    job.snapshots = &snapshots;
    job.held_out = &test;
    Watcher watcher(progress_, place.label, names);
    job.watch = [&](const collab::FitEvent& e) { return watcher(e); };
    const Outcome outcome = run(splits, cell, job);
    if (outcome.history.stopped)
        return {};
    if (place.needed)
        save_teacher(outcome.weights,
                     weights_path(place.weights, cell_key(cell, data_checksum(cell))));
    const auto reached = [&](std::size_t i) {
        return sentence(i > 0 ? ", " : "", names[i], " ",
                        collab::decimal(100 * outcome.held_out[i].score(), 2));
    };
    progress_.finish(sentence(place.label, ": ", reached(0), names.size() > 1 ? reached(1) : "",
                              " % on the test images"));
    return line_of(outcome, names, study_method(cell.method));
}

}  // namespace program
