// SPDX-License-Identifier: Apache-2.0
// ours: this library on a GPU as a measured process; the conversation is that of
// ../peers/worker.hpp. What is measured is ten training steps, the last of which is waited for;
// each copies its batch to the GPU.
//   bench_gpu train NETWORK 1 BATCH float32|tf32|bf16
#include "../peers/worker.hpp"

#include <collab/cuda.cuh>

#include "../networks.hpp"
#include "roofline.hpp"

namespace {
using namespace collab;

constexpr int steps = 10;

template <class Network, class Precision>
worker::Work train(const worker::Job& job) {
    auto backend = std::make_shared<Cuda<float, Precision>>();
    using Step = Training<Network, Cuda<float, Precision>>;
    typename Step::Settings settings;
    settings.batch = job.batch;
    settings.optimizer = {.momentum = 0.9, .weight_decay = 1e-4};
    auto training = std::make_shared<Step>(settings, backend);
    auto data = std::make_shared<worker::Batch>(job.batch);
    const auto ten = [=] {
        for (int i = 0; i < steps; ++i)
            training->step(data->images.data(), data->labels.data(), job.batch, 0.01);
        backend->wait();
    };
    worker::Work work{long(training->named_tensors().parameter_count), ten,
                      [=] { return training->losses()[0].task; }};
    const auto products = benchmarks::products_of<Network>();
    for (const auto& p : products)
        work.multiply_adds += long(p.multiply_adds);
    work.roofline = [=, batch = job.batch] {
        const benchmarks::Rates rates = benchmarks::rates(*backend);
        std::ostringstream said;
        said << rates.multiply_adds << ' ' << rates.bytes << ' '
             << steps * benchmarks::least_seconds(products, batch, rates);
        return said.str();
    };
    return work;
}
template <class Network>
worker::Work in_precision(const worker::Job& job) {
    if (job.layout == "float32")
        return train<Network, Float32>(job);
    if (job.layout == "tf32")
        return train<Network, Tf32>(job);
    if (job.layout == "bf16")
        return train<Network, Bf16>(job);
    fail("there is no precision called '", job.layout, "': expected float32, tf32 or bf16");
}
}  // namespace

int main(int count, char** words) {
    return worker::serve(count, words, [](const worker::Job& job) {
        worker::Work work;
        benchmarks::each_network([&](auto entry) {
            if (job.network == entry.name)
                work = in_precision<typename decltype(entry)::Network>(job);
        });
        if (job.network == "collaboration")
            work = in_precision<
                Collaboration<benchmarks::SmallNet4, zoo::ResNet<20>,
                              MKB<Encoder<64>, Transfer<64>, Decoder>, CosineDistance>>(job);
        if (!work.once)
            fail("there is no network called ", job.network);
        return work;
    });
}
