// SPDX-License-Identifier: Apache-2.0
// device_memory: memory of a GPU with an owner, and errors of CUDA as errors of ours.
#pragma once
#include <cstddef>
#include <type_traits>
#include <utility>

#include <cuda_runtime_api.h>

#include <collab/core/error.hpp>

namespace collab::backend::device {

/// Throws when a call of CUDA did not succeed. `doing` ends the sentence "CUDA failed while ...".
inline void check(cudaError_t status, const char* doing) {
    if (status != cudaSuccess) fail("CUDA failed while ", doing, ": ", cudaGetErrorString(status), " (", cudaGetErrorName(status), ")");
}

/// Owns n elements on the current GPU, zero at first.
template <class T>
class DeviceMemory {
    static_assert(std::is_trivially_copyable_v<T>);

public:
    DeviceMemory() = default;
    DeviceMemory(std::size_t n, cudaStream_t stream, int device) : size_(n), device_(device) {
        if (n == 0) return;
        void* p = nullptr;
        const cudaError_t status = cudaMalloc(&p, n * sizeof(T));
        if (status == cudaErrorMemoryAllocation) {
            std::size_t free = 0, total = 0;
            cudaGetLastError();   // it would be reported again by a later call
            cudaMemGetInfo(&free, &total);
            fail("GPU ", device, " has no room for ", n * sizeof(T), " bytes: ", free, " of ", total, " are free");
        }
        check(status, "taking memory");
        data_ = static_cast<T*>(p);
        check(cudaMemsetAsync(p, 0, n * sizeof(T), stream), "clearing memory");
    }
    DeviceMemory(DeviceMemory&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)), device_(other.device_) {}
    DeviceMemory& operator=(DeviceMemory&& other) noexcept {
        std::swap(data_, other.data_), std::swap(size_, other.size_), std::swap(device_, other.device_);
        return *this;
    }
    ~DeviceMemory() {
        if (!data_) return;
        cudaSetDevice(device_);   // cudaFree waits for whatever still uses the memory
        cudaFree(data_);
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
