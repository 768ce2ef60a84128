// SPDX-License-Identifier: Apache-2.0
// steps: training steps of networks alone and together, on one thread and on all.
//
//   bench_step_steps [--threads=N] [--rounds=N] [--seconds=S] [--batch=N] [--out=FILE.json]
//
// What is compared takes turns, as in peers/compare.py; a ratio is the median over the turns of the
// quotient within a turn.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <collab/collab.hpp>

#include "../convolutions.hpp"
#include "../networks.hpp"
#include "../peak.hpp"
#include "../peers/worker.hpp"

namespace {
using namespace collab;
using Device = Cpu<float>;

struct Options {
    int threads = 0;
    int rounds = 11;
    int batch = 128;
    double seconds = 0.5;
    const char* out = nullptr;
} options;

double median(std::vector<double> v) {
    std::sort(v.begin(), v.end());
    return v.empty() ? 0 : v[v.size() / 2];
}

/// Something that takes turns: the median seconds of one repetition, turn by turn.
struct Runner {
    std::function<void()> once;
    std::vector<double> turns{};
    void turn() {
        std::vector<double> each;
        for (double spent = 0; spent < options.seconds || each.empty(); spent += each.back()) {
            const double start = benchmarks::now();
            once();
            each.push_back(benchmarks::now() - start);
        }
        turns.push_back(median(each));
    }
};

void take_turns(std::vector<Runner>& runners) {
    for (Runner& r : runners) {
        r.once();
        r.once();
    }
    for (int i = 0; i < options.rounds; ++i)
        for (Runner& r : runners)
            r.turn();
}

std::string json;
void record(const std::string& line) {
    json += json.empty() ? "[\n " : ",\n ";
    json += line;
}

const worker::Batch& data() {
    static const worker::Batch batch(options.batch);
    return batch;
}

template <class What>
std::function<void()> step_of(std::shared_ptr<Device> cpu) {
    auto training = std::make_shared<Training<What, Device>>(
        TrainingSettings<>{.batch = options.batch}, std::move(cpu));
    return [training] {
        training->step(data().images.data(), data().labels.data(), options.batch, 0.01);
    };
}

/// Multiply-adds in registers: how much faster they are on more threads is what the machine, its
/// clock and its neighbors allow anything.
std::function<void()> multiply_adds(std::shared_ptr<Device> cpu) {
    auto sums = std::make_shared<backend::AlignedMemory<float>>(cpu->allocate<float>(64 * 16));
    return [cpu, sums] {
        cpu->for_rows(64, [out = sums->data()](int row) {
            out[row * 16] = benchmarks::multiply_add<float>(50000);
        });
    };
}

/// One network: all threads against one.
template <class Network>
void alone(const char* name) {
    auto many = std::make_shared<Device>(options.threads);
    auto single = std::make_shared<Device>(1);
    std::vector<Runner> runners{{step_of<Network>(many)},
                                {step_of<Network>(single)},
                                {multiply_adds(many)},
                                {multiply_adds(single)}};
    take_turns(runners);
    std::vector<double> gain, machine;
    for (std::size_t i = 0; i < runners[0].turns.size(); ++i) {
        gain.push_back(runners[1].turns[i] / runners[0].turns[i]);
        machine.push_back(runners[3].turns[i] / runners[2].turns[i]);
    }
    const double all = median(runners[0].turns);
    const double one = median(runners[1].turns);
    std::printf("%-34s %8.1f ms %8.0f img/s %10.0f img/s on one thread %8.2f %8.2f\n", name,
                1e3 * all, options.batch / all, options.batch / one, median(gain), median(machine));
    std::fflush(stdout);
    record(sentence("{\"kind\": \"alone\", \"case\": \"", name, "\", \"seconds\": ", all,
                    ", \"one_thread_seconds\": ", one, ", \"speedup\": ", median(gain),
                    ", \"machine_speedup\": ", median(machine), "}"));
}

/// The products and convolutions of one layer list, forward and backward, as calls of the kernels.
template <class List, StaticShape In>
void collect(std::vector<std::function<void()>>& to, const std::shared_ptr<Device>& cpu) {
    const auto buffer = [cpu](std::size_t n) {
        return std::make_shared<backend::AlignedMemory<float>>(cpu->template allocate<float>(n));
    };
    benchmarks::each_operation<List, In>(
        options.batch,
        // a transposed convolution calls the same three; what is captured by name keeps the memory
        // behind the views
        [&](const backend::Convolution& g, bool) {
            auto x = buffer(std::size_t(g.batch) * g.in.size());
            auto y = buffer(std::size_t(g.batch) * g.out.size());
            auto w = buffer(g.weights());
            const View<float> vx{x->data(), g.in.channels};
            const View<float> vy{y->data(), g.out.channels};
            to.push_back([=, input = x, output = y] {
                cpu->conv2d(g, vx, w->data(), nullptr, vy);
                cpu->conv2d_input_gradient(g, vy, w->data(), nullptr, vx);
                cpu->conv2d_weight_gradient(g, vx, vy, w->data());
            });
        },
        [&](const backend::Product& g) {
            auto x = buffer(std::size_t(g.batch) * g.in);
            auto y = buffer(std::size_t(g.batch) * g.out);
            auto w = buffer(std::size_t(g.in) * g.out);
            const View<float> vx{x->data(), g.in};
            const View<float> vy{y->data(), g.out};
            to.push_back([=, input = x, output = y] {
                cpu->linear(g, vx, w->data(), nullptr, vy);
                cpu->linear_input_gradient(g, vy, w->data(), vx);
                cpu->linear_weight_gradient(g, vx, vy, w->data());
            });
        });
}

/// Networks together against the sum of their own steps and of the kernels inside the knowledge
/// base.
template <class... Networks>
void together(const char* name) {
    using C = Collaboration<Networks..., MKB<Encoder<64>, Transfer<64>, Decoder>, CosineDistance>;
    auto cpu = std::make_shared<Device>(options.threads);
    std::vector<std::function<void()>> kernels;
    static_for<C::size>([&](auto i) {
        using Branch = typename C::template branch<i, 0>;
        using Way = typename Branch::Way;
        collect<typename Way::Encode::layers, typename Way::Encode::Input>(kernels, cpu);
        collect<typename Way::Carry::layers, typename Way::Carry::Input>(kernels, cpu);
        collect<typename Way::Decode::layers, typename Way::Decode::Input>(kernels, cpu);
        collect<typename Branch::Verify::layers, typename Branch::Verify::Input>(kernels, cpu);
    });
    std::vector<Runner> runners{{step_of<C>(cpu)}, {[&] {
                                    for (auto& k : kernels)
                                        k();
                                }}};
    (runners.push_back({step_of<Networks>(cpu)}), ...);
    take_turns(runners);
    std::vector<double> ratios, sums;
    for (std::size_t i = 0; i < runners[0].turns.size(); ++i) {
        double parts = 0;
        for (std::size_t r = 1; r < runners.size(); ++r)
            parts += runners[r].turns[i];
        sums.push_back(parts);
        ratios.push_back(runners[0].turns[i] / parts);
    }
    const double step = median(runners[0].turns);
    const double inside = median(runners[1].turns);
    std::printf("%-34s %8.1f ms %8.0f img/s %8.1f ms apart, %5.1f of it the MKB %8.3f\n", name,
                1e3 * step, options.batch / step, 1e3 * median(sums), 1e3 * inside, median(ratios));
    std::fflush(stdout);
    record(sentence("{\"kind\": \"together\", \"case\": \"", name, "\", \"seconds\": ", step,
                    ", \"parts_seconds\": ", median(sums), ", \"mkb_seconds\": ", inside,
                    ", \"ratio\": ", median(ratios), "}"));
}
}  // namespace

