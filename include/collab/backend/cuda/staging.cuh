// SPDX-License-Identifier: Apache-2.0
// staging: copies from the host to the GPU through page-locked memory and a stream of their own, so
// that they run beside the computation before them.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include <cuda_runtime_api.h>

#include <collab/backend/cuda/device_memory.cuh>

namespace collab::backend::device {

/// A ring of buffers, each page-locked on the host and with a twin on the GPU. A copy goes from
/// twin to twin on a stream of its own, while the GPU may still compute with what lies at the
/// destination, and from there in the order of the computation.
class Staging {
public:
    explicit Staging(int device) {
        for (Slot& s : slots_) {
            s.host.make(
                [](void** to) { return cudaHostAlloc(to, slot_bytes, cudaHostAllocDefault); },
                "taking page-locked memory");
            s.device = DeviceMemory<std::byte>(slot_bytes, copies_.get(), device);
            for (Event* event : {&s.arrived, &s.free})
                event->make(
                    [](cudaEvent_t* to) {
                        return cudaEventCreateWithFlags(to, cudaEventDisableTiming);
                    },
                    "making an event");
        }
    }
    Staging(const Staging&) = delete;
    Staging& operator=(const Staging&) = delete;
    ~Staging() {  // nobody reads or writes the buffers any more
        forgive(cudaStreamSynchronize(copies_.get()));
        for (Slot& s : slots_)
            forgive(cudaEventSynchronize(s.free.get()));
    }

    /// Returns when the host's memory may change again; `stream` sees the data from here on.
    void copy(const void* host, std::size_t bytes, void* to, cudaStream_t stream) {
        for (std::size_t done = 0; done < bytes;) {
            const std::size_t n = std::min(slot_bytes, bytes - done);
            Slot& s = slots_[next_];
            next_ = (next_ + 1) % slots_.size();
            check(cudaEventSynchronize(s.free.get()), "waiting for an earlier copy");
            std::memcpy(s.host.get(), static_cast<const char*>(host) + done, n);
            check(cudaMemcpyAsync(s.device.data(), s.host.get(), n, cudaMemcpyHostToDevice,
                                  copies_.get()),
                  "copying to the GPU");
            check(cudaEventRecord(s.arrived.get(), copies_.get()), "recording an event");
            check(cudaStreamWaitEvent(stream, s.arrived.get(), 0), "waiting for a copy");
            check(cudaMemcpyAsync(static_cast<char*>(to) + done, s.device.data(), n,
                                  cudaMemcpyDeviceToDevice, stream),
                  "copying on the GPU");
            check(cudaEventRecord(s.free.get(), stream), "recording an event");
            done += n;
        }
    }

private:
    // a batch of 128 images of 3x32x32 is 1.5 MiB
    static constexpr std::size_t slot_bytes = std::size_t(4) << 20;
    using Event = Owned<cudaEvent_t, cudaEventDestroy>;
    struct Slot {
        Owned<void*, cudaFreeHost> host;
        DeviceMemory<std::byte> device;
        Event arrived, free;
    };
    OwnedStream copies_ = make_stream();
    std::array<Slot, 4> slots_{};
    std::size_t next_ = 0;
};

}  // namespace collab::backend::device
