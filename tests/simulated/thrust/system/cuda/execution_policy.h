// SPDX-License-Identifier: Apache-2.0
// execution_policy: in place of Thrust's header of this name, which only nvcc can use: its policies
// run on the simulated runtime.
#pragma once
#include <cstdint>

#include <thrust/execution_policy.h>

#include "simulated/runtime.hpp"

namespace collab::simulated {

struct OnStream : thrust::device_execution_policy<OnStream> {
    cudaStream_t stream;
    explicit OnStream(cudaStream_t s) : stream(s) {}
};
struct NoSync {
    OnStream on(cudaStream_t stream) const { return OnStream(stream); }
};

template <class Iterator, class Size, class F>
Iterator for_each_n(OnStream& policy, Iterator first, Size n, F f) {
    launch_loop(policy.stream, std::uint32_t(n),
                [first, f](std::uint32_t i) { f(first[std::ptrdiff_t(i)]); });
    return first + n;
}
template <class Iterator, class Size, class T>
Iterator fill_n(OnStream& policy, Iterator first, Size n, const T& value) {
    device_of(policy.stream).check_address(first);
    launch_loop(policy.stream, std::uint32_t(n),
                [first, value](std::uint32_t i) { first[i] = value; });
    return first + n;
}

}  // namespace collab::simulated

namespace thrust::cuda {
inline constexpr collab::simulated::NoSync par_nosync{};
}
