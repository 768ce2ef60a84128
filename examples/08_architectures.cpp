// SPDX-License-Identifier: Apache-2.0
// 08_architectures: an experiment that the compiler makes: a grid of architectures, and every
// position of an MKB between two networks. Nothing is run.
// prints: 4 convolutions a stage +938,986 +95,520,000
// prints: ResNet-32 +464,154 +68,862,592
// prints: mutual +64 x 8 x 8 and 32 x 16 x 16 .*1024
#include <algorithm>
#include <cstdio>

#include <collab/collab.hpp>
#include <collab/io/format.hpp>
using namespace collab;

using Image = Shape<3, 32, 32>;

std::string shape(Dims d) {
    return d.area() == 1 ? sentence(d.channels)
                         : sentence(d.channels, " x ", d.height, " x ", d.width);
}
std::string mebibytes(double numbers) {
    return decimal(numbers * sizeof(float) / (1 << 20), 2) + " MiB";
}

/// What a network costs alone: parameters, multiply-adds for one image, memory that a training
/// keeps for one image between forward and backward.
template <Network N>
void row(const std::string& name) {
    using Plan = bound<N>;
    std::printf("%-34s %12s %14s %10s\n", name.c_str(), grouped(Plan::footprint.parameters).c_str(),
                grouped(double(Plan::table.multiply_adds)).c_str(),
                mebibytes(Plan::footprint.saved).c_str());
}

/// What the MKB is at one position, and what the networks cost with it: deployed, and the memory of
/// its embedding.
template <class A, class B, class Tag>
void position(const char* name) {
    // both encoders lead there
    constexpr int rows =
        std::min({8, feature_at<A, Tag>::dims.height, feature_at<B, Tag>::dims.height});
    using Pair =
        Collaboration<A, B, MKB<Encoder<64, rows>, Transfer<64>, Decoder, At<Tag>>, CosineDistance>;
    using Way = typename Pair::template branch<0, 0>;
    using First = bound<Deployed<Pair, 0>>;
    using Second = bound<Deployed<Pair, 1>>;
    const double parameters = First::footprint.parameters - bound<A>::footprint.parameters;
    const double others = Second::footprint.parameters - bound<B>::footprint.parameters;
    const double work =
        double(First::table.multiply_adds) / double(bound<A>::table.multiply_adds) - 1;
    const double more =
        double(Second::table.multiply_adds) / double(bound<B>::table.multiply_adds) - 1;
    std::printf(
        "%-9s %-31s %-11s %5d  %8s (%+5.1f %%)  %8s (%+5.1f %%)\n", name,
        (shape(Way::Feature::dims) + " and " + shape(Pair::template branch<1, 0>::Feature::dims))
            .c_str(),
        shape(Way::Map::dims).c_str(), Way::Embed::Output::dims.size(), grouped(parameters).c_str(),
        100 * work, grouped(others).c_str(), 100 * more);
}

template <class A, class B, class... Tags>
void positions(const char* title, const std::vector<const char*>& names) {
    std::printf("\n%s\n%-9s %-31s %-11s %5s  %19s  %19s\n", title, "cut", "features", "mutual map",
                "embed", "first: parameters", "second: parameters");
    std::size_t k = 0;
    (position<A, B, Tags>(names[k++]), ...);
}

int main() {
    std::printf("%-34s %12s %14s %10s\n", "architecture", "parameters", "multiply-adds", "memory");
    static_for<4>([](auto i) {
        row<zoo::SmallNet<Image, 10, i + 1>>(sentence(
            "SmallNet, ", int(i) + 1, i == 0 ? " convolution a stage" : " convolutions a stage"));
    });
    static_for<5>([](auto i) {
        row<zoo::ResNet<6 * (i + 2) + 2, Image>>(sentence("ResNet-", 6 * (int(i) + 2) + 2));
    });
    static_for<3>([](auto i) {
        row<zoo::WideResNet<16, (1 << i), Image>>(sentence("WideResNet-16-", 1 << int(i)));
    });
    static_for<3>([](auto i) {
        row<zoo::DenseNet<40, 4 * (i + 2), Image>>(
            sentence("DenseNet-40, growth ", 4 * (int(i) + 2)));
    });

    using Small = zoo::SmallNet<Image>;
    positions<Small, zoo::ResNet<32>, zoo::conv1_x, mutual, zoo::conv3_x>(
        "An MKB between SmallNet and ResNet-32 (in brackets: more multiply-adds when deployed)",
        {"conv1_x", "mutual", "conv3_x"});
    positions<Small, zoo::MobileNet<>, zoo::conv1_x, mutual, zoo::conv3_x>(
        "Between SmallNet and MobileNet", {"conv1_x", "mutual", "conv3_x"});
    positions<Small, zoo::SmallNet<Image, 10, 4>, zoo::conv1_x, mutual, zoo::conv3_x, zoo::fc1>(
        "Between two depths of SmallNet, also behind its fully connected layer",
        {"conv1_x", "mutual", "conv3_x", "fc1"});
}
