// SPDX-License-Identifier: Apache-2.0
// traits: what a training reads from the type of its collaboration, under short names.
#pragma once
#include <cstddef>

#include <collab/collaboration/collaboration.hpp>

namespace collab::detail {

template <class C>
struct Traits {
    static constexpr int networks = C::size;
    static constexpr int bases = C::bases;
    static constexpr unsigned everyone = networks < 32 ? (1u << networks) - 1 : ~0u;

    template <int I>
    using Net = typename C::template network<I>;
    template <int I>
    using Plan = typename C::template plan<I>;
    template <int I, int K>
    using Branch = typename C::template branch<I, K>;

    static constexpr Dims image = input_of<Net<0>>::dims;
    static constexpr int outputs = Plan<0>::Output::dims.size();
    using Loss = typename C::loss;
    static constexpr bool class_targets = detail::class_targets<Loss>;
    static constexpr int target_size = detail::target_size<Loss>(outputs);  ///< 0: class numbers
    static constexpr TaskWords task = task_words<Loss>(typename C::scores{});
    static constexpr bool frozen(int network) { return C::frozen::has(network); }

    template <int I>
    static constexpr int stop_count = int(C::template stops<I>.size());
    template <int I, int K>
    static constexpr Stop stop = C::template stops<I>[std::size_t(K)];
    /// Stretch K of network I: the layers between two stops.
    template <int I, int K>
    static constexpr int stretch_begin = [] {
        if constexpr (K > 0)
            return stop<I, K - 1>.place;
        else
            return 0;
    }();
    template <int I, int K>
    static constexpr int stretch_end = [] {
        if constexpr (K < stop_count<I>)
            return stop<I, K>.place;
        else
            return Plan<I>::depth;
    }();
};

}  // namespace collab::detail
