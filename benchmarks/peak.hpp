// SPDX-License-Identifier: Apache-2.0
// peak: how many multiply-adds this machine does in a second, measured, with nothing from memory:
// what kernels are held against.
#pragma once
#include <Eigen/Core>
#include <algorithm>
#include <chrono>

#include <collab/backend/cpu/cpu.hpp>

namespace collab::benchmarks {

inline double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

/// Independent chains of multiply-adds, one register each: two pipes of latency four or five need
/// ten.
inline constexpr int chains = 12;

template <class T>
COLLAB_NOINLINE T multiply_add(long times) {
    using namespace Eigen::internal;
    using Packet = typename packet_traits<T>::type;
    const Packet a = pset1<Packet>(T(0.9999));
    const Packet b = pset1<Packet>(T(0.0001));
    Packet sum[chains];
    static_for<chains>([&](auto k) { sum[k] = pset1<Packet>(T(k)); });
    for (long i = 0; i < times; ++i)
        static_for<chains>([&](auto k) COLLAB_LAMBDA_INLINE { sum[k] = pmadd(sum[k], a, b); });
    T all = 0;
    static_for<chains>([&](auto k) { all += predux(sum[k]); });
    return all;
}

/// GFLOP/s of all threads of the backend together, over about six milliseconds; a multiply-add
/// counts as two.
template <class T>
double fma_peak(Cpu<T>& cpu) {
    constexpr long times = 50000;
    constexpr double flops = 2.0 * times * chains * int(Eigen::internal::packet_traits<T>::size);
    const int rows = 32 * cpu.threads();
    static auto sums = cpu.template allocate<T>(1024);
    T* const out = sums.data();
    const auto run = [&](int n) {
        const double start = now();
        cpu.for_rows(n, [=](int row) { out[row % 64 * 16] = multiply_add<T>(times); });
        return n * flops / (now() - start) * 1e-9;
    };
    run(cpu.threads() * 4);  // the threads wake up
    return run(rows);
}

}  // namespace collab::benchmarks
