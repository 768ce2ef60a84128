// SPDX-License-Identifier: Apache-2.0
// check: what must hold between the networks, the knowledge bases and the metric of a
// collaboration, each with its sentence.
#pragma once
#include <collab/core/expect.hpp>
#include <collab/core/shape.hpp>

#include <collab/collaboration/mkb.hpp>
#include <collab/collaboration/mkb_path.hpp>
#include <collab/loss/concepts.hpp>
#include <collab/loss/cross_entropy.hpp>
#include <collab/loss/task.hpp>
#include <collab/model/check.hpp>

namespace collab::detail {

template <int Networks>
struct CheckSize {
    static_assert(Networks > 0, "collab: a collaboration has at least one network");
};
template <class M>
struct CheckMetric {
    static_assert(Metric<M>, "collab: this item is neither a network, nor an MKB, nor a method, "
                             "nor a policy, nor a loss, nor a metric (value and gradient, both "
                             "const)");
};
template <class L>
struct CheckLoss {
    static constexpr bool is_loss = Loss<L>;
    static_assert(is_loss, "collab: this item has a `Target` and is no Loss: it needs value, "
                           "gradient (both const), Scores and a name");
};
template <class L>
struct CheckLossRanges {
    static_assert(SaysItsRanges<L>, "collab: this loss has settings and no `check() const` that "
                                    "says which values they may have");
};
template <class S, class L>
struct CheckScore {
    static constexpr bool is_score = Score<S, float, typename L::Target>;
    static_assert(is_score, "collab: this score does not judge what the loss is given: it needs "
                            "value(d, outputs, target), name and higher_is_better");
};
template <int Count>
struct CheckScoreCount {
    static_assert(Count >= 1 && Count <= most_scores, "collab: a task has one to four scores");
};
template <class M>
struct CheckMetricDomain {
    static_assert(domain_of<M>() == Domain::embeddings,
                  "collab: an MKB compares embeddings, and this metric compares logits");
};
template <class M>
struct CheckMetricRanges {
    static_assert(SaysItsRanges<M>, "collab: this metric has settings and no `check() const` that "
                                    "says which values they may have");
};
template <int Network, class Input, class FirstInput>
struct CheckInput {
    static_assert(
        SameShape<Input, FirstInput>,
        "collab: this network does not look at images of the same shape as the first one");
};
template <int Network, class Scores>
struct CheckScores {
    static_assert(
        Scores::dims.area() == 1,
        "collab: the output of this network is not flat: end it with Linear or GlobalAvgPool");
};
template <int Network, class Scores, class FirstScores>
struct CheckClasses {
    static_assert(SameShape<Scores, FirstScores>,
                  "collab: this network does not tell apart as many classes as the first one");
};
template <int Network, class N, class Tag>
struct CheckCut {
    static_assert(FeatureExtractor<N, Tag>, "collab: this network has no cut of this name");
};
template <class Mkb, int Networks>
struct CheckEach {
    static_assert(Mkb::template serves<Networks>,
                  "collab: an Each of this MKB does not have one part for every network");
};
template <class Part, class... Shapes>
struct CheckPart {
    static_assert(PartOf<Part, Shapes...>, "collab: this part of an MKB is neither a list of "
                                           "layers nor has it a fitting member template For");
};
template <int Network, class Code, class FirstCode>
struct CheckEncoder {
    static_assert(
        SameShape<Code, FirstCode>,
        "collab: this network's encoder leads to another mutual space than the first one's");
};
template <int Network, class Feature, class Restored>
struct CheckDecoder {
    static_assert(SameShape<Feature, Restored>,
                  "collab: this network's decoder does not restore the shape of its feature");
};
template <class Flat>
struct CheckEmbedding {
    static_assert(Flat::dims.area() == 1,
                  "collab: an embedding is flat: end its layers with Flatten or GlobalAvgPool");
};
template <int Network, class N>
struct CheckCutOrder {
    static_assert(!sizeof(N), "collab: the cuts of several MKBs follow one another in the order of "
                              "the MKBs, in every network");
};
template <class B>
struct CheckCrossEntropy {
    static constexpr bool offered = CrossEntropyBackend<B>;
    static_assert(offered, "collab: the backend lacks softmax_cross_entropy, which training needs");
};
template <class M, class Scalar>
struct CheckMetricScalar {
    static constexpr bool computes = Metric<M, Scalar>;
    static_assert(computes, "collab: this metric does not compute with the backend's numbers");
};

// Which part of which network's way a message about layers speaks of.
template <int Network>
struct InEncoder;
struct InTransfer;
template <int Network>
struct InDecoder;
struct InEmbedding;

/// The shapes of network I's way through MKB K.
template <class K, int I, class N>
struct Branch {
    using Feature = feature_at<N, typename K::cut>;
    using EncoderLayers = typename K::template encoder_for<I, Feature>;
    using Code = typename ExecutionPlan<EncoderLayers, Feature>::Output;
    using TransferLayers = typename K::template transfer_for<Code>;
    using Map = typename ExecutionPlan<TransferLayers, Code>::Output;
    using DecoderLayers = typename K::template decoder_for<I, Map, Feature>;
    using Restored = typename ExecutionPlan<DecoderLayers, Map>::Output;
    using Embed = ExecutionPlan<typename K::embedding, Map>;
    using Verify =
        ExecutionPlan<Layers<Linear<bound<N>::Output::dims.size()>>, typename Embed::Output>;
    using Way = MkbPath<EncoderLayers, TransferLayers, DecoderLayers, typename K::merge, Feature>;
    using Layer = MutualKnowledge<EncoderLayers, TransferLayers, DecoderLayers, typename K::merge>;
};

// The same, stage by stage: a type of Branch can be named only when all of them exist.
template <class K, class N>
using feature_of = feature_at<N, typename K::cut>;
template <class K, int I, class N>
using encoder_of = typename K::template encoder_for<I, feature_of<K, N>>;
template <class K, int I, class N>
using code_of = typename ExecutionPlan<encoder_of<K, I, N>, feature_of<K, N>>::Output;
template <class K, int I, class N>
using transfer_of = typename K::template transfer_for<code_of<K, I, N>>;
template <class K, int I, class N>
using map_of = typename ExecutionPlan<transfer_of<K, I, N>, code_of<K, I, N>>::Output;
template <class K, int I, class N>
using decoder_of = typename K::template decoder_for<I, map_of<K, I, N>, feature_of<K, N>>;

// Soft checks (see model/check.hpp), in the order in which they rely on each other. Classes, not
// aliases: an alias would be looked into as soon as it is listed.
template <class Networks>
struct HasNetworks {
    static constexpr bool holds = Networks::size > 0;
    using sentence = CheckSize<Networks::size>;
};
template <class M>
struct IsMetric {
    static constexpr bool holds = Metric<M>;
    using sentence = CheckMetric<M>;
};
template <class M, int Bases>
struct ComparesEmbeddings {
    static constexpr bool holds = Bases == 0 || domain_of<M>() == Domain::embeddings;
    using sentence = CheckMetricDomain<M>;
};
template <class M>
struct MetricSaysItsRanges {
    static constexpr bool holds = SaysItsRanges<M>;
    using sentence = CheckMetricRanges<M>;
};
template <int I, class N, class First>
struct SameInput {
    static constexpr bool holds = SameShape<input_of<N>, input_of<First>>;
    using sentence = CheckInput<I, input_of<N>, input_of<First>>;
};
template <int I, class N, class L>
struct FlatScores {
    static constexpr bool holds = !class_targets<L> || bound<N>::Output::dims.area() == 1;
    using sentence = CheckScores<I, typename bound<N>::Output>;
};
template <int I, class N, class First>
struct SameClasses {
    static constexpr bool holds =
        SameShape<typename bound<N>::Output, typename bound<First>::Output>;
    using sentence = CheckClasses<I, typename bound<N>::Output, typename bound<First>::Output>;
};
template <class K, int Networks>
struct ServesAll {
    static constexpr bool holds = K::template serves<Networks>;
    using sentence = CheckEach<K, Networks>;
};
template <class K, int I, class N>
struct HasCut {
    static constexpr bool holds = FeatureExtractor<N, typename K::cut>;
    using sentence = CheckCut<I, N, typename K::cut>;
};
template <class Part, class... Shapes>
struct IsPart {
    static constexpr bool holds = PartOf<Part, Shapes...>;
    using sentence = CheckPart<Part, Shapes...>;
};
template <class K, int I, class N>
struct EncoderIsPart : IsPart<typename K::template encoder_part<I>, feature_of<K, N>> {};
template <class K, int I, class N>
struct EncoderIsLayers : AreLayers<flat_layers<encoder_of<K, I, N>>, InEncoder<I>> {};
template <class K, int I, class N>
struct EncoderFits : ShapesFit<flat_layers<encoder_of<K, I, N>>, feature_of<K, N>, InEncoder<I>> {};
template <class K, int I, class N, class First>
struct SameCode {
    static constexpr bool holds = SameShape<code_of<K, I, N>, code_of<K, 0, First>>;
    using sentence = CheckEncoder<I, code_of<K, I, N>, code_of<K, 0, First>>;
};
template <class K, int I, class N>
struct TransferIsPart : IsPart<typename K::transfer_part, code_of<K, I, N>> {};
template <class K, int I, class N>
struct TransferIsLayers : AreLayers<flat_layers<transfer_of<K, I, N>>, InTransfer> {};
template <class K, int I, class N>
struct TransferFits : ShapesFit<flat_layers<transfer_of<K, I, N>>, code_of<K, I, N>, InTransfer> {};
template <class K, int I, class N>
struct DecoderIsPart
    : IsPart<typename K::template decoder_part<I>, map_of<K, I, N>, feature_of<K, N>> {};
template <class K, int I, class N>
struct DecoderIsLayers : AreLayers<flat_layers<decoder_of<K, I, N>>, InDecoder<I>> {};
template <class K, int I, class N>
struct DecoderFits : ShapesFit<flat_layers<decoder_of<K, I, N>>, map_of<K, I, N>, InDecoder<I>> {};
template <class K, int I, class N>
struct Restores {
    using Restored = typename ExecutionPlan<decoder_of<K, I, N>, map_of<K, I, N>>::Output;
    static constexpr bool holds = SameShape<feature_of<K, N>, Restored>;
    using sentence = CheckDecoder<I, feature_of<K, N>, Restored>;
};
template <class K, int I, class N>
struct EmbeddingFits : ShapesFit<flat_layers<typename K::embedding>, map_of<K, I, N>, InEmbedding> {
};
template <class K, int I, class N>
struct EmbeddingIsFlat {
    using Flat = typename ExecutionPlan<typename K::embedding, map_of<K, I, N>>::Output;
    static constexpr bool holds = Flat::dims.area() == 1;
    using sentence = CheckEmbedding<Flat>;
};
template <int I, class N, class... Ks>
struct CutsInOrder {
    static constexpr bool holds = [] {
        constexpr int cuts[] = {cut_of<N, typename Ks::cut>..., 0};
        for (int k = 1; k < int(sizeof...(Ks)); ++k)
            if (cuts[k] <= cuts[k - 1])
                return false;
        return true;
    }();
    using sentence = CheckCutOrder<I, N>;
};

template <class K, int I, class N, class First>
using BranchChecks = Pack<HasCut<K, I, N>, EncoderIsPart<K, I, N>, EncoderIsLayers<K, I, N>,
                          EncoderFits<K, I, N>, SameCode<K, I, N, First>, TransferIsPart<K, I, N>,
                          TransferIsLayers<K, I, N>, TransferFits<K, I, N>, DecoderIsPart<K, I, N>,
                          DecoderIsLayers<K, I, N>, DecoderFits<K, I, N>, Restores<K, I, N>,
                          AreLayers<flat_layers<typename K::embedding>, InEmbedding>,
                          EmbeddingFits<K, I, N>, EmbeddingIsFlat<K, I, N>>;

/// What must hold for the loss of the task and its scores.
template <class L>
struct IsLoss {
    static constexpr bool holds = Loss<L>;
    using sentence = CheckLoss<L>;
};
template <class L>
struct LossSaysItsRanges {
    static constexpr bool holds = SaysItsRanges<L>;
    using sentence = CheckLossRanges<L>;
};
template <class S, class L>
struct IsScore {
    static constexpr bool holds = Score<S, float, typename L::Target>;
    using sentence = CheckScore<S, L>;
};
template <int Count>
struct FewScores {
    static constexpr bool holds = Count >= 1 && Count <= most_scores;
    using sentence = CheckScoreCount<Count>;
};
template <class L, class Scores>
struct TaskCheckList;
template <class L, class... S>
struct TaskCheckList<L, Pack<S...>> {
    using type = Pack<IsLoss<L>, LossSaysItsRanges<L>, IsScore<S, L>..., FewScores<sizeof...(S)>>;
};
template <class L, class Scores>
using TaskChecks = typename TaskCheckList<L, Scores>::type;

/// Everything that must hold for a collaboration, whatever the backend.
template <class Networks, class Mkbs, class M, class L = CrossEntropy,
          class Numbers = std::make_integer_sequence<int, Networks::size>>
struct CollaborationChecks;
template <class... Ns, class... Ks, class M, class L, int... I>
struct CollaborationChecks<Pack<Ns...>, Pack<Ks...>, M, L, std::integer_sequence<int, I...>> {
    using First = typename Pack<Ns..., void>::template at<0>;
    template <int J, class N>
    using branches =
        joined<Pack<>, BranchChecks<Ks, J, N, First>..., Pack<CutsInOrder<J, N, Ks...>>>;
    using type =
        joined<Pack<HasNetworks<Pack<Ns...>>>, NetworkChecks<Ns>...,
               Pack<IsMetric<M>, MetricSaysItsRanges<M>, ComparesEmbeddings<M, sizeof...(Ks)>>,
               Pack<SameInput<I, Ns, First>, FlatScores<I, Ns, L>, SameClasses<I, Ns, First>>...,
               Pack<ServesAll<Ks, sizeof...(Ns)>...>, branches<I, Ns>...>;
};

/// What the backend must offer to train it.
template <class C, class B, class Networks = typename C::networks, class Mkbs = typename C::mkbs>
struct TrainingChecks;
template <class C, class B, class... Ns, class... Ks>
struct TrainingChecks<C, B, Pack<Ns...>, Pack<Ks...>> {
    template <class K>
    struct Embeds : FindOperations<flat_layers<typename K::embedding>, B, InEmbedding> {};
    template <class K, int I, class N>
    struct MkbPaths : FindOperations<Pack<typename Branch<K, I, N>::Layer>, B, N> {};
    struct Compares {
        static constexpr bool holds = Metric<typename C::metric, typename B::Scalar>;
        using sentence = CheckMetricScalar<typename C::metric, typename B::Scalar>;
    };
    struct Classifies {
        static constexpr bool holds = CrossEntropyBackend<B> && ProductBackend<B>;
        using sentence = CheckCrossEntropy<B>;
    };
    template <class K>
    static auto paths() {
        return []<int... I>(std::integer_sequence<int, I...>) {
            return Pack<MkbPaths<K, I, Ns>...>{};
        }(std::make_integer_sequence<int, int(sizeof...(Ns))>{});
    }
    using type = joined<BackendChecks<Ns, B>..., decltype(paths<Ks>())..., Pack<Embeds<Ks>...>,
                        Pack<Classifies, Compares>>;
};

}  // namespace collab::detail
