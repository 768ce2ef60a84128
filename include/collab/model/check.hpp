// SPDX-License-Identifier: Apache-2.0
// check: loud checks. Each is a tiny struct whose template arguments are the message's data, so that the first error names
// the layer's index, the layer, the shape and the user's own line.
#pragma once
#include <algorithm>

#include <collab/model/concepts.hpp>

namespace collab::detail {

template <int Index, class L>
struct CheckLayer { static_assert(Layer<L>, "collab: this item of the network is not a layer"); };
template <int Index, class L, class In>
struct CheckShape { static_assert(Accepts<L, In>, "collab: this layer of the network does not accept the shape it is given"); };
template <int Index, class L, class B>
struct CheckBackend { static_assert(RunsOn<L, B>, "collab: the backend lacks an operation this layer needs"); };

template <class P, class B>
struct CheckParts;
template <class B, class... Ls>
struct CheckParts<Pack<Ls...>, B> {
    static_assert((unroll<sizeof...(Ls)>([](auto i) { (void)sizeof(CheckBackend<i, typename Pack<Ls...>::template at<i>, B>); }), true));
};
template <class P, class B>
struct CheckAllParts;
template <class B, class... Ps>
struct CheckAllParts<Pack<Ps...>, B> : CheckParts<Ps, B>... {};
template <int Index, Composite L, class B>
struct CheckBackend<Index, L, B> {   // look inside
    static_assert(sizeof(CheckAllParts<typename L::parts, B>) > 0);
};

/// The layers of N are layers and fit. `ok` guards what would otherwise fail a second time.
template <class N>
struct CheckNetwork {
    using layers = flat_layers<N>;
    static_assert((unroll<layers::size>([](auto i) { (void)sizeof(CheckLayer<i, typename layers::template at<i>>); }), true));
    static constexpr bool ok = Network<N>;
    static constexpr bool shapes = [] {
        if constexpr (all_layers<layers>) {
            constexpr measure_of<layers> m(input_of<N>::dims);
            constexpr int suspect = std::min(m.misfit, layers::size - 1);
            constexpr Dims d = m.shapes[suspect];
            return sizeof(CheckShape<suspect, typename layers::template at<suspect>, Shape<d.channels, d.height, d.width>>) > 0;
        }
        return true;
    }();
    static_assert(shapes);
};

/// Every layer of N finds its operations in B.
template <class N, class B>
struct CheckRuns {
    static_assert(sizeof(CheckParts<flat_layers<N>, B>) > 0);
};

}  // namespace collab::detail
