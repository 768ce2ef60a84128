// SPDX-License-Identifier: Apache-2.0
// graph: a step's operations captured once as a CUDA graph and launched again, as long as nothing about them changes.
#pragma once
#include <concepts>
#include <cstdint>
#include <utility>
#include <vector>

#include <cuda_runtime_api.h>

#include <collab/backend/cuda/device_memory.cuh>

namespace collab::backend::device {

/// Launching a small kernel costs the host more than running it costs the GPU; a graph launches hundreds at once.
class StepGraph {
public:
    StepGraph() = default;
    StepGraph(const StepGraph&) = delete;
    StepGraph& operator=(const StepGraph&) = delete;
    ~StepGraph() {
        if (exec_) cudaGraphExecDestroy(exec_);
    }

    /// f(), which issues operations on `stream`: directly the first time for whoever the signature's first number names, as a new graph or a changed one
    /// when `signature` is another than the last time or the operations themselves said that they vary, else as the graph that there is. f must wait for nothing.
    template <std::invocable F>
    void run(cudaStream_t stream, std::vector<std::uint64_t> signature, F&& f) {
        if (signature_.empty() || signature.front() != signature_.front()) {   // first plainly: memory is taken, and kernels are loaded, before anything is captured
            if (exec_) cudaGraphExecDestroy(std::exchange(exec_, nullptr));
            signature_ = std::move(signature);
            return f();
        }
        if (!exec_ || varies_ || signature != signature_) {
            varies_ = false;
            capture(stream, f);
            signature_ = std::move(signature);
        }
        check(cudaGraphLaunch(exec_, stream), "launching a step");
    }
    /// Called by an operation whose numbers will be others the next time: random ones.
    void vary() { varies_ = true; }

private:
    template <class F>
    void capture(cudaStream_t stream, F& f) {
        check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed), "beginning to capture a step");
        cudaGraph_t graph = nullptr;
        try {
            f();
        } catch (...) {
            cudaStreamEndCapture(stream, &graph);
            if (graph) cudaGraphDestroy(graph);
            throw;
        }
        check(cudaStreamEndCapture(stream, &graph), "capturing a step");
        cudaGraphExecUpdateResultInfo info{};
        if (exec_ && cudaGraphExecUpdate(exec_, graph, &info) != cudaSuccess) {   // another structure
            cudaGetLastError();
            cudaGraphExecDestroy(std::exchange(exec_, nullptr));
        }
        const cudaError_t status = exec_ ? cudaSuccess : cudaGraphInstantiate(&exec_, graph, 0);
        cudaGraphDestroy(graph);
        check(status, "preparing a captured step");
    }

    cudaGraphExec_t exec_ = nullptr;
    std::vector<std::uint64_t> signature_;
    bool varies_ = false;
};

}  // namespace collab::backend::device
