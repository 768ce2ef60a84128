// SPDX-License-Identifier: Apache-2.0
// passes: operations of the CPU backend that are bound by memory, each beside a copy that moves as
// many bytes.
//
//   bench_kernel_passes [--threads=N] [--rounds=N] [--only=TEXT] [--worst=N] [--out=FILE.json]
//
// A pass and its copy take turns of a few milliseconds; a share is the fastest turn of the copy /
// the fastest of the pass, because whatever else a machine does only adds. What a pass must read
// and write at least once counts as its bytes, so one that writes little may exceed 100 %. Maps are
// of three sizes: two larger than the second-level cache, and one that stays in it, where the
// instructions of a pass decide.
// --worst=N prints the worst N of the large ones and nothing else; --only keeps passes whose name
// contains TEXT.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <collab/backend/cpu/cpu.hpp>
#include <collab/layer/gelu.hpp>
#include <collab/layer/silu.hpp>
#include <collab/optim/adam.hpp>
#include <collab/optim/sgd.hpp>

#include "../peak.hpp"

namespace {
using namespace collab;
using backend::Map;
using benchmarks::now;

struct Options {
    int threads = 0;
    int rounds = 15;
    int worst = 0;
    std::string only;
    const char* out = nullptr;
} options;

std::shared_ptr<Cpu<float>> cpu;

/// A buffer of values between -1 and 1, and its view as pixels of so many channels.
struct Values {
    backend::AlignedMemory<float> memory;
    int channels;

    Values(long n, int pixel) : memory(cpu->allocate<float>(std::size_t(n))), channels(pixel) {
        std::uint32_t state = 1;
        for (long i = 0; i < n; ++i)
            memory.data()[i] =
                float(std::int32_t(state = state * 1664525u + 1013904223u)) * 0x1p-31f;
    }
    float* data() { return memory.data(); }
    View<float> view() { return {memory.data(), channels}; }
};

/// One pass as it was measured.
struct Result {
    std::string name, where;
    double bytes, seconds, share;
};
std::vector<Result> results;

/// Seconds of one call, over about two milliseconds.
double seconds_of(const std::function<void()>& f, long times) {
    const double start = now();
    for (long i = 0; i < times; ++i)
        f();
    return (now() - start) / double(times);
}
long times_for(const std::function<void()>& f) {
    f();
    const double once = std::max(seconds_of(f, 3), 1e-7);
    return std::max(1L, long(0.002 / once));
}

/// Measures f, which moves `numbers` floats, beside a copy that reads half as many and writes half
/// as many.
void measure(const std::string& name, const std::string& where, double numbers,
             const std::function<void()>& f) {
    if (name.find(options.only) == std::string::npos)
        return;
    const long half = std::max(16L, long(numbers / 2) / 16 * 16);
    Values from(half, 16), to(half, 16);
    const Map map{1, {16, 1, int(half / 16)}};
    const std::function<void()> copy = [&] { cpu->copy(map, from.view(), to.view()); };
    const long times = times_for(f);
    const long copies = times_for(copy);
    double fastest = seconds_of(f, times);
    double fastest_copy = seconds_of(copy, copies);
    for (int round = 1; round < options.rounds; ++round) {
        fastest = std::min(fastest, seconds_of(f, times));
        fastest_copy = std::min(fastest_copy, seconds_of(copy, copies));
    }
    results.push_back({name, where, numbers * sizeof(float), fastest, fastest_copy / fastest});
    const Result& r = results.back();
    if (options.worst == 0)
        std::printf("%-34s %-18s %9.1f us %7.1f GB/s %6.0f %%\n", r.name.c_str(), r.where.c_str(),
                    1e6 * r.seconds, r.bytes / r.seconds * 1e-9, 100 * r.share);
    std::fflush(stdout);
}

/// Maps of one size, as passes take them.
struct Maps {
    Map map;
    std::string where;
    double n;
    Values x, y, dy, dx, coefficients;

