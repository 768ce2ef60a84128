// SPDX-License-Identifier: Apache-2.0
// concepts: what a network is, and where knowledge can be taken out of it.
#pragma once
#include <array>
#include <concepts>

#include <collab/layer/cut.hpp>
#include <collab/layer/execution_plan.hpp>

namespace collab {

/// Names an input shape and layers; whether they fit is the next question.
template <class N>
concept NetworkDescription = requires { typename input_of<N>; };

namespace detail {
template <class L>
constexpr bool layer_throughout();
template <class P>
inline constexpr bool all_layers = false;
template <class... Ls>
inline constexpr bool all_layers<Pack<Ls...>> = (layer_throughout<Ls>() && ...);

template <class L>
constexpr bool layer_throughout() {  // and so is everything inside it
    if constexpr (!Layer<L>)
        return false;
    else if constexpr (Composite<L>)
        return all_layers<inner_layers<L>>;
    else
        return true;
}

template <class N>
constexpr bool layers_fit() {
    if constexpr (NetworkDescription<N>) {
        if constexpr (all_layers<flat_layers<N>>)
            return inferred_shapes<flat_layers<N>>(input_of<N>::dims).fits();
        else
            return false;
    } else {
        return false;
    }
}
}  // namespace detail

/// A description whose every layer accepts what the one before it gives.
template <class N>
concept Network =
    NetworkDescription<N> && because<"every item is a layer">(detail::all_layers<flat_layers<N>>) &&
    because<"every layer accepts what the one before it gives">(detail::layers_fit<N>());

/// The network bound to its input: plan and execution.
template <class N>
using bound = ExecutionPlan<N, input_of<N>>;

/// The place of a cut among a network's layers, -1 where there is none of this name.
template <class N, class Tag>
inline constexpr int cut_of = flat_layers<N>::template find<Cut<Tag>>;

namespace detail {
template <class L, class... Tags>
inline constexpr bool unread_cut = false;
template <class Tag, class... Tags>
inline constexpr bool unread_cut<Cut<Tag>, Tags...> = !(std::same_as<Tag, Tags> || ...);

template <class P>
struct AsLayers;
template <class... Ls>
struct AsLayers<Pack<Ls...>> {
    using type = Layers<Ls...>;
};

template <class P, class... Tags>
struct ReadCuts;
template <class... Ls, class... Tags>
struct ReadCuts<Pack<Ls...>, Tags...> {
    static constexpr int left = (int(!unread_cut<Ls, Tags...>) + ... + 0);
    using type = typename AsLayers<
        joined<std::conditional_t<unread_cut<Ls, Tags...>, Pack<>, Pack<Ls>>...>>::type;
    static constexpr std::array<int, std::size_t(left)> numbers = [] {
        constexpr bool unread[] = {unread_cut<Ls, Tags...>..., false};
        std::array<int, std::size_t(left)> all{};
        for (int i = 0, k = 0; i < int(sizeof...(Ls)); ++i)
            if (!unread[i])
                all[std::size_t(k++)] = i;
        return all;
    }();
};
/// The layers of N but for the cuts that nobody reads. `numbers`: their places in N.
template <class N, class... Tags>
struct WithoutUnreadCuts : ReadCuts<flat_layers<N>, Tags...>::type {
    static constexpr auto numbers = ReadCuts<flat_layers<N>, Tags...>::numbers;
};
template <class N, class Tags>
struct Running;
template <class N, class... Tags>
struct Running<N, Pack<Tags...>> {
    static constexpr bool all_read =
        ReadCuts<flat_layers<N>, Tags...>::left == flat_layers<N>::size;
    using type = std::conditional_t<all_read, N, WithoutUnreadCuts<N, Tags...>>;
};
}  // namespace detail

/// The network bound to its input as it runs where only the cuts of these names are read: what lies
/// before and behind another runs together, as if it were not there. Parameters and running
/// statistics lie as in `bound<N>`.
template <class N, class... Tags>
using running = ExecutionPlan<typename detail::Running<N, Pack<Tags...>>::type, input_of<N>>;

/// A network with a cut of this name: the feature map there can be read, and replaced.
template <class N, class Tag = mutual>
concept FeatureExtractor =
    Network<N> && because<"the network has a cut of this name">(cut_of<N, Tag> >= 0);

/// The shape of the feature map at a cut.
template <class N, class Tag = mutual>
    requires FeatureExtractor<N, Tag>
using feature_at = typename bound<N>::template ShapeAt<cut_of<N, Tag>>;

}  // namespace collab
