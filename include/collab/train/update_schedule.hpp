// SPDX-License-Identifier: Apache-2.0
// update_schedule: who is moved in which order within one step: a critic first, then all networks
// at once or one after the other.
#pragma once
#include <collab/collaboration/method_nodes.hpp>
#include <collab/train/traits.hpp>

namespace collab::detail {

/// One forward and backward pass of a step.
struct PassPlan {
    unsigned again = 0;     ///< the networks that go forward, a bit each
    bool repeated = false;  ///< the batch has been passed through before
    Active active{};        ///< those who are moved behind it
    bool stale = false;     ///< values of the graph stay as the first pass made them
    bool adds = false;      ///< to the gradients of the passes before
};

/// pass(PassPlan) runs a pass, move(Active) moves weights behind it.
template <class C, class Pass, class Move>
void run_update_schedule(bool critic, Pass&& pass, Move&& move) {
    using X = Traits<C>;
    using Order = typename C::order;
    bool repeated = false;
    const auto run = [&](const PassPlan& plan) {
        pass(plan);
        move(plan.active);
        repeated = true;
    };
    if (critic)
        run({X::everyone, false, Active{0, false, true}});
    if constexpr (Order::iterative) {
        int moved = -1;  // the network that the last half step moved
        for (int i = 0; i < C::size; ++i) {
            if (X::frozen(i))
                continue;
            const unsigned again = !repeated                        ? X::everyone
                                   : !Order::refreshes || moved < 0 ? 0u
                                   : C::bases > 0                   ? X::everyone
                                                                    : 1u << moved;
            // what the networks before have moved must not be seen in their paths either
            const bool stale = !Order::refreshes && moved >= 0;
            run({again, repeated, Active{1u << i, true, false}, stale});
            moved = i;
        }
    } else {
        run({repeated ? 0u : X::everyone, repeated, Active{X::everyone, true, !critic}});
    }
}

}  // namespace collab::detail
