// SPDX-License-Identifier: Apache-2.0
// concepts: a network as it runs where only some of its cuts are read.
#include <concepts>

#include <doctest/doctest.h>

#include <collab/collab.hpp>

#include "layer/run.hpp"

using namespace collab;
using namespace collab::trial;

namespace {

using In = Shape<2, 6, 6>;
struct early;
struct late;
using Body = Layers<Conv2d<3, 3>, BatchNorm, Relu, Cut<early>, Conv2d<4, 3>, BatchNorm, Relu,
                    Cut<late>, Dropout<3, 10>, Flatten, Linear<3>>;
struct Net : Sequential<In, Body> {};
template <class... Tags>
using List = typename collab::detail::Running<Net, Pack<Tags...>>::type;

template <class L>
Numbers trained() {
    Numbers state = {0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1};
    Numbers x;
    for (int i = 0; i < 2 * In::dims.size(); ++i)
        x.push_back(i % 11 * 0.1 - i % 7 * 0.2);
    Numbers p;
    for (int i = 0; i < parameters_of<L, In>; ++i)
        p.push_back(i % 13 * 0.05 - i % 5 * 0.08);
    return run<L, In>(x, p, state, Mode::training, Random{5});
}

}  // namespace

TEST_CASE("a cut that nobody reads is not there, and one that is read is") {
    static_assert(std::same_as<running<Net, early, late>, bound<Net>>);
    static_assert(std::same_as<running<Net, late, early, mutual>, bound<Net>>);
    CHECK(running<Net>::depth == bound<Net>::depth - 2);
    CHECK(running<Net, late>::depth == bound<Net>::depth - 1);
    CHECK(running<Net, late>::layers::find<Cut<early>> == -1);
    CHECK(running<Net, late>::layers::find<Cut<late>> == 6);
    CHECK(running<Net>::footprint.parameters == bound<Net>::footprint.parameters);
    CHECK(running<Net>::footprint.state == bound<Net>::footprint.state);
}
TEST_CASE("layers before and behind a cut that nobody reads run together") {
    CHECK(!bound<Net>::table.is_virtual[3]);
    CHECK(running<Net>::table.is_virtual[3]);
    CHECK(running<Net>::footprint.saved == bound<Net>::footprint.saved - (3 * 36 + 15) / 16 * 16);
    CHECK(!running<Net, early>::table.is_virtual[3]);
}
TEST_CASE("dropout draws the same numbers whoever reads the cuts before it") {
    const Numbers all = trained<List<early, late>>();
    const Numbers one = trained<List<late>>();
    const Numbers none = trained<List<>>();
    REQUIRE(all.size() == 6);
    for (std::size_t i = 0; i < all.size(); ++i) {
        CHECK(one[i] == doctest::Approx(all[i]).epsilon(1e-12));
        CHECK(none[i] == doctest::Approx(all[i]).epsilon(1e-12));
    }
    CHECK(running<Net>::number<6> == 8);
    CHECK(running<Net, early, late>::number<8> == 8);
}
TEST_CASE("a network trained alone and one whose cuts a collaboration reads have the same names "
          "and weights") {
    struct Own : Net {};
    Training<Net, Reference<double>> alone({.batch = 2});
    Training<Collaboration<Net, Own, MKB<Encoder<2>, Transfer<2>, Decoder, At<early>>>,
             Reference<double>>
        together({.batch = 2});
    for (const Named& t : alone.named_tensors().parameters)
        CHECK(together.parameter(t.name) == alone.parameter(t.name));
    CHECK(alone.named_tensors().find("net0.10.weight").tensor.size == 4 * 36 * 3);
}
