// SPDX-License-Identifier: Apache-2.0
// earlier: a checkpoint and weights that the library wrote before its names changed (commit
// 55c1131) are read, and the training goes on to where it went then.
#include <doctest/doctest.h>

#include <filesystem>
#include <numeric>

#include <collab/backend/reference/reference.hpp>
#include <collab/collab.hpp>

#include "data/temporary.hpp"

using namespace collab;
namespace fs = std::filesystem;

namespace {
using Image = Shape<1, 6, 6>;
struct Small : Sequential<Image, Conv2d<2, 3>, BatchNorm, Relu, Cut<mutual>, Flatten, Linear<2>> {};
struct Other : Sequential<Image, Conv2d<3, 3>, Elu, Cut<mutual>, GlobalAvgPool, Linear<2>> {};
using Pair = Collaboration<Small, Other, MKB<Encoder<2, 2>, Transfer<2>, Decoder>, CosineDistance>;

const fs::path fixtures = fs::path(COLLAB_TEST_DATA) / "earlier";
}  // namespace

TEST_CASE("a checkpoint of the version before goes on to the same weights") {
    const Folder folder;
    fs::copy_file(fixtures / "step-000000004.safetensors",
                  folder.path / "step-000000004.safetensors");
    Training<Pair, Reference<double>> training({.seed = 3, .batch = 5});
    const History h =
        training.fit(synthetic(Image::dims, 2, 20, 10), {.epochs = 2, .learning_rate = 0.05},
                     Checkpoints{.folder = folder.path.string(), .resume = true});
    CHECK(h.resumed == 4);
    const std::vector<double> p = training.parameters();
    REQUIRE(p.size() == 547);
    CHECK(std::accumulate(p.begin(), p.end(), 0.0) ==
          doctest::Approx(-5.7544154410239718).epsilon(1e-9));
}

TEST_CASE("weights of the version before are the same network") {
    Training<Pair, Reference<double>> training({.batch = 5});
    auto network = training.deploy<0>();
    load(network, (fixtures / "weights.safetensors").string());
    const std::vector<double> z = network.predict(synthetic(Image::dims, 2, 20, 10).test);
    CHECK(z[0] == doctest::Approx(0.18191846138894696).epsilon(1e-9));
    CHECK(z[5] == doctest::Approx(0.2760911487903176).epsilon(1e-9));
}
