// SPDX-License-Identifier: Apache-2.0
// thrust_host: the operations of the GPU backend on host threads: Thrust's sequential or oneTBB
// system, and Eigen's products.
//
// It is how a machine without a GPU tests them, with any C++20 compiler that has Thrust's headers;
// for speed there is Cpu.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include <Eigen/Core>
#include <thrust/copy.h>
#include <thrust/fill.h>
#include <thrust/for_each.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/system/cpp/execution_policy.h>
#include <thrust/system/tbb/execution_policy.h>

#include <collab/backend/cuda/parallel.hpp>

namespace collab::backend::device {

/// Which of Thrust's host systems runs the loops: its sequential one, or the one on oneTBB.
enum class HostLoops { sequential, tbb };

/// A system on host memory.
class HostSystem {
public:
    explicit HostSystem(HostLoops loops = HostLoops::tbb) : loops_(loops) {}

    HostLoops loops() const { return loops_; }
    template <class U>
    std::vector<U> allocate(std::size_t n) {
        return std::vector<U>(n);
    }
    template <class U>
    void upload(const U* host, std::size_t n, U* to) {
        thrust::copy_n(thrust::cpp::par, host, n, to);
    }
    template <class U>
    void download(const U* from, std::size_t n, U* host) {
        thrust::copy_n(thrust::cpp::par, from, n, host);
    }
    template <class U>
    void fill(std::size_t n, U value, U* p) {
        thrust::fill_n(thrust::cpp::par, p, n, value);
    }
    template <class F>
    void loop(std::uint32_t n, F f) {
        const thrust::counting_iterator<std::uint32_t> first(0);
        if (loops_ == HostLoops::sequential)
            thrust::for_each_n(thrust::cpp::par, first, n, f);
        else
            thrust::for_each_n(thrust::tbb::par, first, n, f);
    }

    template <class T>
    void multiply(const MatrixProduct<T>& p) {
        using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
        using Strided = Eigen::Map<const Matrix, 0, Eigen::OuterStride<>>;
        const Strided a(p.a, p.a_transposed ? p.k : p.m, p.a_transposed ? p.m : p.k,
                        Eigen::OuterStride<>(p.lda));
        const Strided b(p.b, p.b_transposed ? p.n : p.k, p.b_transposed ? p.k : p.n,
                        Eigen::OuterStride<>(p.ldb));
        Eigen::Map<Matrix, 0, Eigen::OuterStride<>> c(p.c, p.m, p.n, Eigen::OuterStride<>(p.ldc));
        const auto assign = [&](const auto& product) {
            // Eigen computes a small product coefficient by coefficient, in an order of the terms
            // that depends on where the coefficient lies: here always in the same place.
            constexpr int limit = std::max(EIGEN_GEMM_TO_COEFFBASED_THRESHOLD, 1);
            Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor, limit, limit> own;
            const bool is_small = p.m + p.n + p.k < limit;
            if (is_small)
                own.noalias() = product;
            if (is_small && p.add)
                c += own;
            else if (is_small)
                c = own;
            else if (p.add)
                c.noalias() += product;
            else
                c.noalias() = product;
        };
        if (p.a_transposed && p.b_transposed)
            assign(a.transpose() * b.transpose());
        else if (p.a_transposed)
            assign(a.transpose() * b);
        else if (p.b_transposed)
            assign(a * b.transpose());
        else
            assign(a * b);
    }

    template <class U>
    U* scratch(Scratch piece, std::size_t n) {
        std::vector<std::max_align_t>& room = scratch_[std::size_t(piece)];
        const std::size_t blocks =
            (n * sizeof(U) + sizeof(std::max_align_t) - 1) / sizeof(std::max_align_t);
        if (room.size() < blocks)
            room.resize(blocks);
        return reinterpret_cast<U*>(room.data());
    }
    std::size_t scratch_bytes() const {
        std::size_t bytes = 0;
        for (const auto& room : scratch_)
            bytes += room.size() * sizeof(std::max_align_t);
        return bytes;
    }

private:
    HostLoops loops_;
    std::array<std::vector<std::max_align_t>, scratch_pieces> scratch_;
};

}  // namespace collab::backend::device

namespace collab {

/// The GPU backend's operations on the host.
///     ThrustHost<float> backend;
template <class T = float>
class ThrustHost : public backend::device::Parallel<T, backend::device::HostSystem> {
public:
    static constexpr const char* name = "ThrustHost";

    explicit ThrustHost(backend::device::HostLoops loops = backend::device::HostLoops::tbb)
        : backend::device::Parallel<T, backend::device::HostSystem>(
              backend::device::HostSystem(loops)) {}
    /// A backend of the same kind: the two may run at once.
    std::shared_ptr<ThrustHost> another() {
        return std::make_shared<ThrustHost>(this->system().loops());
    }
    std::string describe() {
        const bool sequential = this->system().loops() == backend::device::HostLoops::sequential;
        return std::string(name) + (std::is_same_v<T, float> ? ", float, " : ", double, ") +
               (sequential ? "one thread" : "oneTBB");
    }
};

}  // namespace collab
