// SPDX-License-Identifier: Apache-2.0
// staging: copies from the host to the GPU through page-locked memory and a stream of their own, so that they run beside the computation before them.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include <cuda_runtime_api.h>

#include <collab/backend/cuda/device_memory.cuh>

namespace collab::backend::device {

/// A ring of buffers, each page-locked on the host and with a twin on the GPU. A copy goes from twin to twin on a stream of its own, while the GPU may
/// still compute with what lies at the destination, and from there in the order of the computation.
class Staging {
public:
    Staging() {
        check(cudaStreamCreateWithFlags(&copies_, cudaStreamNonBlocking), "making a stream");
        for (Slot& s : slots_) {
            check(cudaHostAlloc(&s.host, slot_bytes, cudaHostAllocDefault), "taking page-locked memory");
            check(cudaMalloc(&s.device, slot_bytes), "taking memory for copies");
            check(cudaEventCreateWithFlags(&s.arrived, cudaEventDisableTiming), "making an event");
            check(cudaEventCreateWithFlags(&s.free, cudaEventDisableTiming), "making an event");
        }
    }
    Staging(const Staging&) = delete;
    Staging& operator=(const Staging&) = delete;
    ~Staging() {
        if (copies_) cudaStreamSynchronize(copies_), cudaStreamDestroy(copies_);
        for (Slot& s : slots_) {
            if (s.free) cudaEventSynchronize(s.free), cudaEventDestroy(s.free);
            if (s.arrived) cudaEventDestroy(s.arrived);
            if (s.device) cudaFree(s.device);
            if (s.host) cudaFreeHost(s.host);
        }
    }

    /// Returns when the host's memory may change again; `stream` sees the data from here on.
    void copy(const void* host, std::size_t bytes, void* to, cudaStream_t stream) {
        for (std::size_t done = 0; done < bytes;) {
            const std::size_t n = std::min(slot_bytes, bytes - done);
            Slot& s = slots_[next_];
            next_ = (next_ + 1) % slots_.size();
            check(cudaEventSynchronize(s.free), "waiting for an earlier copy");
            std::memcpy(s.host, static_cast<const char*>(host) + done, n);
            check(cudaMemcpyAsync(s.device, s.host, n, cudaMemcpyHostToDevice, copies_), "copying to the GPU");
            check(cudaEventRecord(s.arrived, copies_), "recording an event");
            check(cudaStreamWaitEvent(stream, s.arrived, 0), "waiting for a copy");
            check(cudaMemcpyAsync(static_cast<char*>(to) + done, s.device, n, cudaMemcpyDeviceToDevice, stream), "copying on the GPU");
            check(cudaEventRecord(s.free, stream), "recording an event");
            done += n;
        }
    }

private:
    static constexpr std::size_t slot_bytes = std::size_t(4) << 20;   // a batch of 128 images of 3x32x32 is 1.5 MiB
    struct Slot {
        void *host = nullptr, *device = nullptr;
        cudaEvent_t arrived = nullptr, free = nullptr;
    };
    cudaStream_t copies_ = nullptr;
    std::array<Slot, 4> slots_{};
    std::size_t next_ = 0;
};

}  // namespace collab::backend::device
