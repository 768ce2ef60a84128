// SPDX-License-Identifier: Apache-2.0
// bench: see bench.hpp.
#include "bench.hpp"

#include <chrono>
#include <cstdio>
#include <set>

#include <collab/io/format.hpp>

#include "console.hpp"
#include "deployed.hpp"
#include "summary.hpp"

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
    std::string known;
    std::set<std::string> names;
    for (const PairEntry& p : pairs) {
        known += (known.empty() ? "" : ", ") + std::string(p.name);
        names.insert(p.name);
    }
    bench->add_option("--pair", o.pair, "two networks: " + known)->capture_default_str();
    bench->add_option("--channels", o.channels, "1: gray pictures; 3: colored ones")
        ->capture_default_str()
        ->check(CLI::IsMember({1, 3}));
    bench->add_option("--batch", o.batch, "images at once")
        ->capture_default_str()
        ->check(CLI::Range(2, 65536));
    bench->add_option("--threads", o.threads, "0: one per core")
        ->capture_default_str()
        ->check(CLI::Range(0, 4096));
    bench->add_option("--seconds", o.seconds, "for each line, about")
        ->capture_default_str()
        ->check(CLI::Range(0.01, 3600.0));
    bench->footer("Example: the smallest pair on one core\n  collab bench --pair smallnet1+resnet8 "
                  "--channels 1 --threads 1");
    return bench;
}

namespace {

/// How fast the networks of the pair answer.
collab::Table asked_table(const BenchOptions& o, const PairEntry& pair, std::string& backend) {
    collab::Table asked;
    asked.caption = "Asked";
    asked.columns = {{"asked"},
                     {"images at once", true},
                     {"images/s", true, true},
                     {"ms for them", true},
                     {"multiply-adds each", true},
                     {"10^9 of them/s", true}};
    for (const std::string& name : pair.networks) {
        const auto network = network_of({name, "none", o.channels}, o.batch, o.threads);
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
    MethodId method;
    int network;
    std::string title;
};

/// How fast the pair trains, each network alone and both together.
collab::Table trained_table(const BenchOptions& o, const PairEntry& pair) {
    collab::Table trained;
    trained.columns = {
        {"trained"}, {"images/s", true, true}, {"ms for a step", true}, {"memory, MiB", true}};
    const collab::Dims dims{o.channels, 32, 32};
    const collab::Splits data{collab::synthetic_images(dims, 10, 4 * o.batch, 1),
                              collab::synthetic_images(dims, 10, 20, 2)};
    for (const Line& line : {Line{MethodId::individual, 0, pair.networks[0] + " alone"},
                             Line{MethodId::individual, 1, pair.networks[1] + " alone"},
                             Line{MethodId::mutual, 0, "both, mutual learning"},
                             Line{MethodId::cl, 0, "both, around a knowledge base"}}) {
        if (interrupted())
            break;
        Job job;
        job.method = line.method;
        job.network = line.network;
        job.batch = o.batch;
        job.threads = o.threads;
        job.learning_rate = 1e-4;
        job.epochs = 100000;
        StepTimer timer(o.seconds);
        job.watch = [&](const collab::FitEvent& e) { return timer(e); };
        job.evaluate_every = 1 << 30;
        const Outcome outcome = train(data, pair, job);
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
    const PairEntry& pair = pair_named(o.pair);
    if (!(o.channels == 1 ? pair.gray : pair.color))
        collab::fail("the pair ", pair.name, " is built for gray pictures only: --channels 1");
    std::string backend;
    const collab::Table asked = asked_table(o, pair, backend);
    std::printf("%s\n\n%s\n", backend.c_str(), as_text(asked).c_str());
    std::fflush(stdout);
    std::printf("%s", as_text(trained_table(o, pair)).c_str());
}

}  // namespace program
