// SPDX-License-Identifier: Apache-2.0
// rules: that the simulated runtime notices what a GPU would not forgive.
#include <algorithm>
#include <cstdint>
#include <vector>

#include <doctest/doctest.h>

#include <collab/backend/cuda/cuda.cuh>

#include "simulated/runtime.hpp"

using namespace collab;

namespace {
struct Machine {
    cudaStream_t one = nullptr;
    cudaStream_t two = nullptr;
    cudaEvent_t event = nullptr;
    float* pinned = nullptr;
    float* device = nullptr;
    long taken = simulated::taken();
    static constexpr std::size_t n = 4;
    static constexpr std::size_t bytes = n * sizeof(float);

    Machine() {
        cudaSetDevice(0);
        REQUIRE(cudaStreamCreateWithFlags(&one, cudaStreamNonBlocking) == cudaSuccess);
        REQUIRE(cudaStreamCreateWithFlags(&two, cudaStreamNonBlocking) == cudaSuccess);
        REQUIRE(cudaEventCreateWithFlags(&event, cudaEventDisableTiming) == cudaSuccess);
        void* p = nullptr;
        REQUIRE(cudaHostAlloc(&p, bytes, cudaHostAllocDefault) == cudaSuccess);
        pinned = static_cast<float*>(p);
        REQUIRE(cudaMalloc(&p, bytes) == cudaSuccess);
        device = static_cast<float*>(p);
        std::fill_n(pinned, n, 1.0f);
    }
    ~Machine() {
        cudaFreeHost(pinned);
        cudaFree(device);
        cudaEventDestroy(event);
        cudaStreamDestroy(one);
        cudaStreamDestroy(two);
        cudaGetLastError();
        CHECK(simulated::taken() == taken);
    }
    std::vector<float> values() {
        std::vector<float> v(n);
        REQUIRE(cudaMemcpyAsync(v.data(), device, bytes, cudaMemcpyDeviceToHost, one) ==
                cudaSuccess);
        return v;
    }
    /// Begins to capture stream one, does f, and says how the capture ended.
    template <class F>
    cudaError_t captured(F f, cudaStreamCaptureMode mode = cudaStreamCaptureModeRelaxed) {
        REQUIRE(cudaStreamBeginCapture(one, mode) == cudaSuccess);
        f();
        cudaGraph_t graph = nullptr;
        const cudaError_t status = cudaStreamEndCapture(one, &graph);
        CHECK((graph == nullptr) == (status != cudaSuccess));
        if (graph)
            cudaGraphDestroy(graph);
        return status;
    }
};
}  // namespace

