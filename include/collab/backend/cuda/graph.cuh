// SPDX-License-Identifier: Apache-2.0
// graph: a step's operations captured once as a CUDA graph and launched again, as long as nothing
// about them changes.
#pragma once
#include <concepts>
#include <cstdint>
#include <utility>
#include <vector>

#include <cuda_runtime_api.h>

#include <collab/backend/cuda/device_memory.cuh>
#include <collab/backend/cuda/replay.hpp>

namespace collab::backend::device {

/// Launching a small kernel costs the host more than running it costs the GPU; a graph launches
/// hundreds at once.
class StepGraph {
public:
    StepGraph() = default;
    StepGraph(const StepGraph&) = delete;
    StepGraph& operator=(const StepGraph&) = delete;
    ~StepGraph() { forget(); }

    /// f(), which issues operations on `stream`: see Replay.
    template <std::invocable F>
    void run(cudaStream_t stream, std::vector<std::uint64_t> signature, F&& f) {
        stream_ = stream;
        replay_.run(*this, std::move(signature), f);
    }
    void vary() { replay_.vary(); }
    /// Called before what cannot be captured.
    void refuse() const {
        if (capturing_)
            throw NotCapturable{};
    }

    // What Replay asks of a tape. Where a graph of the same structure is there, it is changed
    // instead of made anew.
    template <class F>
    bool capture(F& f) {
        check(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeRelaxed),
              "beginning to capture a step");
        cudaGraph_t graph = nullptr;
        const auto drop = [&] {
            capturing_ = false;
            forgive(cudaStreamEndCapture(stream_, &graph));
            if (graph)
                cudaGraphDestroy(graph);
        };
        capturing_ = true;
        try {
            f();
        } catch (const NotCapturable&) {
            drop();
            return false;
        } catch (...) {
            drop();
            throw;
        }
        capturing_ = false;
        check(cudaStreamEndCapture(stream_, &graph), "capturing a step");
        cudaGraphExecUpdateResultInfo info{};
        // another structure
        if (exec_ && cudaGraphExecUpdate(exec_, graph, &info) != cudaSuccess) {
            cudaGetLastError();
            forget();
        }
        const cudaError_t status = exec_ ? cudaSuccess : cudaGraphInstantiate(&exec_, graph, 0);
        cudaGraphDestroy(graph);
        check(status, "preparing a captured step");
        return true;
    }
    void launch() { check(cudaGraphLaunch(exec_, stream_), "launching a step"); }
    void forget() {
        if (exec_)
            cudaGraphExecDestroy(std::exchange(exec_, nullptr));
    }

private:
    Replay replay_;
    cudaStream_t stream_ = nullptr;
    cudaGraphExec_t exec_ = nullptr;
    bool capturing_ = false;
};

}  // namespace collab::backend::device
