// SPDX-License-Identifier: Apache-2.0
// staging: copies from the host to the GPU through page-locked memory, so that they run beside the computation that came before.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include <cuda_runtime_api.h>

#include <collab/backend/cuda/device_memory.cuh>

namespace collab::backend::device {

/// A ring of page-locked buffers. `copy` returns when the host's memory may change again; the data arrive in the order of the stream.
class Staging {
public:
    Staging() {
        for (Slot& s : slots_) {
            check(cudaHostAlloc(&s.memory, slot_bytes, cudaHostAllocDefault), "taking page-locked memory");
            check(cudaEventCreateWithFlags(&s.free, cudaEventDisableTiming), "making an event");
        }
    }
    Staging(const Staging&) = delete;
    Staging& operator=(const Staging&) = delete;
    ~Staging() {
        for (Slot& s : slots_) {
            if (s.free) cudaEventSynchronize(s.free), cudaEventDestroy(s.free);
            if (s.memory) cudaFreeHost(s.memory);
        }
    }

    void copy(const void* host, std::size_t bytes, void* to, cudaStream_t stream) {
        for (std::size_t done = 0; done < bytes;) {
            const std::size_t n = std::min(slot_bytes, bytes - done);
            Slot& s = slots_[next_];
            next_ = (next_ + 1) % slots_.size();
            check(cudaEventSynchronize(s.free), "waiting for an earlier copy");
            std::memcpy(s.memory, static_cast<const char*>(host) + done, n);
            check(cudaMemcpyAsync(static_cast<char*>(to) + done, s.memory, n, cudaMemcpyHostToDevice, stream), "copying to the GPU");
            check(cudaEventRecord(s.free, stream), "recording an event");
            done += n;
        }
    }

private:
    static constexpr std::size_t slot_bytes = std::size_t(4) << 20;   // a batch of 128 images of 3x32x32 is 1.5 MiB
    struct Slot {
        void* memory = nullptr;
        cudaEvent_t free = nullptr;
    };
    std::array<Slot, 4> slots_{};
    std::size_t next_ = 0;
};

}  // namespace collab::backend::device
