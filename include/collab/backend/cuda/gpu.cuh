// SPDX-License-Identifier: Apache-2.0
// gpu: one CUDA device as a system: its memory, Thrust's loops on one stream, and products by
// cuBLAS.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <cublas_v2.h>
#include <cuda_runtime_api.h>
#include <thrust/fill.h>
#include <thrust/for_each.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/system/cuda/execution_policy.h>
#include <thrust/system_error.h>

#include <collab/backend/cuda/device_memory.cuh>
#include <collab/backend/cuda/graph.cuh>
#include <collab/backend/cuda/precision.hpp>
#include <collab/backend/cuda/staging.cuh>
#include <collab/backend/cuda/system.hpp>

namespace collab::backend::device {

inline void check(cublasStatus_t status, const char* doing) {
    if (status != CUBLAS_STATUS_SUCCESS)
        fail("cuBLAS failed while ", doing, ": ", cublasGetStatusString(status));
}

/// How cuBLAS multiplies floats, of the precisions of precision.hpp.
template <class P>
inline constexpr cublasComputeType_t products_of_float = [] {
    static_assert(std::is_same_v<P, Float32> || std::is_same_v<P, Tf32> || std::is_same_v<P, Bf16>,
                  "collab: a precision is Float32, Tf32 or Bf16");
    return std::is_same_v<P, Tf32>   ? CUBLAS_COMPUTE_32F_FAST_TF32
           : std::is_same_v<P, Bf16> ? CUBLAS_COMPUTE_32F_FAST_16BF
                                     : CUBLAS_COMPUTE_32F;
}();

/// GPU number `device`; an error where there is none.
class Gpu {
public:
    Gpu(int device, cublasComputeType_t products) : device_(device), products_(products) {
        int count = 0;
        const cudaError_t status = cudaGetDeviceCount(&count);
        forgive(status);
        if (status != cudaSuccess || count == 0)
            fail("there is no GPU to compute on (",
                 status == cudaSuccess ? "CUDA sees no device" : cudaGetErrorString(status),
                 "); Cpu computes the same on this machine");
        if (device < 0 || device >= count)
            fail("there is no GPU ", device, ": this machine has ", count, ", counted from 0");
        use();
        handles_ = std::make_unique<Handles>(device);
    }

    int device() const { return device_; }
    cudaStream_t stream() const { return handles_->stream.get(); }
    std::string device_name() const {
        cudaDeviceProp properties{};
        check(cudaGetDeviceProperties(&properties, device_), "asking for the GPU's name");
        return properties.name;
    }
    void wait() const {
        handles_->graph.refuse();
        check(cudaStreamSynchronize(stream()), "computing");
    }

    template <class U>
    DeviceMemory<U> allocate(std::size_t n) {
        use();
        // a captured step would still write to it when it has another owner
        handles_->graph.refuse();
        return DeviceMemory<U>(n, stream(), device_);
    }
    template <class U>
    void upload(const U* host, std::size_t n, U* to) {
        use();
        handles_->graph.refuse();
        handles_->staging.copy(host, n * sizeof(U), to, stream());
    }
    template <class U>
    void download(const U* from, std::size_t n, U* host) {
        use();
        handles_->graph.refuse();
        if (n > 0)
            check(cudaMemcpyAsync(host, from, n * sizeof(U), cudaMemcpyDeviceToHost, stream()),
                  "copying from the GPU");
        wait();
    }
    template <class U>
    void fill(std::size_t n, U value, U* p) {
        use();
        if (n > 0)
            launch([&] { thrust::fill_n(thrust::cuda::par_nosync.on(stream()), p, n, value); });
    }
    template <class F>
    void loop(std::uint32_t n, F f) {
        use();
        if (n > 0)
            launch([&] {
                thrust::for_each_n(thrust::cuda::par_nosync.on(stream()),
                                   thrust::counting_iterator<std::uint32_t>(0), n, f);
            });
    }

    template <class T>
    void multiply(const MatrixProduct<T>& p) {
        use();
        constexpr bool wide = std::is_same_v<T, double>;
        constexpr cudaDataType type = wide ? CUDA_R_64F : CUDA_R_32F;
        const cublasComputeType_t how = wide ? CUBLAS_COMPUTE_64F : products_;
        const T one = 1;
        const T rest = p.add ? T(1) : T(0);
        // cuBLAS counts along columns, where our matrices are transposed: C' = B' A'.
        check(cublasGemmEx_64(handles_->blas.get(), p.b_transposed ? CUBLAS_OP_T : CUBLAS_OP_N,
                              p.a_transposed ? CUBLAS_OP_T : CUBLAS_OP_N, p.n, p.m, p.k, &one, p.b,
                              type, p.ldb, p.a, type, p.lda, &rest, p.c, type, p.ldc, how,
                              CUBLAS_GEMM_DEFAULT),
              "multiplying matrices");
    }

    template <class U>
    U* scratch(Scratch piece, std::size_t n) {
        Room& room = scratch_[std::size_t(piece)];
        if (room.size() < n * sizeof(U)) {
            // A captured step may still speak of the old one. Growing by half at least keeps what
            // is retired below twice what is used.
            use();
            const std::size_t before = room.size();
            if (before > 0)
                retired_.push_back(std::move(room));
            room = Room(std::max(n * sizeof(U), before + before / 2), stream(), device_);
        }
        return reinterpret_cast<U*>(room.data());
    }
    std::size_t scratch_bytes() const {
        std::size_t bytes = 0;
        for (const Room& room : scratch_)
            bytes += room.size();
        for (const Room& room : retired_)
            bytes += room.size();
        return bytes + workspace_bytes;
    }

    template <class F>
    void record(std::vector<std::uint64_t> signature, F&& f) {
        use();
        handles_->graph.run(stream(), std::move(signature), f);
    }
    void vary() { handles_->graph.vary(); }

private:
    using Room = DeviceMemory<std::byte>;
    // what NVIDIA recommends for Hopper
    static constexpr std::size_t workspace_bytes = std::size_t(32) << 20;

    struct Handles {
        OwnedStream stream = make_stream();
        // our own: cuBLAS would take memory while a step is captured
        DeviceMemory<std::byte> workspace;
        Owned<cublasHandle_t, cublasDestroy> blas = started();
        Staging staging;
        StepGraph graph;

        explicit Handles(int device)
            : workspace(workspace_bytes, stream.get(), device),
              staging(device) {
            // before the workspace, which it would forget
            check(cublasSetStream(blas.get(), stream.get()), "taking a stream");
            check(cublasSetWorkspace(blas.get(), workspace.data(), workspace_bytes),
                  "taking memory");
        }
        ~Handles() { forgive(cudaStreamSynchronize(stream.get())); }
        static Owned<cublasHandle_t, cublasDestroy> started() {
            cublasHandle_t handle = nullptr;
            check(cublasCreate(&handle), "starting");
            return Owned<cublasHandle_t, cublasDestroy>(handle);
        }
    };

    void use() const { check(cudaSetDevice(device_), "choosing a GPU"); }
    /// Thrust's errors as ours.
    template <class F>
    static void launch(const F& f) try {
        f();
    } catch (const thrust::system_error& e) {
        fail("CUDA failed while launching a kernel: ", e.what());
    }

    int device_;
    cublasComputeType_t products_;
    std::unique_ptr<Handles> handles_;
    std::array<Room, scratch_pieces> scratch_;
    std::vector<Room> retired_;
};

}  // namespace collab::backend::device
