// SPDX-License-Identifier: Apache-2.0
// training_checks: what a training is given, as a collaboration that can be trained, or a stand-in
// behind the sentence that says why not.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <collab/collaboration/collaboration.hpp>
#include <collab/core/error.hpp>

namespace collab::detail {

template <class C>
struct IsCollaboration : std::false_type {};
template <class... Items>
struct IsCollaboration<Collaboration<Items...>> : std::true_type {};
template <class C>
struct AsCollaboration {
    using type = C;
};
template <NetworkDescription N>
struct AsCollaboration<N> {
    using type = Collaboration<N>;
};

// Where the collaboration has said already what is wrong, nothing is added.
template <class C, class B, bool Ok>
struct TrainingWrong {
    using type = Right;
};
template <class C, class B>
struct TrainingWrong<C, B, true> {
    using type = first_wrong<typename TrainingChecks<C, B>::type>;
};

/// What stands in for a collaboration that does not hold, so that its sentence is the only error:
/// as many networks, all of nothing.
template <class Numbers>
struct OfNothing;
template <int... I>
struct OfNothing<std::integer_sequence<int, I...>> {
    using type = Collaboration<std::conditional_t<(I >= 0), Nothing, void>...>;
};

template <class Description, class B>
struct CheckedTraining {
    static constexpr bool describes = IsCollaboration<Description>::value;
    static_assert(describes, "collab: Training takes a Collaboration or a network");
    using Given = std::conditional_t<describes, Description, Collaboration<Nothing>>;
    using Wrong = typename TrainingWrong<Given, B, Given::ok>::type;
    static_assert(sizeof(typename Wrong::sentence) > 0);
    using Instead =
        typename OfNothing<std::make_integer_sequence<int, std::max(Given::size, 1)>>::type;
    using type = std::conditional_t<Given::ok && Wrong::holds, Given, Instead>;
};

/// Completes the names of n networks: net0, net1, ...
void name_networks(std::vector<std::string>& names, int n);
struct NoLook {  // at the gradients
    void operator()() const {}
};
/// Another number with every call: what a backend has recorded for one training is not for another
/// at the same place in memory.
inline std::uint64_t next_number() {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
}

}  // namespace collab::detail

#ifdef COLLAB_BODIES
#include <collab/train/training_checks-inl.hpp>
#endif
