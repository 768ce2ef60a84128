// SPDX-License-Identifier: Apache-2.0
// ours: this library as a measured process; see worker.hpp.
#include "worker.hpp"

#include <collab/collab.hpp>

#include "../networks.hpp"

namespace {
using namespace collab;

// The third word a job may have: "registers", for what is computed without a matrix unit.
std::shared_ptr<Cpu<float>> backend_of(const worker::Job& job) {
    return std::make_shared<Cpu<float>>(job.threads,
                                        CpuOptions{.matrix_unit = job.layout != "registers"});
}

template <class Network>
worker::Work train(const worker::Job& job) {
    auto training = std::make_shared<Training<Network, Cpu<float>>>(
        TrainingSettings<>{.batch = job.batch,
                           .optimizer = {.momentum = 0.9, .weight_decay = 1e-4}},
        backend_of(job));
    auto data = std::make_shared<worker::Batch>(job.batch);
    return {long(training->named_tensors().parameter_count),
            [=] { training->step(data->images.data(), data->labels.data(), job.batch, 0.01); },
            [=] { return training->losses()[0].task; }};
}

template <class Network>
worker::Work infer(const worker::Job& job) {
    auto model = std::make_shared<Model<Network, Cpu<float>>>(job.batch, backend_of(job));
    auto data = std::make_shared<worker::Batch>(job.batch);
    return {long(model->parameter_count()),
            [=] { model->forward(data->images.data(), job.batch); }};
}
}  // namespace

int main(int count, char** words) {
    return worker::serve(count, words, [](const worker::Job& job) {
        worker::Work work;
        benchmarks::each_network([&](auto entry) {
            using Network = typename decltype(entry)::Network;
            if (job.network == entry.name)
                work = job.train() ? train<Network>(job) : infer<Network>(job);
        });
        if (!work.once)
            fail("there is no network called ", job.network);
        return work;
    });
}
