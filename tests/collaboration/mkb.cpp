// SPDX-License-Identifier: Apache-2.0
// mkb: encoders, transfers and decoders find their shapes, and options their places.
#include <doctest/doctest.h>

#include <collab/collaboration/collaboration.hpp>
#include <collab/zoo/resnet.hpp>
#include <collab/zoo/small_net.hpp>

using namespace collab;

namespace {
template <class List, class In>
using output = typename ExecutionPlan<List, In>::Output;
template <class List, class In>
constexpr int parameters = ExecutionPlan<List, In>::footprint.parameters;
template <int Height, int Width, int Extent>
// a feature of this size comes back from the mutual space with its own shape
constexpr bool restored = [] {
    using Feature = Shape<3, Height, Width>;
    using Map = output<typename Encoder<4, Extent>::template For<Feature>, Feature>;
    return Map::dims.height <= Extent && Map::dims.width <= Extent &&
           std::same_as<output<Decoder::For<Map, Feature>, Map>, Feature>;
}();
}  // namespace

TEST_CASE("an encoder brings any feature down to eight rows and columns or fewer") {
    CHECK(
        std::same_as<output<Encoder<64>::For<Shape<64, 8, 8>>, Shape<64, 8, 8>>, Shape<64, 8, 8>>);
    CHECK(std::same_as<output<Encoder<64>::For<Shape<32, 16, 16>>, Shape<32, 16, 16>>,
                       Shape<64, 8, 8>>);
    CHECK(std::same_as<output<Encoder<16>::For<Shape<3, 32, 16>>, Shape<3, 32, 16>>,
                       Shape<16, 8, 8>>);
    CHECK(std::same_as<output<Encoder<16, 4>::For<Shape<3, 32, 1>>, Shape<3, 32, 1>>,
                       Shape<16, 4, 1>>);
    CHECK(std::same_as<output<Encoder<64>::For<Shape<128, 4, 4>>, Shape<128, 4, 4>>,
                       Shape<64, 4, 4>>);
}

TEST_CASE("a decoder restores features of every size") {
    static_for<70>([](auto i) {
        CHECK_MESSAGE((restored<i + 1, 71 - i, 8>), "extent ", (int(i) + 1));
        CHECK_MESSAGE((restored<i + 1, i + 1, 5>), "extent ", (int(i) + 1));
    });
    CHECK((restored<112, 112, 8>));
    CHECK((restored<224, 56, 14>));
}

TEST_CASE("the parts have the paper's sizes") {
    CHECK(parameters<Encoder<64>::For<Shape<64, 8, 8>>, Shape<64, 8, 8>> == 36864 + 128);
    CHECK(parameters<Encoder<64>::For<Shape<32, 16, 16>>, Shape<32, 16, 16>> == 18432 + 128);
    CHECK(parameters<Transfer<64>, Shape<64, 8, 8>> == 2 * (36864 + 128));
    CHECK(parameters<Decoder::For<Shape<64, 8, 8>, Shape<32, 16, 16>>, Shape<64, 8, 8>> ==
          18432 + 64);
    CHECK(std::same_as<output<PooledEmbedding::embedding_layers, Shape<64, 8, 8>>, Shape<1024>>);
    CHECK(std::same_as<output<LinearEmbedding<>::embedding_layers, Shape<64, 8, 8>>, Shape<1024>>);
    CHECK(std::same_as<output<StridedEmbedding<>::embedding_layers, Shape<64, 8, 8>>, Shape<1024>>);
    CHECK(std::same_as<output<NarrowEmbedding<>::embedding_layers, Shape<64, 8, 8>>, Shape<1024>>);
    CHECK(std::same_as<output<FlatEmbedding::embedding_layers, Shape<64, 8, 8>>, Shape<4096>>);
    CHECK(parameters<LinearEmbedding<>::embedding_layers, Shape<64, 8, 8>> == 4195328);
}

TEST_CASE("options stand in any order and have defaults") {
    struct place;
    using Plain = MKB<Encoder<64>, Transfer<64>, Decoder>;
    CHECK(std::same_as<Plain::cut, mutual>);
    CHECK(std::same_as<Plain::merge, ProductMerge>);
    CHECK(std::same_as<Plain::embedding, Layers<AdaptiveAvgPool<4>, Flatten>>);
    using All =
        MKB<Encoder<64>, Transfer<64>, Decoder, Embedding<GlobalAvgPool>, SumMerge, At<place>>;
    using Turned =
        MKB<Encoder<64>, Transfer<64>, Decoder, At<place>, Embedding<GlobalAvgPool>, SumMerge>;
    CHECK((std::same_as<All::cut, place> && std::same_as<Turned::cut, place>));
    CHECK((std::same_as<All::merge, SumMerge> && std::same_as<Turned::merge, SumMerge>));
    CHECK((std::same_as<All::embedding, Layers<GlobalAvgPool>> &&
           std::same_as<Turned::embedding, Layers<GlobalAvgPool>>));
}

TEST_CASE("a part serves all networks, or each its own") {
    using E0 = Layers<Conv2d<4, 3>>;
    using E1 = Layers<Conv2d<4, 1>>;
    using K = MKB<Each<E0, E1>, Conv2d<4, 1>, Each<Decoder, E1>>;
    using Map = Shape<4, 8, 8>;
    CHECK(std::same_as<K::encoder_for<0, Map>, E0>);
    CHECK(std::same_as<K::encoder_for<1, Map>, E1>);
    CHECK(std::same_as<K::transfer_for<Map>, Conv2d<4, 1>>);
    CHECK(std::same_as<K::decoder_for<1, Map, Map>, E1>);
    CHECK(std::same_as<K::decoder_for<0, Map, Map>, Decoder::For<Map, Map>>);
    CHECK(K::serves<2>);
    CHECK_FALSE(K::serves<3>);
}

TEST_CASE("a collaboration recognizes its items in any order") {
    using Small = zoo::SmallNet<>;
    using Large = zoo::ResNet<20>;
    using Base = MKB<Encoder<64>, Transfer<64>, Decoder>;
    using One = Collaboration<Small, Large, Base, NegativeDot>;
    using Two =
        Collaboration<NegativeDot, Simultaneous, Small, Base, SiameseInput, Large, Pairwise>;
    CHECK((One::ok && Two::ok));
    CHECK((std::same_as<One::networks, Pack<Small, Large>> &&
           std::same_as<Two::networks, Pack<Small, Large>>));
    CHECK((std::same_as<One::mkbs, Pack<Base>> && std::same_as<Two::mkbs, Pack<Base>>));
    CHECK((std::same_as<One::metric, NegativeDot> && std::same_as<Two::metric, NegativeDot>));
    CHECK(std::same_as<Collaboration<Small, Base>::metric, CosineDistance>);
    CHECK((One::size == 2 && One::bases == 1));
    CHECK(std::same_as<One::plan<0>, running<Small, mutual>>);  // its other cuts are not there
    CHECK(One::boundaries<0> ==
          std::array<int, 3>{0, One::plan<0>::layers::find<Cut<mutual>>, One::plan<0>::depth});
    CHECK(One::plan<0>::depth < bound<Small>::depth);
    CHECK(std::same_as<One::branch<1, 0>::Feature, Shape<32, 16, 16>>);
    CHECK(std::same_as<One::branch<1, 0>::Code, Shape<64, 8, 8>>);
    CHECK(std::same_as<One::branch<1, 0>::Restored, Shape<32, 16, 16>>);
    CHECK(std::same_as<One::branch<0, 0>::Verify::Output, Shape<10>>);
}