    Maps(int batch, Dims d)
        : map{batch, d},
          where(sentence(d.channels, " ", d.height, "x", d.width, " b", batch)),
          n(double(map.size())),
          x(map.size(), d.channels),
          y(map.size(), d.channels),
          dy(map.size(), d.channels),
          dx(map.size(), d.channels),
          coefficients(8L * d.channels, d.channels) {
        for (long c = 0; c < d.channels; ++c)  // inverse stddevs and variances are above zero
            for (const long row : {1, 3})
                coefficients.data()[row * d.channels + c] = 1;
    }
    /// Row k of the coefficients: a number for each channel.
    float* row(int k) { return coefficients.data() + long(k) * map.dims.channels; }
};

template <class F>
void measure_activation(Maps& m, const std::string& name, F f) {
    cpu->activate(m.map, f, m.x.view(), m.y.view());
    measure(name + " forward", m.where, 2 * m.n,
            [&] { cpu->activate(m.map, f, m.x.view(), m.dx.view()); });
    const View<float> from = SlopeFromInput<F> ? m.x.view() : m.y.view();
    measure(name + " slope", m.where, 3 * m.n,
            [&] { cpu->activate_backward(m.map, f, from, m.dy.view(), m.dx.view()); });
}

/// The passes of a fused network: what they form goes to memory, what they read came from a
/// convolution.
template <class F>
void measure_fused(Maps& m, const std::string& name, F f) {
    const backend::Normalized<float, Identity> input{m.x.view(), m.row(0), m.row(2), m.row(4)};
    for (long c = 0; c < 2L * m.map.dims.channels; ++c)
        m.row(4)[c] = 1;
    measure(name + " normalize", m.where, 2 * m.n,
            [&] { cpu->normalize(m.map, f, input, View<const float>{}, m.dx.view()); });
    measure(name + " normalize and add", m.where, 3 * m.n,
            [&] { cpu->normalize(m.map, f, input, m.y.view(), m.dx.view()); });
    measure(name + " gate and sums", m.where, 4 * m.n, [&] {
        cpu->normalized_sums(m.map, f,
                             {m.x.view(), m.y.view(), m.dy.view(), m.row(4), m.row(6), m.row(7)},
                             m.row(2), m.dx.view());
    });
}

void measure_normalization(Maps& m) {
    const backend::Normalization constants{};
    measure("batch norm + relu forward", m.where, 3 * m.n, [&] {
        cpu->batch_norm(m.map, ReluFunction{}, m.x.view(), {m.row(0), m.row(1)},
                        {constants, m.row(2), m.row(3), m.row(4)}, m.y.view());
    });
    measure("batch norm + relu backward", m.where, 7 * m.n, [&] {
        cpu->batch_norm_backward(
            m.map, ReluFunction{},
            {m.x.view(), m.y.view(), m.dy.view(), m.row(4), m.row(6), m.row(7)}, m.row(0),
            m.dx.view());
    });
    measure("batch norm + relu inference", m.where, 2 * m.n, [&] {
        cpu->batch_norm_inference(m.map, ReluFunction{}, m.x.view(), {m.row(0), m.row(1)},
                                  {m.row(2), m.row(3)}, m.y.view());
    });
    measure("batch statistics", m.where, m.n, [&] {
        cpu->batch_statistics(m.map, m.x.view(), {constants, m.row(2), m.row(3), m.row(4)});
    });
    measure("normalized gradient", m.where, 3 * m.n, [&] {
        cpu->normalized_gradient(
            m.map, {m.dy.view(), m.x.view(), m.row(0), m.row(4), m.row(6), m.map.pixels()},
            m.dx.view());
    });
}

void measure_sums(Maps& m) {
    measure("sum", m.where, m.n, [&] { cpu->sum(std::size_t(m.map.size()), m.x.data()); });
    measure("sum per channel", m.where, m.n,
            [&] { cpu->bias_gradient(m.map, m.x.view(), m.row(6)); });
    measure("add", m.where, 3 * m.n, [&] { cpu->add(m.map, m.x.view(), m.dx.view()); });
    measure("fill", m.where, m.n,
            [&] { cpu->fill<float>(std::size_t(m.map.size()), 0, m.dx.data()); });
}

void measure_pooling(Maps& m, int kernel, int stride) {
    const Dims d = m.map.dims;
    const Dims small{d.channels, d.height / stride, d.width / stride};
    const int pad = kernel > stride ? kernel / 2 : 0;
    const backend::Pooling g{m.map.batch, d, small, {kernel, kernel}, {stride, stride}, {pad, pad}};
    const double out = m.n / (stride * stride);
    const std::string window = sentence(kernel, "x", kernel, " s", stride);
    cpu->max_pool(g, m.x.view(), m.y.view());
    measure("max pool " + window + " forward", m.where, m.n + out,
            [&] { cpu->max_pool(g, m.x.view(), m.y.view()); });
    measure("max pool " + window + " backward", m.where, 2 * (m.n + out),
            [&] { cpu->max_pool_backward(g, m.x.view(), m.y.view(), m.dy.view(), m.dx.view()); });
    measure("average pool " + window + " forward", m.where, m.n + out,
            [&] { cpu->average_pool(g, m.x.view(), m.y.view()); });
    measure("average pool " + window + " backward", m.where, m.n + out,
            [&] { cpu->average_pool_backward(g, m.dy.view(), m.dx.view()); });
}

void measure_global_pooling(Maps& m) {
    const backend::Pooling g{m.map.batch, m.map.dims, {m.map.dims.channels, 1, 1}, {}, {}};
    measure("global average forward", m.where, m.n,
            [&] { cpu->adaptive_average_pool(g, m.x.view(), m.y.view()); });
    measure("global average backward", m.where, m.n,
            [&] { cpu->adaptive_average_pool_backward(g, m.dy.view(), m.dx.view()); });
}

void measure_channels(Maps& m) {
    const Dims d = m.map.dims;
    const Map half{m.map.batch, {d.channels / 2, d.height, d.width}};
    const View<float> narrow{m.y.data(), d.channels / 2};
    measure("maxout of two forward", m.where, 1.5 * m.n,
            [&] { cpu->maxout(half, 2, m.x.view(), narrow); });
    measure("maxout of two backward", m.where, 2.5 * m.n,
            [&] { cpu->maxout_backward(half, 2, m.x.view(), narrow, m.dx.view()); });
    measure("shuffle channels", m.where, 2 * m.n,
            [&] { cpu->shuffle_channels(m.map, 2, m.x.view(), m.dx.view()); });
    measure("pad channels", m.where, 1.5 * m.n,
            [&] { cpu->pad_channels(m.map, d.channels / 2, narrow, m.dx.view()); });
    const backend::Convolution g{
        m.map.batch, half.dims, {d.channels, d.height / 2, d.width / 2}, {1, 1}, {2, 2}};
    measure("padded shortcut", m.where, 0.375 * m.n,
            [&] { cpu->pad_shortcut(g, narrow, m.dx.view()); });
    measure("padded shortcut backward", m.where, 0.375 * m.n,
            [&] { cpu->pad_shortcut_backward(g, m.dx.view(), narrow); });
}

void measure_maps(Maps m) {
    measure_activation(m, "relu", ReluFunction{});
    measure_activation(m, "relu6", Relu6Function{});
    measure_activation(m, "elu", EluFunction{});
    measure_activation(m, "leaky relu", LeakyReluFunction{});
    measure_activation(m, "sigmoid", SigmoidFunction{});
    measure_activation(m, "gelu", GeluFunction{});
    measure_activation(m, "silu", SiluFunction{});
    measure_fused(m, "relu", ReluFunction{});
    measure_fused(m, "elu", EluFunction{});
    measure_normalization(m);
    measure_sums(m);
    measure_pooling(m, 2, 2);
    measure_pooling(m, 3, 2);
    measure_global_pooling(m);
    measure_channels(m);
    measure("dropout", m.where, 2 * m.n,
            [&] { cpu->dropout(m.map, 0.5, Random{1, 2}, m.x.view(), m.dx.view()); });
}

void measure_losses(int rows, int classes) {
    const long n = long(rows) * classes;
    Values logits(n, classes), gradient(n, classes), losses(2L * rows, 1);
    std::vector<int> labels(static_cast<std::size_t>(rows));
    for (int b = 0; b < rows; ++b)
        labels[std::size_t(b)] = b * 7 % classes;
    measure("softmax cross entropy", sentence(classes, " classes b", rows), 2 * double(n), [&] {
        cpu->softmax_cross_entropy({rows, classes, logits.view(), labels.data()}, 1.f / float(rows),
                                   gradient.view(), losses.data(), losses.data() + rows);
    });
}

/// A step of an optimizer reads the gradient, and reads and writes a weight and each of its slots.
template <class O>
void measure_optimizer(const char* name, const O& optimizer, long n) {
    Values weights(n, 1), gradients(n, 1), first(n, 1), second(n, 1), scalars(4, 1);
    cpu->fill<float>(std::size_t(n), 1, second.data());
    scalars.data()[0] = 0.1f;
    scalars.data()[1] = 0.001f;
    const WeightRange<float> range{
        weights.data(), gradients.data(), {first.data(), second.data()}, scalars.data(), 1e-3f};
    const auto step = optimizer.update(range);
    measure(name, sentence(n, " weights"), double(3 + 2 * O::slots) * double(n),
            [&] { cpu->for_each(std::size_t(n), step); });
}

void measure_all() {
    measure_maps(Maps(512, {16, 32, 32}));
    measure_maps(Maps(1024, {128, 8, 8}));
    measure_maps(Maps(2, {16, 32, 32}));
    measure_losses(128, 10);
    measure_losses(8192, 1000);
    for (const long n : {270000L, 12000000L}) {
        measure_optimizer("step of sgd", Sgd{}, n);
        measure_optimizer("step of adam", Adam{}, n);
        measure_optimizer("step of adamw", AdamW{}, n);
    }
}

/// What comes from memory, the worst first.
std::vector<Result> worst_first() {
    std::vector<Result> sorted;
    for (const Result& r : results)
        if (r.bytes >= 16e6)
            sorted.push_back(r);
    std::sort(sorted.begin(), sorted.end(),
              [](const Result& a, const Result& b) { return a.share < b.share; });
    return sorted;
}

void write(const std::vector<Result>& sorted) {
    std::ofstream out(options.out);
    out << "{\"threads\": " << cpu->threads()
        << ", \"lanes\": " << backend::detail::lanes<float> << ", \"passes\": [";
    for (std::size_t i = 0; i < sorted.size(); ++i)
        out << (i ? "," : "") << "\n {\"name\": \"" << sorted[i].name << "\", \"where\": \""
            << sorted[i].where << "\", \"share\": " << 100 * sorted[i].share
            << ", \"gigabytes_per_second\": " << sorted[i].bytes / sorted[i].seconds * 1e-9 << "}";
    out << "\n]}\n";
}

/// The value of `--name=value`, if that is the word.
const char* value_of(const char* name, const char* word) {
    const std::size_t n = std::strlen(name);
    return std::strncmp(word, name, n) == 0 ? word + n : nullptr;
}

bool read_option(const char* word) {
    const char* const threads = value_of("--threads=", word);
    const char* const rounds = value_of("--rounds=", word);
    const char* const worst = value_of("--worst=", word);
    const char* const only = value_of("--only=", word);
    const char* const out = value_of("--out=", word);
    if (threads)
        options.threads = std::atoi(threads);
    if (rounds)
        options.rounds = std::max(1, std::atoi(rounds));
    if (worst)
        options.worst = std::atoi(worst);
    if (only)
        options.only = only;
    if (out)
        options.out = out;
    return threads || rounds || worst || only || out;
}
}  // namespace

int main(int count, char** words) {
    for (int i = 1; i < count; ++i)
        if (!read_option(words[i])) {
            std::fprintf(stderr, "bench_kernel_passes: what is %s?\n", words[i]);
            return 1;
        }
    cpu = std::make_shared<Cpu<float>>(options.threads);
    measure_all();
    const std::vector<Result> sorted = worst_first();
    if (sorted.empty())
        return 0;
    const int shown = options.worst > 0 ? options.worst : 5;
    std::printf("\n%s; %zu passes over 16 MB or more: median %.0f %% of the copy rate, worst:\n",
                cpu->describe().c_str(), sorted.size(), 100 * sorted[sorted.size() / 2].share);
    for (std::size_t i = 0; i < std::min(sorted.size(), std::size_t(shown)); ++i)
        std::printf("  %5.0f %%  %s, %s\n", 100 * sorted[i].share, sorted[i].name.c_str(),
                    sorted[i].where.c_str());
    if (options.out)
        write(sorted);
}
