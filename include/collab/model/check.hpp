// SPDX-License-Identifier: Apache-2.0
// check: loud checks. Each sentence is a tiny struct whose template arguments are the message's
// data, so that the first error names the layer's index, the layer, the shape, the network and the
// user's own line.
#pragma once
#include <collab/model/concepts.hpp>

namespace collab::detail {

template <int Index, class Item, class Where>
struct CheckLayer {
    static_assert(Layer<Item>, "collab: this item of the network is not a layer");
};
template <int Index, class L, class In, class Where>
struct CheckShape {
    static constexpr bool accepts = Accepts<L, In>;  // of a concept, every part would be printed
    static_assert(accepts,
                  "collab: this layer of the network does not accept the shape it is given");
};
template <int Index, class L, class B, class Where>
struct CheckBackend {
    static constexpr bool runs = RunsOn<L, B>;
    static_assert(runs, "collab: the backend lacks an operation this layer needs");
};

// What decides which sentence is said: a list of soft checks, of which `holds` is the result and
// `sentence` what to say otherwise. Only the first that does not hold is said, and none after it is
// looked at, so that one mistake is one error and later checks may rely on earlier ones. Whoever
// checks writes `static_assert(sizeof(typename first_wrong<Checks>::sentence) > 0)`.

/// Nothing is wrong.
struct Right {
    static constexpr bool holds = true;
    using sentence = Right;
};

template <class... Checks>
struct FirstWrong {
    using type = Right;
};
template <class C, class... Rest>
struct FirstWrong<C, Rest...>
    : std::conditional_t<C::holds, FirstWrong<Rest...>, std::type_identity<C>> {};
template <class... Checks>
struct FirstWrong<Pack<Checks...>> : FirstWrong<Checks...> {};
template <class Checks>
using first_wrong = typename FirstWrong<Checks>::type;

template <bool... Good>
constexpr int first_false() {
    constexpr bool good[] = {Good..., false};
    int i = 0;
    while (good[i])
        ++i;
    return i;
}

/// Every item is a layer, and so is every item inside. `Where` is the network, or the part of an
/// MKB, that the message names.
template <class P, class Where>
struct AreLayers;
template <class... Ls, class Where>
struct AreLayers<Pack<Ls...>, Where> {
private:
    template <class L>
    struct Inside {
        using type = L;
    };
    template <Composite L>
        requires Layer<L>
    struct Inside<L> {
        using type = typename AreLayers<inner_layers<L>, Where>::item;
    };

public:
    static constexpr bool holds = (layer_throughout<Ls>() && ...);
    static constexpr int index = first_false<layer_throughout<Ls>()...>();
    using item = typename Inside<typename Pack<Ls..., void>::template at<index>>::type;
    using sentence = CheckLayer<index, item, Where>;
};

/// Every layer accepts what the one before it gives.
template <class P, class In, class Where>
struct ShapesFit {
    static constexpr inferred_shapes<P> m{In::dims};
    static constexpr bool holds = m.fits();
    static constexpr Dims given = m.shapes[m.misfit];
    using sentence = CheckShape<m.misfit, typename joined<P, Pack<void>>::template at<m.misfit>,
                                Shape<given.channels, given.height, given.width>, Where>;
};

/// Every layer finds its operations in B.
template <class P, class B, class Where>
struct FindOperations;
template <class... Ls, class B, class Where>
struct FindOperations<Pack<Ls...>, B, Where> {
private:
    template <class L>
    struct Inside {
        using type = L;
    };
    template <Composite L>
        requires(!all_run<inner_layers<L>, B>)  // else it lacks something itself
    struct Inside<L> {
        using type = typename FindOperations<inner_layers<L>, B, Where>::item;
    };

public:
    static constexpr bool holds = (RunsOn<Ls, B> && ...);
    static constexpr int index = first_false<RunsOn<Ls, B>...>();
    using item = typename Inside<typename Pack<Ls..., void>::template at<index>>::type;
    using sentence = CheckBackend<index, item, B, Where>;
};

/// What holds for a network by itself, and on a backend.
template <class N>
using NetworkChecks = Pack<AreLayers<flat_layers<N>, N>, ShapesFit<flat_layers<N>, input_of<N>, N>>;
template <class N, class B>
using BackendChecks = Pack<FindOperations<flat_layers<N>, B, N>>;

/// Stands for what a failed check has refused, so that what follows is not refused again.
struct Nothing : Sequential<Shape<1>> {};

}  // namespace collab::detail
