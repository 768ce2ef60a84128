// SPDX-License-Identifier: Apache-2.0
// mkb_path: H = merge(X, decode(transfer(encode(X)))), by hand.
#include <doctest/doctest.h>

#include <cmath>

#include <collab/backend/reference/reference.hpp>
#include <collab/collaboration/mkb.hpp>
#include <collab/collaboration/mkb_path.hpp>
#include <collab/layer/concat.hpp>
#include <collab/model/model.hpp>

using namespace collab;

namespace {
using Map = Shape<2, 1, 2>;
using One = Layers<Conv2d<2, 1>>;
template <class M>
using Simple = MutualKnowledge<One, One, One, M>;

/// The layers' output with weights that double, triple and negate half: U = -3 X.
template <class List>
std::vector<double> run(const std::vector<double>& x) {
    Model<Sequential<Map, List>, Reference<double>> model(4);
    model.set_parameters({2, 0, 0, 2, 3, 0, 0, 3, -0.5, 0, 0, -0.5});
    return model.predict(x.data(), int(x.size()) / 4);
}
const std::vector<double> x{1, -0.5, 0.25, 0, 2, -3, 0.125, 8};
}  // namespace

TEST_CASE("a path merges a feature with what it encodes, transfers and decodes") {
    const auto sum = run<Simple<SumMerge>>(x);
    const auto product = run<Simple<ProductMerge>>(x);
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double u = -3 * x[i];
        const double elu = u > 0 ? u : std::expm1(u);
        CHECK(sum[i] == doctest::Approx(1 + elu + x[i]).epsilon(1e-14));
        CHECK(product[i] == doctest::Approx((1 + elu) * x[i]).epsilon(1e-14));
    }
    CHECK(run<Simple<IdentityMerge>>(x) == x);
}

TEST_CASE("a path writes into its slice of a concatenation") {
    const auto whole = run<Simple<ProductMerge>>(x);
    const auto beside = run<Concat<Simple<ProductMerge>, Layers<>>>(x);
    REQUIRE(beside.size() == 2 * x.size());
    for (std::size_t p = 0; p < x.size() / 2; ++p)
        for (std::size_t c = 0; c < 2; ++c) {
            CHECK(beside[4 * p + c] == whole[2 * p + c]);
            CHECK(beside[4 * p + 2 + c] == x[2 * p + c]);
        }
}

TEST_CASE("a path without knowledge leaves the feature as it is, or adds one") {
    using Parts = MutualKnowledge<Encoder<3>::For<Map>, Transfer<3>,
                                  Decoder::For<Shape<3, 1, 2>, Map>, ProductMerge>;
    Model<Sequential<Map, Parts>, Reference<double>> product(2);
    auto p = product.parameters();
    const Named& scale = product.named_tensors().find("net0.0.decoder.1.weight");
    // the decoder's normalization ends in 0 U + 0
    for (int i = 0; i < scale.tensor.size; ++i)
        p[scale.offset + std::size_t(i)] = 0;
    product.set_parameters(p);
    CHECK(product.predict(x.data(), 2) == x);
    using Sums = MutualKnowledge<Encoder<3>::For<Map>, Transfer<3>,
                                 Decoder::For<Shape<3, 1, 2>, Map>, SumMerge>;
    Model<Sequential<Map, Sums>, Reference<double>> sum(2);
    sum.set_parameters(p);
    const auto h = sum.predict(x.data(), 2);
    for (std::size_t i = 0; i < x.size(); ++i)
        CHECK(h[i] == x[i] + 1);
}

TEST_CASE("a path accepts what its parts restore") {
    CHECK(Accepts<Simple<SumMerge>, Map>);
    CHECK_FALSE(Accepts<MutualKnowledge<One, One, Layers<Conv2d<3, 1>>, SumMerge>, Map>);
    CHECK_FALSE(Accepts<MutualKnowledge<One, Layers<Conv2d<2, 5, Pad<0>>>, One, SumMerge>, Map>);
    CHECK_FALSE(
        Accepts<MutualKnowledge<Layers<Conv2d<2, 1, Stride<1, 2>>>, One, One, SumMerge>, Map>);
    CHECK(Simple<SumMerge>::describe() == "MutualKnowledge");
}