int main(int count, char** words) {
    for (int i = 1; i < count; ++i) {
        const std::string word = words[i];
        const char* value = words[i] + std::min(word.size(), word.find('=') + 1);
        if (word.starts_with("--threads="))
            options.threads = std::atoi(value);
        else if (word.starts_with("--rounds="))
            options.rounds = std::atoi(value);
        else if (word.starts_with("--batch="))
            options.batch = std::atoi(value);
        else if (word.starts_with("--seconds="))
            options.seconds = std::atof(value);
        else if (word.starts_with("--out="))
            options.out = value;
        else {
            std::fprintf(stderr,
                         "usage: %s [--threads=N] [--rounds=N] [--seconds=S] [--batch=N] "
                         "[--out=FILE.json]\n",
                         words[0]);
            return 2;
        }
    }
    const Device cpu(options.threads);
    std::printf("%s, batch %d\n\none training step, how much faster it is than on one thread, and "
                "how much faster multiply-adds in registers are\n",
                cpu.describe().c_str(), options.batch);
    benchmarks::each_network(
        [](auto entry) { alone<typename decltype(entry)::Network>(entry.name); });
    std::printf("\none step together, and its share of the same done apart\n");
    together<zoo::ResNet<20>, zoo::ResNet<32>>("ResNet-20 and ResNet-32");
    together<benchmarks::SmallNet4, zoo::ResNet<32>>("SmallNet-4 and ResNet-32");
    together<benchmarks::SmallNet4, zoo::MobileNet<>>("SmallNet-4 and MobileNet");
    if (options.out)
        std::ofstream(options.out) << json << "\n]\n";
}
