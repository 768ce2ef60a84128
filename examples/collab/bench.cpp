// SPDX-License-Identifier: Apache-2.0
// bench: see bench.hpp.
#include "bench.hpp"

#include <chrono>
#include <cstdio>

#include <collab/io/format.hpp>

#include "console.hpp"
#include "numbers.hpp"
#include "options.hpp"
#include "summary.hpp"
#include "training.hpp"

namespace program {

namespace {
using collab::decimal, collab::grouped, collab::sentence;
double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

/// Seconds for one run of `what`: the mean over about `seconds`, after one run that does not count.
template <class F>
double time_of(double seconds, F&& what) {
    what();
    const double begin = now();
    int runs = 0;
    do {
        what();
        ++runs;
    } while (now() - begin < seconds && !interrupted());
    return (now() - begin) / runs;
}
}  // namespace

CLI::App* add_bench(CLI::App& app, BenchOptions& o) {
    CLI::App* bench = app.add_subcommand(
        "bench", "Measures how fast a pair of networks is trained and asked on this machine.");
    bench->add_option("--networks", o.networks, "as of collab train")
        ->default_str("SmallNet ResNet-20");
    add_whole(*bench, "--channels", o.channels, 1, 4096, "of the pictures: 1 gray, 3 colored");
    add_whole(*bench, "--size", o.size, 1, 4096, "side of the pictures");
    add_whole(*bench, "--classes", o.classes, 2, 1000000, "that the networks tell apart");
    add_whole(*bench, "--batch", o.batch, 2, 65536, "images at once");
    add_whole(*bench, "--threads", o.threads, 0, 4096, "0: one per core");
    add_real(*bench, "--seconds", o.seconds, 0.01, 3600, "for each line, about");
    bench->footer("Example: the smallest pair on one core\n  collab bench --networks SmallNet-1 "
                  "ResNet-8 --channels 1 --threads 1");
    return bench;
}

namespace {

/// How fast the networks of the pair answer.
collab::Table asked_table(const BenchOptions& o, const Plan& plan, std::string& backend) {
    collab::Table asked;
    asked.caption = "Asked";
    asked.columns = {{"asked"},
                     {"images at once", true},
                     {"images/s", true, true},
                     {"ms for them", true},
                     {"multiply-adds each", true},
                     {"10^9 of them/s", true}};
    std::vector<ModuleSource> sources;
    for (const NetworkType& n : plan.networks)
        sources.push_back(source_of(DeployedType{plan.task, n, "", {}}, Purpose::ask));
    const std::vector<const Module*> modules = modules_of(sources, false);
    for (std::size_t k = 0; k < modules.size(); ++k) {
        const std::string& name = plan.networks[k].name;
        const auto network = modules[k]->network(o.batch, o.threads);
        backend = network->backend();
        for (const int n : {1, o.batch}) {
            const std::vector<float> images(std::size_t(n) * std::size_t(network->input().size()),
                                            0.5f);
            const double t = time_of(o.seconds, [&] { network->run(images, n); });
            const double work = double(network->multiply_adds());
            asked.rows.push_back({name, std::to_string(n), grouped(n / t), decimal(1000 * t, 2),
                                  grouped(work), decimal(work * n / t / 1e9, 1)});
            if (interrupted())
                break;
        }
    }
    return asked;
}

/// Watches a training until `seconds` of its steps have been seen, without the first two, which
/// find their memory.
class StepTimer {
public:
    explicit StepTimer(double seconds) : seconds_(seconds) {}
    /// Whether to go on.
    bool operator()(const collab::FitEvent& e) {
        if (e.evaluated)
            return true;
        last_ = now();
        steps_ = e.step;
        if (first_ == 0 && e.step >= 2) {
            begin_ = last_;
            first_ = e.step;
        }
        return !interrupted() && (first_ == 0 || steps_ < first_ + 2 || last_ - begin_ < seconds_);
    }
    bool seen() const { return steps_ > first_; }
    double seconds_a_step() const { return (last_ - begin_) / double(steps_ - first_); }

private:
    double seconds_;
    double begin_ = 0;
    double last_ = 0;
    long first_ = 0;
    long steps_ = 0;
};

struct Line {
    const char* method;
    int network;
    std::string title;
};

/// How fast the pair trains, each network alone and both together.
collab::Table trained_table(const BenchOptions& o, const Plan& plan) {
    collab::Table trained;
    trained.columns = {
        {"trained"}, {"images/s", true, true}, {"ms for a step", true}, {"memory, MiB", true}};
    const collab::Splits data{
        collab::synthetic_images(plan.task.image, o.classes, std::max(4 * o.batch, o.classes), 1),
        collab::synthetic_images(plan.task.image, o.classes, std::max(20, o.classes), 2)};
    std::vector<Line> lines;
    for (std::size_t i = 0; i < plan.networks.size(); ++i)
        lines.push_back({"il", int(i), plan.networks[i].name + " alone"});
    if (plan.networks.size() > 1) {
        lines.push_back({"dml", 0, "all, mutual learning"});
        lines.push_back({"cl", 0, "all, around a knowledge base"});
    }
    std::vector<ModuleSource> sources;
    for (const Line& line : lines)
        sources.push_back(source_of(experiment_of(plan, method_named(line.method), line.network)));
    modules_of(sources, false);
    for (const Line& line : lines) {
        if (interrupted())
            break;
        Job job;
        job.batch = o.batch;
        job.threads = o.threads;
        job.schedule = 1e-4;
        job.epochs = 100000;
        StepTimer timer(o.seconds);
        job.watch = [&](const collab::FitEvent& e) { return timer(e); };
        job.evaluate_every = 1 << 30;
        const Outcome outcome =
            train(data, plan, method_named(line.method), line.network, job, true);
        if (!timer.seen())
            break;
        const double t = timer.seconds_a_step();
        trained.rows.push_back({line.title, grouped(o.batch / t), decimal(1000 * t, 2),
                                decimal(double(outcome.memory_bytes) / 1048576, 1)});
    }
    return trained;
}

}  // namespace

void bench(const BenchOptions& o) {
    finish_at_interrupts();
    TrainingOptions options;
    options.networks = o.networks;
    const Plan plan = plan_of(options, {{o.channels, o.size, o.size}, o.classes});
    std::string backend;
    const collab::Table asked = asked_table(o, plan, backend);
    std::printf("%s\n\n%s\n", backend.c_str(), as_text(asked).c_str());
    std::fflush(stdout);
    std::printf("%s", as_text(trained_table(o, plan)).c_str());
}

}  // namespace program
