// SPDX-License-Identifier: Apache-2.0
// runtime: CUDA's runtime and cuBLAS, as far as the GPU backend calls them, simulated on the host
// by the rules of their documentation. The backend's own files are compiled by the host's compiler
// against NVIDIA's headers and linked with this, so all of it runs but kernels on a GPU and
// NVIDIA's libraries.
//
// What is strict here: a device's memory is out of the host's reach (tests/thrust/apart.hpp) and
// full of NaN at first; streams get on only when somebody waits for them, or at random moments, and
// one beside the other; page-locked memory is read when its copy is done, not before; what must not
// be captured breaks the capture; memory and streams belong to one of two devices; and an error
// that nobody cleared is seen by the next launch.
#pragma once
#include <functional>
#include <typeindex>
#include <typeinfo>
#include <utility>

#include <cuda_runtime_api.h>

#include "thrust/apart.hpp"

namespace collab::simulated {

/// What was asked for so far, in all.
struct Counts {
    long calls = 0;
    long kernels = 0;
    long products = 0;
    long copies = 0;
    long waits = 0;
    long captures = 0;
    long instantiated = 0;
    long updated = 0;
    long launched = 0;
};
Counts& counts();
/// The call after `calls` more fails, as a call does after a kernel has gone wrong; -1: none.
void fail_after(long calls);
/// How many devices there are, 2 at first, and for how many bytes each has room.
void set_devices(int count);
void set_memory(std::size_t bytes);
/// What has been taken and not been given back, of any kind: memory, streams, events, graphs,
/// handles.
long taken();

apart::Device& device_of(cudaStream_t stream);
/// A kernel on a stream; `what` tells kernels apart.
void launch(cudaStream_t stream, std::type_index what, std::function<void()> run);

/// Thrust's policy for a stream; see thrust/system/cuda/execution_policy.h beside this.
template <class F>
void launch_loop(cudaStream_t stream, std::uint32_t n, const F& f) {
    device_of(stream).check_operands(f);
    launch(stream, typeid(F), [n, f] {
        backend::device::HostSystem host(backend::device::HostLoops::sequential);
        apart::loop_backwards(host, n, f);
    });
}

}  // namespace collab::simulated
