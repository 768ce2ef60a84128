// SPDX-License-Identifier: Apache-2.0
// networks: the networks that benchmarks measure. A new one is one line here, and one in
// peers/torch.cpp to be compared.
#pragma once
#include <string_view>
#include <tuple>

#include <collab/zoo/mobilenet.hpp>
#include <collab/zoo/resnet.hpp>
#include <collab/zoo/small_net.hpp>

namespace collab::benchmarks {

using SmallNet4 = zoo::SmallNet<Shape<3, 32, 32>, 10, 4>;  // four convolutions a stage

template <class N>
struct Entry {
    using Network = N;
    const char* name;
};

inline constexpr std::tuple networks{
    Entry<zoo::ResNet<20>>{"ResNet-20"},
    Entry<zoo::ResNet<32>>{"ResNet-32"},
    Entry<SmallNet4>{"SmallNet-4"},
    Entry<zoo::MobileNet<>>{"MobileNet"},
};

/// f(entry) for every network.
template <class F>
void each_network(F&& f) {
    std::apply([&](auto... entry) { (f(entry), ...); }, networks);
}

}  // namespace collab::benchmarks