TEST_CASE("memory is not zero at first, and copies know whose it is") {
    Machine m;
    for (const float x : m.values())
        CHECK(x != x);
    std::vector<float> mine(m.n);
    CHECK(cudaMemcpyAsync(m.device, mine.data(), m.bytes, cudaMemcpyDeviceToDevice, m.one) ==
          cudaErrorInvalidValue);
    CHECK(cudaMemcpyAsync(mine.data(), mine.data(), m.bytes, cudaMemcpyHostToDevice, m.one) ==
          cudaErrorInvalidValue);
    CHECK(cudaMemcpyAsync(m.device, mine.data(), m.bytes + 4, cudaMemcpyHostToDevice, m.one) ==
          cudaErrorInvalidValue);
    CHECK(cudaMemsetAsync(m.device + 1, 0, m.bytes, m.one) == cudaErrorInvalidValue);
    CHECK(cudaFree(m.pinned) == cudaErrorInvalidValue);
}
TEST_CASE(
    "page-locked memory is read when its copy is done, other memory before the call returns") {
    Machine m;
    int late = 0;
    for (int i = 0; i < 20; ++i) {
        m.pinned[0] = 1;
        REQUIRE(cudaMemcpyAsync(m.device, m.pinned, m.bytes, cudaMemcpyHostToDevice, m.one) ==
                cudaSuccess);
        m.pinned[0] = 2;
        late += m.values()[0] == 2;
        std::vector<float> mine(m.n, 3);
        REQUIRE(cudaMemcpyAsync(m.device, mine.data(), m.bytes, cudaMemcpyHostToDevice, m.one) ==
                cudaSuccess);
        mine[0] = 4;
        CHECK(m.values()[0] == 3);
    }
    CHECK(late > 10);
}
TEST_CASE("streams get on one beside the other, unless an event orders them") {
    Machine m;
    const auto clear = [&] {
        REQUIRE(cudaMemsetAsync(m.device, 0, m.bytes, m.one) == cudaSuccess);
    };
    const auto write = [&] {
        REQUIRE(cudaMemcpyAsync(m.device, m.pinned, m.bytes, cudaMemcpyHostToDevice, m.two) ==
                cudaSuccess);
    };
    int unordered = 0;
    for (int i = 0; i < 40; ++i) {
        write();
        clear();
        unordered += m.values()[0] == 0;  // or the copy came later
        REQUIRE(cudaStreamSynchronize(m.two) == cudaSuccess);
        write();
        REQUIRE(cudaEventRecord(m.event, m.two) == cudaSuccess);
        REQUIRE(cudaStreamWaitEvent(m.one, m.event, 0) == cudaSuccess);
        clear();
        REQUIRE(cudaStreamSynchronize(m.one) == cudaSuccess);
        REQUIRE(cudaStreamSynchronize(m.two) == cudaSuccess);
        CHECK(m.values()[0] == 0);
        clear();
        REQUIRE(cudaStreamSynchronize(m.one) == cudaSuccess);
        write();
        REQUIRE(cudaEventRecord(m.event, m.two) == cudaSuccess);
        REQUIRE(cudaEventSynchronize(m.event) == cudaSuccess);
        CHECK(m.values()[0] == 1);
    }
    CHECK(unordered > 5);
}
TEST_CASE("what cannot be captured breaks the capture") {
    Machine m;
    std::vector<float> mine(m.n);
    CHECK(m.captured([] {}) == cudaSuccess);
    CHECK(m.captured([&] { CHECK(cudaMemsetAsync(m.device, 0, m.bytes, m.one) == cudaSuccess); }) ==
          cudaSuccess);
    CHECK(m.values()[0] != 0);  // it was not done
    CHECK(m.captured([&] { CHECK(cudaStreamSynchronize(m.one) != cudaSuccess); }) ==
          cudaErrorStreamCaptureInvalidated);
    CHECK(m.captured([&] {
        CHECK(cudaMemcpyAsync(m.device, mine.data(), m.bytes, cudaMemcpyHostToDevice, m.one) !=
              cudaSuccess);
    }) == cudaErrorStreamCaptureInvalidated);
    CHECK(m.captured([&] {
        CHECK(cudaMemcpyAsync(mine.data(), m.device, m.bytes, cudaMemcpyDeviceToHost, m.one) !=
              cudaSuccess);
    }) == cudaErrorStreamCaptureInvalidated);
    REQUIRE(cudaEventRecord(m.event, m.two) == cudaSuccess);
    CHECK(m.captured([&] {
        CHECK(cudaStreamWaitEvent(m.one, m.event, 0) == cudaErrorStreamCaptureIsolation);
    }) == cudaErrorStreamCaptureInvalidated);
    CHECK(m.captured([&] {
        CHECK(cudaEventRecord(m.event, m.one) == cudaSuccess);
        CHECK(cudaEventSynchronize(m.event) == cudaErrorCapturedEvent);
    }) == cudaSuccess);
    const auto take = [&] {
        void* p = nullptr;
        const cudaError_t status = cudaMalloc(&p, 16);
        cudaFree(p);
        return status;
    };
    CHECK(m.captured([&] { CHECK(take() == cudaSuccess); }) == cudaSuccess);
    CHECK(m.captured([&] { CHECK(take() != cudaSuccess); }, cudaStreamCaptureModeGlobal) ==
          cudaErrorStreamCaptureInvalidated);
}
TEST_CASE("a launch sees an error that nobody cleared, and another device's stream") {
    Machine m;
    const auto launched = [&] {
        try {
            simulated::launch_loop(m.one, 1, [p = m.device](std::uint32_t i) { p[i] = 5; });
        } catch (const thrust::system_error&) {
            return false;
        }
        return true;
    };
    CHECK(launched());
    CHECK(m.values()[0] == 5);
    CHECK(cudaFree(m.pinned) != cudaSuccess);
    CHECK_FALSE(launched());
    CHECK(cudaFree(m.pinned) != cudaSuccess);
    CHECK(cudaGetLastError() != cudaSuccess);
    CHECK(launched());
    REQUIRE(cudaSetDevice(1) == cudaSuccess);
    CHECK_FALSE(launched());
    REQUIRE(cudaSetDevice(0) == cudaSuccess);
    CHECK(launched());
    float mine = 0;
    CHECK_THROWS_AS(simulated::launch_loop(m.one, 1, [p = &mine](std::uint32_t) { *p = 5; }),
                    Error);
}
