// SPDX-License-Identifier: Apache-2.0
// device_memory: memory and handles of a GPU with an owner, and errors of CUDA as errors of ours.
#pragma once
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include <cuda_runtime_api.h>

#include <collab/core/error.hpp>

namespace collab::backend::device {

/// For calls about whose failure nothing can be done, or something else is: it would be reported
/// again by the next kernel's launch.
inline void forgive(cudaError_t status) {
    if (status != cudaSuccess)
        cudaGetLastError();
}
/// Throws when a call of CUDA did not succeed. `doing` ends the sentence "CUDA failed while ...".
inline void check(cudaError_t status, const char* doing) {
    forgive(status);
    if (status != cudaSuccess)
        fail("CUDA failed while ", doing, ": ", cudaGetErrorString(status), " (",
             cudaGetErrorName(status), ")");
}

/// Owns what a call of CUDA made and `Destroy` gives back. `make(call, doing)`: call(&handle) makes
/// it.
template <class Handle, auto Destroy>
class Owned {
public:
    Owned() = default;
    explicit Owned(Handle handle) : handle_(handle) {}
    template <class F>
    void make(const F& call, const char* doing) {
        Handle handle = nullptr;
        check(call(&handle), doing);
        handle_.reset(handle);
    }
    Handle get() const { return handle_.get(); }

private:
    struct Destroyer {
        void operator()(Handle handle) const { static_cast<void>(Destroy(handle)); }
    };
    std::unique_ptr<std::remove_pointer_t<Handle>, Destroyer> handle_;
};
using OwnedStream = Owned<cudaStream_t, cudaStreamDestroy>;

/// A stream that waits for no other by itself.
inline OwnedStream make_stream() {
    OwnedStream stream;
    stream.make(
        [](cudaStream_t* to) { return cudaStreamCreateWithFlags(to, cudaStreamNonBlocking); },
        "making a stream");
    return stream;
}

/// Owns n elements on the current GPU, zero at first.
template <class T>
class DeviceMemory {
    static_assert(std::is_trivially_copyable_v<T>);

public:
    DeviceMemory() = default;
    // so that it is given back where clearing it fails
    DeviceMemory(std::size_t n, cudaStream_t stream, int device) : DeviceMemory() {
        size_ = n;
        device_ = device;
        if (n == 0)
            return;
        void* p = nullptr;
        const cudaError_t status = cudaMalloc(&p, n * sizeof(T));
        if (status == cudaErrorMemoryAllocation) {
            std::size_t free = 0;
            std::size_t total = 0;
            forgive(status);
            forgive(cudaMemGetInfo(&free, &total));
            fail("GPU ", device, " has no room for ", n * sizeof(T), " bytes: ", free, " of ",
                 total, " are free");
        }
        check(status, "taking memory");
        data_ = static_cast<T*>(p);
        check(cudaMemsetAsync(p, 0, n * sizeof(T), stream), "clearing memory");
    }
    DeviceMemory(DeviceMemory&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)),
          size_(std::exchange(other.size_, 0)),
          device_(other.device_) {}
    DeviceMemory& operator=(DeviceMemory&& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(device_, other.device_);
        return *this;
    }
    ~DeviceMemory() {
        if (!data_)
            return;
        forgive(cudaSetDevice(device_));
        forgive(cudaFree(data_));  // waits for whatever still uses the memory
    }
    T* data() { return data_; }
    const T* data() const { return data_; }
    std::size_t size() const { return size_; }

private:
    T* data_ = nullptr;
    std::size_t size_ = 0;
    int device_ = 0;
};

}  // namespace collab::backend::device
