// SPDX-License-Identifier: Apache-2.0
// gpu: machines with and without one.
#include <string>

#include <doctest/doctest.h>

#include <collab/backend/cuda/cuda.cuh>

#include "cuda/here.hpp"

using namespace collab;

namespace {
std::string message_of(int device) {
    try {
        Cuda<float> backend(device);
    } catch (const Error& e) {
        return e.what();
    }
    return "";
}
}  // namespace

TEST_CASE("where there is no GPU, asking for one is an error that says what to use instead" *
          doctest::skip(gpu_here())) {
    CHECK(message_of(0).find("there is no GPU to compute on") != std::string::npos);
    CHECK(message_of(0).find("Cpu computes the same") != std::string::npos);
}
TEST_CASE("a GPU that is not there is refused by its number" * doctest::skip(!gpu_here())) {
    CHECK(message_of(-1).find("there is no GPU -1") != std::string::npos);
    CHECK(message_of(1000).find("there is no GPU 1000") != std::string::npos);
}
TEST_CASE("memory that the GPU does not have is refused with what it has" *
          doctest::skip(!gpu_here())) {
    Cuda<float> backend;
    std::string message;
    try {
        auto memory = backend.allocate<float>(std::size_t(1) << 46);
    } catch (const Error& e) {
        message = e.what();
    }
    CHECK(message.find("has no room for") != std::string::npos);
    auto memory = backend.allocate<float>(16);  // and it goes on
    backend.fill(16, 2.0f, memory.data());
    CHECK(backend.sum(16, memory.data()) == 32);
}
TEST_CASE("large copies go through the page-locked buffers piece by piece" *
          doctest::skip(!gpu_here())) {
    Cuda<float> backend;
    std::vector<float> there(5'000'001);
    std::vector<float> back(there.size());
    for (std::size_t i = 0; i < there.size(); ++i)
        there[i] = float(i % 1000);
    auto memory = backend.allocate<float>(there.size());
    backend.upload(there.data(), there.size(), memory.data());
    backend.download(memory.data(), back.size(), back.data());
    CHECK(there == back);
}
