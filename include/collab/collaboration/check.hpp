// SPDX-License-Identifier: Apache-2.0
// check: what must hold between the networks, the knowledge bases and the metric of a collaboration, each with its sentence.
#pragma once
#include <collab/collaboration/bridge.hpp>
#include <collab/collaboration/mkb.hpp>
#include <collab/model/check.hpp>
#include <collab/objective/concepts.hpp>

namespace collab::detail {

template <int Network, class N, class Tag>
struct CheckCut { static_assert(FeatureExtractor<N, Tag>, "collab: this network has no cut of this name"); };
template <int Network, class Code, class FirstCode>
struct CheckEncoder { static_assert(SameShape<Code, FirstCode>, "collab: this network's encoder leads to another mutual space than the first one's"); };
template <int Network, class Feature, class Restored>
struct CheckDecoder { static_assert(SameShape<Feature, Restored>, "collab: this network's decoder does not restore the shape of its feature"); };
template <int Network, class Scores, class FirstScores>
struct CheckClasses { static_assert(SameShape<Scores, FirstScores>, "collab: this network does not tell apart as many classes as the first one"); };
template <int Network, class Input, class FirstInput>
struct CheckInput { static_assert(SameShape<Input, FirstInput>, "collab: this network does not look at images of the same shape as the first one"); };
template <class M>
struct CheckMetric { static_assert(Metric<M>, "collab: this item is neither a network, nor an MKB, nor a policy, nor a metric"); };
template <class M>
struct CheckMetricDomain { static_assert(domain_of<M>() == Domain::embeddings, "collab: an MKB compares embeddings, and this metric compares logits"); };
template <int Network, class N>
struct CheckCutOrder { static_assert(!sizeof(N), "collab: the cuts of several MKBs follow one another in the order of the MKBs, in every network"); };
template <class Flat>
struct CheckEmbedding { static_assert(Flat::dims.area() == 1, "collab: an embedding is flat: end its layers with Flatten or GlobalAvgPool"); };

/// A list of layers inside an MKB, at the shape it is given.
template <class List, class In>
struct CheckPart {
    using layers = flat_layers<List>;
    static constexpr measure_of<layers> m{In::dims};
    static constexpr bool ok = m.fits();
    static constexpr bool shapes = [] {
        if constexpr (!ok) {
            constexpr Dims d = m.shapes[m.misfit];
            return sizeof(CheckShape<m.misfit, typename layers::template at<m.misfit>, Shape<d.channels, d.height, d.width>>) > 0;
        }
        return true;
    }();
    static_assert(shapes);
};

/// The shapes of network I's way through MKB K.
template <class K, int I, class N>
struct Branch {
    using Feature = feature_at<N, typename K::cut>;
    using EncoderLayers = typename K::template encoder_for<I, Feature>;
    using Code = typename Sequence<EncoderLayers, Feature>::Output;
    using TransferLayers = typename K::template transfer_for<Code>;
    using Map = typename Sequence<TransferLayers, Code>::Output;
    using DecoderLayers = typename K::template decoder_for<I, Map, Feature>;
    using Restored = typename Sequence<DecoderLayers, Map>::Output;
    using Embed = Sequence<typename K::embedding, Map>;
    using Verify = Sequence<Layers<Linear<bound<N>::Output::dims.channels>>, typename Embed::Output>;
    using Way = Bridge<EncoderLayers, TransferLayers, DecoderLayers, typename K::merge, Feature>;
    using Layer = MutualKnowledge<EncoderLayers, TransferLayers, DecoderLayers, typename K::merge>;
};

template <class K, int I, class N, class First>
struct CheckBranch {
    static constexpr bool has_cut = FeatureExtractor<N, typename K::cut> && FeatureExtractor<First, typename K::cut>;
    static_assert(sizeof(CheckCut<I, N, typename K::cut>) > 0);
    static constexpr bool ok = [] {   // each stage only where the one before holds: one mistake, one error
        if constexpr (has_cut) {
            using Feature = feature_at<N, typename K::cut>;
            using B = Branch<K, I, N>;
            if constexpr (CheckPart<typename B::EncoderLayers, Feature>::ok) {
                using FirstCode = typename Branch<K, 0, First>::Code;
                (void)sizeof(CheckEncoder<I, typename B::Code, FirstCode>);
                if constexpr (SameShape<typename B::Code, FirstCode>)
                    if constexpr (CheckPart<typename B::TransferLayers, typename B::Code>::ok && CheckPart<typename B::DecoderLayers, typename B::Map>::ok) {
                        (void)sizeof(CheckDecoder<I, Feature, typename B::Restored>);
                        if constexpr (CheckPart<typename K::embedding, typename B::Map>::ok) {
                            (void)sizeof(CheckEmbedding<typename B::Embed::Output>);
                            return SameShape<Feature, typename B::Restored> && B::Embed::Output::dims.area() == 1;
                        }
                    }
            }
        }
        return false;
    }();
};

/// All checks of a collaboration; `ok` guards what needs them to hold.
template <class Networks, class Mkbs, class M>
struct CheckCollaboration;
template <class... Ns, class... Ks, class M>
struct CheckCollaboration<Pack<Ns...>, Pack<Ks...>, M> {
    using Networks = Pack<Ns...>;
    using First = typename Networks::template at<0>;
    static_assert(((sizeof(CheckNetwork<Ns>) > 0) && ...));
    static constexpr bool networks = (Network<Ns> && ...);
    static_assert(sizeof(CheckMetric<M>) > 0);
    static constexpr bool metric = [] {
        if constexpr (Metric<M> && sizeof...(Ks) > 0) {
            (void)sizeof(CheckMetricDomain<M>);
            return domain_of<M>() == Domain::embeddings;
        }
        return Metric<M>;
    }();
    static_assert(metric || !Metric<M> || sizeof(CheckMetricDomain<M>) > 0);
    static constexpr bool ok = [] {
        bool good = networks && metric;
        if constexpr (networks)
            unroll<sizeof...(Ns)>([&](auto i) {
                using N = typename Networks::template at<i>;
                (void)sizeof(CheckInput<i, input_of<N>, input_of<First>>);
                (void)sizeof(CheckClasses<i, typename bound<N>::Output, typename bound<First>::Output>);
                good = good && SameShape<input_of<N>, input_of<First>> && SameShape<typename bound<N>::Output, typename bound<First>::Output>;
                if constexpr (SameShape<typename bound<N>::Output, typename bound<First>::Output>) {
                    ((good = CheckBranch<Ks, i, N, First>::ok && good), ...);
                    constexpr int cuts[] = {-1, cut_of<N, typename Ks::cut>...};
                    constexpr bool ordered = [&] {
                        for (int k = 1; k < int(sizeof...(Ks)); ++k)
                            if (cuts[k] >= 0 && cuts[k + 1] >= 0 && cuts[k + 1] <= cuts[k]) return false;
                        return true;
                    }();
                    if constexpr (!ordered) (void)sizeof(CheckCutOrder<i, N>), good = false;
                }
            });
        return good;
    }();
};

}  // namespace collab::detail
