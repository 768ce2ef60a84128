// SPDX-License-Identifier: Apache-2.0
// cuda: the GPU backend. For files that nvcc compiles; needs the CUDA Toolkit's Thrust and cuBLAS.
#pragma once
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include <collab/backend/cuda/gpu.cuh>
#include <collab/backend/cuda/parallel.hpp>

namespace collab {

/// Every operation of backend/concepts.hpp on one NVIDIA GPU. Weights, maps and whole steps stay
/// there; only `download` and `sum` wait for it. The same calls give the same bits. Asking for a
/// GPU that is not there is an error.
///     #include <collab/cuda.cuh>
///     Training<Pair, Cuda<float>> training;                  // in place of Cpu<float>
///     Training<Pair, Cuda<float, Tf32>> faster;              // products on tensor cores
template <class T = float, class Precision = Float32>
class Cuda : public backend::device::Parallel<T, backend::device::Gpu> {
    using Operations = backend::device::Parallel<T, backend::device::Gpu>;
    static_assert(std::is_same_v<T, float> || std::is_same_v<Precision, Float32>,
                  "collab: TF32 and bfloat16 products are products of float");

public:
    static constexpr const char* name = "Cuda";

    /// On GPU number `device`, counted from 0.
    explicit Cuda(int device = 0)
        : Operations(backend::device::Gpu(device, backend::device::products_of_float<Precision>)) {}

    /// A backend of the same kind on the same GPU: the two may run at once.
    std::shared_ptr<Cuda> another() { return std::make_shared<Cuda>(this->system().device()); }
    /// Waits until everything that was asked for has been computed.
    void wait() { this->system().wait(); }
    /// "Cuda, float with TF32 products, NVIDIA H100".
    std::string describe() {
        return std::string(name) + ", " + (std::is_same_v<T, float> ? Precision::name : "double") +
               ", " + this->system().device_name();
    }

    /// Runs f(), which asks for operations; from the second time on as one captured graph, unless
    /// it waits for one of them. See RecordingBackend.
    template <class F>
    void record(std::vector<std::uint64_t> signature, F&& f) {
        this->system().record(std::move(signature), f);
    }
    void dropout(const backend::Map& map, double p, const Random& random, View<const T> x,
                 View<T> y) {
        this->system().vary();  // other random numbers the next time
        Operations::dropout(map, p, random, x, y);
    }
};

}  // namespace collab

#ifdef COLLAB_PRECOMPILED_CUDA
#include <collab/backend/cuda/precompiled.cuh>
#endif
