// SPDX-License-Identifier: Apache-2.0
// layouts: weights are in the order that PyTorch's flatten means, whatever stands behind it, or are
// refused. The judge is a network whose flatten orders features as PyTorch's does: everything else
// of it is the library's own, so it understands PyTorch's weights as they stand.
#include <algorithm>
#include <numeric>

#include <doctest/doctest.h>

#include "data/temporary.hpp"
#include "exchange/odd_networks.hpp"

using namespace collab;
using namespace collab::exchange;

namespace {
using B = Reference<double>;

template <class T>
struct Rearrange {
    View<const T> from;
    View<T> to;
    Dims map;
    bool back;
    COLLAB_HD void operator()(int row) const {
        for (int p = 0; p < map.area(); ++p)
            for (int c = 0; c < map.channels; ++c) {
                const int ours = p * map.channels + c;
                const int theirs = c * map.area() + p;
                const std::ptrdiff_t at = std::ptrdiff_t(row) * map.size();
                to.data[at + (back ? ours : theirs)] = from.data[at + (back ? theirs : ours)];
            }
    }
};
/// Flatten as PyTorch does it: channel, row, column.
struct TheirFlatten : LayerBase {
    static constexpr Dims output(Dims in) { return {in.size(), 1, 1}; }
    static std::string describe() { return "TheirFlatten"; }
    template <class Backend, class T = typename Backend::Scalar>
    static void forward(const Context<Backend>& c, Dims in, const Forward<T>& f) {
        c.backend.for_rows(c.batch, Rearrange<T>{f.x, f.y, in, false});
    }
    template <class Backend, class T = typename Backend::Scalar>
    static void backward(const Context<Backend>& c, Dims in, const Backward<T>& b) {
        c.backend.for_rows(c.batch, Rearrange<T>{b.dy, b.dx, in, true});
    }
};

template <template <class> class Odd>
void both_ways() {
    const Folder folder;
    const std::string path = (folder.path / "w.safetensors").string();
    const auto model = some_model<Odd<Flatten>, B>();
    save(model, path);
    Model<Odd<Flatten>, B> again(3);
    load(again, path);
    CHECK(again.parameters() == model.parameters());
    CHECK(again.state() == model.state());

    Model<Odd<TheirFlatten>, B> theirs(3);
    load(theirs, path);
    std::vector<double> sorted = theirs.parameters();
    std::vector<double> ours = model.parameters();
    std::sort(sorted.begin(), sorted.end());
    std::sort(ours.begin(), ours.end());
    CHECK(sorted == ours);
    const std::vector<double> x = some_images<Odd<Flatten>, double>();
    const std::vector<double> z = some_model<Odd<Flatten>, B>().predict(x.data(), 3);
    const std::vector<double> z_theirs = theirs.predict(x.data(), 3);
    const std::vector<int> order = output_order(model);
    REQUIRE(order.size() == std::size_t(Model<Odd<Flatten>, B>::output.size()));
    double worst = 0;
    for (std::size_t i = 0; i < z.size(); ++i) {
        const std::size_t k = i % order.size();
        worst = std::max(worst, std::abs(z_theirs[i] - z[i - k + std::size_t(order[k])]));
    }
    CHECK(worst < 1e-12);
}
template <template <class> class Odd>
std::string refusal() {
    const Folder folder;
    const std::string path = (folder.path / "w.safetensors").string();
    auto model = some_model<Odd<Flatten>, B>();
    const std::string why = error_of([&] { save(model, path); });
    CHECK(!std::filesystem::exists(path));
    save(some_model<Odd<TheirFlatten>, B>(), path);
    const std::vector<double> before = model.parameters();
    CHECK(error_of([&] { load(model, path); }) == why);
    CHECK(model.parameters() == before);
    return why;
}
}  // namespace

#define ODD_NETWORK(name)                                                                          \
    TEST_CASE("weights behind a flatten are in PyTorch's order: " #name) {                         \
        both_ways<name>();                                                                         \
    }
ODD_NETWORKS(ODD_NETWORK)
#undef ODD_NETWORK

TEST_CASE("features that PyTorch's order keeps apart are refused by name") {
    const std::string tail =
        " brings features together that PyTorch's order of a flattened map keeps apart; let a "
        "Linear stand between the Flatten and this layer, or keep the network as a checkpoint of "
        "its training";
    const std::string head = "these weights have no order that PyTorch would understand: layer ";
    CHECK(refusal<TornMaxout>() == head + "'1' (Maxout<2>)" + tail);
    CHECK(refusal<TornSplit>() == head + "'1' (ChannelSplit of 2)" + tail);
    CHECK(refusal<TornGroups>() == head + "'1' (Conv2d<8, 1, Groups<4>>)" + tail);
    CHECK(refusal<TornSum>() == head + "'1.body.0' (Concat of 2)" + tail);
    CHECK(refusal<TornInside>() == head + "'1.body.1' (Maxout<2>)" + tail);
}

TEST_CASE("a layer that does not say what it does to the order is refused where that matters") {
    CHECK(refusal<Silent>() ==
          "these weights have no order that PyTorch would understand: the features that layer '1' "
          "(Halve) is given are in another order there, because of a Flatten before it or beside "
          "it, and the layer does not say what it does to the order; specialize "
          "collab::LayerChannels for it");
}

TEST_CASE("a network that ends in a flattened map says which output is which") {
    const Folder folder;
    const std::string path = (folder.path / "w.safetensors").string();
    // 2 rows of 3 pixels of 2 channels: PyTorch begins with the first channel of all pixels
    const auto ends_flat = some_model<EndsFlat<Flatten>, B>();
    CHECK(output_order(ends_flat) == std::vector<int>{0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11});
    save(ends_flat, path);
    CHECK(*read_tensors(path).word("output_order") == "0 2 4 6 8 10 1 3 5 7 9 11");
    save(some_model<Plain>(), path);
    CHECK(!read_tensors(path).word("output_order"));
    CHECK(output_order(some_model<Plain>()) == std::vector<int>{0, 1, 2, 3});
}
