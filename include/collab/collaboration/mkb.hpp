// SPDX-License-Identifier: Apache-2.0
// mkb: the mutual knowledge base as a description, and its usual parts (methods of Wang, Wang and
// Gao 2018, section III).
#pragma once
#include <algorithm>

#include <collab/collaboration/merge.hpp>
#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/conv_transpose.hpp>
#include <collab/layer/cut.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/pool.hpp>
#include <collab/layer/sequential.hpp>

namespace collab {

// A part of an MKB is a list of layers (`Layers<...>`), or a type with a member template `For` that
// makes one once the shapes around it are known. Encoders and decoders belong to one network each;
// `Each<...>` gives every network its own.

/// One part per network, in the order of the networks. A part that is not an Each stands for all.
template <class... Parts>
struct Each {};

/// 3x3 convolution to `Channels` maps, batch normalization, ELU. Its stride brings the feature map
/// down to `Extent` rows or fewer.
template <int Channels = 64, int Extent = 8>
struct Encoder {
    template <class Feature>
    using For = Layers<Conv2d<Channels, 3,
                              Stride<std::max(1, (Feature::dims.height + Extent - 1) / Extent),
                                     std::max(1, (Feature::dims.width + Extent - 1) / Extent)>>,
                       BatchNorm, Elu>;
};

/// Two 3x3 convolutions, shared by all networks; no activation after the second, so that embeddings
/// may be negative.
template <int Channels = 64>
struct Transfer : Layers<Conv2d<Channels, 3>, BatchNorm, Elu, Conv2d<Channels, 3>, BatchNorm> {};

namespace detail {
constexpr int decoder_stride(int feature, int map) {
    return std::max(1, (feature + map - 1) / map);
}
constexpr int decoder_rest(int feature, int map) {  // what the stride alone leaves out at the end
    return std::clamp(feature - 1 - (map - 1) * decoder_stride(feature, map), 0,
                      decoder_stride(feature, map) - 1);
}
template <class Map, class Feature>
using DecoderStride = Stride<decoder_stride(Feature::dims.height, Map::dims.height),
                             decoder_stride(Feature::dims.width, Map::dims.width)>;
template <class Map, class Feature>
using DecoderRest = OutputPad<decoder_rest(Feature::dims.height, Map::dims.height),
                              decoder_rest(Feature::dims.width, Map::dims.width)>;
}  // namespace detail

/// One 3x3 transposed convolution back to the feature's shape, and batch normalization.
struct Decoder {
    template <class Map, class Feature>
    using For =
        Layers<ConvTranspose2d<Feature::dims.channels, 3, detail::DecoderStride<Map, Feature>,
                               detail::DecoderRest<Map, Feature>>,
               BatchNorm>;
};

/// Where in the networks the MKB sits: `At<tag>`, the cut of that name in every network. Default:
/// At<mutual>.
template <class Tag>
struct At {
    using cut = Tag;
};

/// How a map of the mutual space becomes the embedding that metrics and the verification head see:
/// a list of layers that ends flat. Default: 4x4 means of each channel, 1,024 numbers for 64
/// channels.
template <class... Ls>
struct Embedding {
    using embedding_layers = Layers<Ls...>;
};
using PooledEmbedding = Embedding<AdaptiveAvgPool<4>, Flatten>;
/// Other ways from a map of 64 channels and 8x8 pixels to the paper's 1,024 numbers, or to all of
/// them. What learns here is shared by all networks.
using FlatEmbedding = Embedding<Flatten>;  ///< the map as it is: 4,096
template <int Width = 1024>
using LinearEmbedding = Embedding<Flatten, Linear<Width>>;
template <int Channels = 64>  ///< a convolution that halves the map
using StridedEmbedding = Embedding<Conv2d<Channels, 3, Stride<2>>, BatchNorm, Flatten>;
template <int Channels = 16>  ///< a convolution to fewer channels
using NarrowEmbedding = Embedding<Conv2d<Channels, 3>, BatchNorm, Flatten>;

namespace detail {
template <class O>
concept CutOption = requires { typename O::cut; };
template <class O>
concept EmbeddingOption = requires { typename O::embedding_layers; };

template <class Default, template <class> class Test, class... Options>
struct Choose {
    using type = Default;
};
template <class Default, template <class> class Test, class First, class... Rest>
struct Choose<Default, Test, First, Rest...>
    : std::conditional_t<Test<First>::value, std::type_identity<First>,
                         Choose<Default, Test, Rest...>> {};
template <class O>
struct IsCut : std::bool_constant<CutOption<O>> {};
template <class O>
struct IsEmbedding : std::bool_constant<EmbeddingOption<O>> {};
template <class O>
struct IsMerge : std::bool_constant<Merge<O>> {};

template <class P, int I>
struct PartFor {
    using type = P;
};
template <int I, class... Ps>
struct PartFor<Each<Ps...>, I> {
    using type = typename Pack<Ps...>::template at<I>;
};
template <class P, int Networks>
inline constexpr bool serves = true;  // there is a part for every network
template <class... Ps, int Networks>
inline constexpr bool serves<Each<Ps...>, Networks> = sizeof...(Ps) == Networks;

/// A list of layers, a single layer, or something that makes a list for the shapes around it.
template <class P, class... Shapes>
concept PartOf = LayerList<P> || Layer<P> || requires { typename P::template For<Shapes...>; };

template <class P, class... Shapes>
struct Resolved {
    using type = typename P::template For<Shapes...>;
};
template <class P, class... Shapes>
    requires(LayerList<P> || Layer<P>)
struct Resolved<P, Shapes...> {
    using type = P;
};
}  // namespace detail

/// A mutual knowledge base: private encoders and decoders, one shared transfer, between the cut of
/// every network and what follows it. Options in any order: `At<tag>`, a merge (ProductMerge,
/// SumMerge, IdentityMerge), `Embedding<...>`.
template <class EncoderPart, class TransferPart, class DecoderPart, class... Options>
struct MKB {
    using is_mkb = void;
    using cut = typename detail::Choose<At<mutual>, detail::IsCut, Options...>::type::cut;
    using merge = typename detail::Choose<ProductMerge, detail::IsMerge, Options...>::type;
    using embedding = typename detail::Choose<PooledEmbedding, detail::IsEmbedding,
                                              Options...>::type::embedding_layers;
    static_assert(
        ((detail::CutOption<Options> || detail::EmbeddingOption<Options> || Merge<Options>) && ...),
        "collab: an option of an MKB is At<tag>, a merge or Embedding<...>");

    /// The parts of network I, as given.
    template <int I>
    using encoder_part = typename detail::PartFor<EncoderPart, I>::type;
    using transfer_part = TransferPart;
    template <int I>
    using decoder_part = typename detail::PartFor<DecoderPart, I>::type;
    template <int Networks>
    static constexpr bool serves =
        detail::serves<EncoderPart, Networks> && detail::serves<DecoderPart, Networks>;
    /// The parts of network I, given the shapes around them.
    template <int I, class Feature>
    using encoder_for = typename detail::Resolved<encoder_part<I>, Feature>::type;
    template <class Code>
    using transfer_for = typename detail::Resolved<transfer_part, Code>::type;
    template <int I, class Map, class Feature>
    using decoder_for = typename detail::Resolved<decoder_part<I>, Map, Feature>::type;
};

}  // namespace collab
