// SPDX-License-Identifier: Apache-2.0
// kernels: operations of the CPU backend, one by one, against the machine's multiply-add peak.
//
//   bench_kernel_kernels [--threads=N] [--registers-alone] [--summary=FILE.json]
//                        [options of Google Benchmark]
//
// --registers-alone: without the processor's matrix unit.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <collab/backend/cpu/cpu.hpp>
#include <collab/backend/reference/reference.hpp>

#include "../convolutions.hpp"
#include "../networks.hpp"
#include "../peak.hpp"

namespace {
using namespace collab;
using backend::Convolution;

std::shared_ptr<Cpu<float>> cpu;
// names of the convolution kernels that the networks' training steps consist of
std::set<std::string> of_networks;

/// Values between -1 and 1.
template <class B>
auto random_values(B& b, std::size_t n) {
    std::vector<float> host(n);
    std::uint32_t state = 1;
    for (float& v : host)
        v = float(std::int32_t(state = state * 1664525u + 1013904223u)) * 0x1p-31f;
    auto buffer = b.template allocate<float>(n);
    b.upload(host.data(), n, buffer.data());
    return buffer;
}

/// Runs f until Google Benchmark has enough. The peak is measured right before and after, on the
/// same threads, because the clock of a machine, and what its neighbors leave of it, change from
/// second to second.
template <class F>
void measure(benchmark::State& state, double flops, double bytes, F f) {
    f();
    const double before = benchmarks::fma_peak(*cpu);
    const double start = benchmarks::now();
    for ([[maybe_unused]] auto _ : state)
        f();
    const double each = (benchmarks::now() - start) / double(state.iterations());
    const double peak = (before + benchmarks::fma_peak(*cpu)) / 2;
    if (flops > 0) {
        state.counters["GFLOP/s"] = flops / each * 1e-9;
        state.counters["% of peak"] = 100 * flops / each * 1e-9 / peak;
    }
    if (bytes > 0)
        state.counters["GB/s"] = bytes / each * 1e-9;
}

void add(const std::string& name, std::function<void(benchmark::State&)> f) {
    static std::set<std::string> known;
    if (known.insert(name).second)
        benchmark::RegisterBenchmark(name.c_str(), f)->UseRealTime()->Unit(benchmark::kMicrosecond);
}

/// Forward, input gradient and weight gradient of one convolution.
template <class B>
void add_convolution(std::shared_ptr<B>& on, const Convolution& g, const char* backend, bool counts,
                     bool input_gradient = true) {
    const std::size_t in = std::size_t(g.batch) * g.in.size();
    const std::size_t out = std::size_t(g.batch) * g.out.size();
    const std::size_t weights = g.weights();
    const auto one = [&](const char* op, auto f) {
        const std::string name = sentence("conv ", op, "/", backend, "/", benchmarks::text(g));
        if (counts)
            of_networks.insert(name);
        add(name, [&on, g, in, out, weights, f](benchmark::State& state) {
            auto x = random_values(*on, in);
            auto y = random_values(*on, out);
            auto w = random_values(*on, weights);
            const View<float> vx{x.data(), g.in.channels};
            const View<float> vy{y.data(), g.out.channels};
            measure(state, benchmarks::direct_flops(g), 0, [&] { f(*on, g, vx, vy, w.data()); });
        });
    };
    one("forward", [](B& b, const Convolution& c, View<float> x, View<float> y, float* w) {
        b.conv2d(c, x, w, nullptr, y);
    });
    if (input_gradient)
        one("input gradient", [](B& b, const Convolution& c, View<float> x, View<float> y,
                                 float* w) { b.conv2d_input_gradient(c, y, w, nullptr, x); });
    one("weight gradient", [](B& b, const Convolution& c, View<float> x, View<float> y, float* w) {
        b.conv2d_weight_gradient(c, x, y, w);
    });
}

void add_linear(backend::Product g) {
    const auto one = [&](const char* op, auto f) {
        add(sentence("linear ", op, "/Cpu/", g.in, "-", g.out, " b", g.batch),
            [g, f](benchmark::State& state) {
                auto x = random_values(*cpu, std::size_t(g.batch) * g.in);
                auto y = random_values(*cpu, std::size_t(g.batch) * g.out);
                auto w = random_values(*cpu, std::size_t(g.in) * g.out);
                const View<float> vx{x.data(), g.in};
                const View<float> vy{y.data(), g.out};
                measure(state, 2.0 * g.batch * g.in * g.out, 0,
                        [&] { f(*cpu, g, vx, vy, w.data()); });
            });
    };
    one("forward", [](Cpu<float>& b, const backend::Product& p, View<float> x, View<float> y,
                      float* w) { b.linear(p, x, w, nullptr, y); });
    one("input gradient", [](Cpu<float>& b, const backend::Product& p, View<float> x, View<float> y,
                             float* w) { b.linear_input_gradient(p, y, w, x); });
    one("weight gradient", [](Cpu<float>& b, const backend::Product& p, View<float> x,
                              View<float> y, float* w) { b.linear_weight_gradient(p, x, y, w); });
}

/// Operations that are bound by memory: bytes read and written at least once.
void add_batch_norm(Dims d, int batch) {
    const backend::Map map{batch, d};
    const std::size_t n = std::size_t(map.size());
    const std::size_t c = std::size_t(d.channels);
    const std::string where =
        sentence("/Cpu/", d.channels, " ", d.height, "x", d.width, " b", batch);
    add("batch norm + relu forward" + where, [=](benchmark::State& state) {
        auto x = random_values(*cpu, n);
        auto y = random_values(*cpu, n);
        auto s = random_values(*cpu, 8 * c);
        float* p = s.data();
        measure(state, 0, 2.0 * double(n) * sizeof(float), [&] {
            cpu->batch_norm(map, ReluFunction{}, View<const float>{x.data(), d.channels},
                            {p, p + c}, {{}, p + 2 * c, p + 3 * c, p + 4 * c},
                            View<float>{y.data(), d.channels});
        });
    });
    add("batch norm + relu backward" + where, [=](benchmark::State& state) {
        auto x = random_values(*cpu, n);
        auto y = random_values(*cpu, n);
        auto dy = random_values(*cpu, n);
        auto s = random_values(*cpu, 8 * c);
        float* p = s.data();
        const auto view = [&](auto& buffer) { return View<float>{buffer.data(), d.channels}; };
        measure(state, 0, 4.0 * double(n) * sizeof(float), [&] {
            cpu->batch_norm_backward(map, ReluFunction{},
                                     {view(x), view(y), view(dy), p + 4 * c, p + 2 * c, p + 3 * c},
                                     p, view(dy));
        });
    });
}

void add_pool(Dims d, int batch) {
    const backend::Pooling g{batch, d, {d.channels, d.height / 2, d.width / 2}, {2, 2}, {2, 2}};
    const std::size_t in = std::size_t(batch) * d.size();
    const std::size_t out = in / 4;
    const auto one = [&](const char* op, double bytes, auto f) {
        add(sentence(op, "/Cpu/2x2 ", d.channels, " ", d.height, "x", d.width, " b", batch),
            [=](benchmark::State& state) {
                auto x = random_values(*cpu, in);
                auto y = random_values(*cpu, out);
                auto dy = random_values(*cpu, out);
                auto dx = random_values(*cpu, in);
                cpu->max_pool(g, View<const float>{x.data(), d.channels},
                              View<float>{y.data(), d.channels});
                const auto view = [&](auto& buffer) {
                    return View<float>{buffer.data(), d.channels};
                };
                measure(state, 0, bytes * sizeof(float),
                        [&] { f(view(x), view(y), view(dy), view(dx)); });
            });
    };
    one("max pool forward", double(in + out),
        [g](auto x, auto y, auto, auto) { cpu->max_pool(g, x, y); });
    one("max pool backward", double(2 * in + 2 * out),
        [g](auto x, auto y, auto dy, auto dx) { cpu->max_pool_backward(g, x, y, dy, dx); });
    one("average pool forward", double(in + out),
        [g](auto x, auto y, auto, auto) { cpu->average_pool(g, x, y); });
    one("average pool backward", double(in + out),
        [g](auto, auto, auto dy, auto dx) { cpu->average_pool_backward(g, dy, dx); });
}

Convolution square(int in, int out, int extent, int kernel, int stride = 1, int batch = 128) {
    const int result = (extent + 2 * (kernel / 2) - kernel) / stride + 1;
    return {batch,
            {in, extent, extent},
            {out, result, result},
            {kernel, kernel},
            {stride, stride},
            {kernel / 2, kernel / 2},
            1};
}

void add_all() {
    static auto reference = std::make_shared<Reference<float>>();
    const Convolution tiny = square(8, 8, 8, 3, 1, 2);  // naive first: what all of this is worth
    add_convolution(reference, tiny, "Reference", false);
    add_convolution(cpu, tiny, "Cpu", false);
    benchmarks::each_network([](auto entry) {
        using Network = typename decltype(entry)::Network;
        benchmarks::each_operation<Network, input_of<Network>>(
            // no step asks for an image's gradient
            128,
            [](const Convolution& g, bool) {
                add_convolution(cpu, g, "Cpu", true, g.in != input_of<Network>::dims);
            },
            [](backend::Product g) { add_linear(g); });
    });
    for (const int c : {1, 3, 10, 12, 96, 160})
        add_convolution(cpu, square(c, c, 16, 3), "Cpu", false);
    for (const int k : {1, 5, 7})
        add_convolution(cpu, square(32, 32, 16, k), "Cpu", false);
    // its input gradient is the transposed convolution's forward pass
    add_convolution(cpu, square(64, 64, 16, 3, 2), "Cpu", false);
    add_convolution(cpu, square(32, 32, 32, 1, 2), "Cpu", false);
    for (const Dims d : {Dims{16, 32, 32}, Dims{32, 16, 16}, Dims{64, 8, 8}, Dims{512, 4, 4}})
        add_batch_norm(d, 128);
    for (const Dims d : {Dims{32, 32, 32}, Dims{128, 8, 8}})
        add_pool(d, 128);
}

double median(std::vector<double> v) {
    std::sort(v.begin(), v.end());
    return v[v.size() / 2];
}

/// Prints as usual and keeps the shares of the peak.
class Summary : public benchmark::ConsoleReporter {
public:
    void ReportRuns(const std::vector<Run>& runs) override {
        ConsoleReporter::ReportRuns(runs);
        for (const Run& run : runs)
            if (run.run_type == Run::RT_Iteration &&
                of_networks.contains(run.run_name.function_name))
                shares_[run.run_name.function_name].push_back(run.counters.at("% of peak"));
    }
    void print(const char* file, double peak) const {
        std::vector<std::pair<double, std::string>> all;
        std::vector<double> values, dense;
        for (const auto& [name, shares] : shares_) {
            all.emplace_back(median(shares), name);
            values.push_back(all.back().first);
            if (name.find(" dw ") == std::string::npos)
                dense.push_back(all.back().first);
        }
        if (all.empty())
            return;
        std::sort(all.begin(), all.end());
        std::printf("\nfma peak of %d threads: %.0f GFLOP/s\n", cpu->threads(), peak);
        std::printf("%zu convolution kernels of the networks: median %.0f %% of the peak, worst "
                    "%.0f %%; without the depthwise ones: median %.0f %%, worst %.0f %%\n",
                    all.size(), median(values), values.empty() ? 0 : all[0].first, median(dense),
                    *std::min_element(dense.begin(), dense.end()));
        std::printf("the worst five:\n");
        for (std::size_t i = 0; i < std::min<std::size_t>(5, all.size()); ++i)
            std::printf("  %5.1f %%  %s\n", all[i].first, all[i].second.c_str());
        if (!file)
            return;
        std::ofstream out(file);
        out << "{\"threads\": " << cpu->threads()
            << ", \"lanes\": " << backend::detail::lanes<float> << ", \"peak_gflops\": " << peak
            << ", \"median\": " << median(values) << ", \"worst\": " << all[0].first
            << ", \"median_dense\": " << median(dense)
            << ", \"worst_dense\": " << *std::min_element(dense.begin(), dense.end())
            << ", \"kernels\": [";
        for (std::size_t i = 0; i < all.size(); ++i)
            out << (i ? "," : "") << "\n {\"name\": \"" << all[i].second
                << "\", \"share\": " << all[i].first << "}";
        out << "\n]}\n";
    }

private:
    std::map<std::string, std::vector<double>> shares_;
};
}  // namespace

