// SPDX-License-Identifier: Apache-2.0
// as_trained: networks in float on the CPU backend, which fuses, with each way of computing 3x3
// convolutions.
#pragma once
#include <collab/backend/cpu/cpu.hpp>

#include "compare.hpp"

namespace collab::networks {

inline constexpr auto as_trained = [](auto network, const char* name) {
    for (const Winograd winograd : {Winograd::none, Winograd::tiles_2x2, Winograd::tiles_4x4}) {
        Cpu<float> backend(2, {.winograd = winograd});
        INFO("Winograd's tiles of edge " << int(winograd));
        compare<typename decltype(network)::type>(backend, name, 1e-4);
    }
};

}  // namespace collab::networks