int main(int count, char** words) {
    const char* file = nullptr;
    int threads = 0;
    int kept = 1;
    bool matrix_unit = true;
    for (int i = 1; i < count; ++i) {
        if (!std::strncmp(words[i], "--threads=", 10))
            threads = std::atoi(words[i] + 10);
        else if (!std::strcmp(words[i], "--registers-alone"))
            matrix_unit = false;
        else if (!std::strncmp(words[i], "--summary=", 10))
            file = words[i] + 10;
        else
            words[kept++] = words[i];
    }
    count = kept;
    benchmark::Initialize(&count, words);
    if (benchmark::ReportUnrecognizedArguments(count, words))
        return 1;
    cpu = std::make_shared<Cpu<float>>(threads, CpuOptions{.matrix_unit = matrix_unit});
    std::vector<double> peaks(9);
    for (double& p : peaks)
        p = benchmarks::fma_peak(*cpu);
    const double highest = *std::max_element(peaks.begin(), peaks.end());
    benchmark::AddCustomContext("backend", cpu->describe());
    benchmark::AddCustomContext("fma_peak_gflops", std::to_string(highest));
    add_all();
    Summary summary;
    benchmark::RunSpecifiedBenchmarks(&summary);
    summary.print(file, highest);
    benchmark::Shutdown();
}
