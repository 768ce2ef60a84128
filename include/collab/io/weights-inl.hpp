// SPDX-License-Identifier: Apache-2.0
// weights-inl: the bodies of weights.
#pragma once
#include <collab/io/weights.hpp>

namespace collab::detail {
COLLAB_COMPILED COLLAB_COLD void fail_without(const Tensors& file, const std::string& name,
                                              const std::string& path) {
    std::string held;
    for (const auto& other : file.tensors())
        if (held.size() < 200)
            held += (held.empty() ? "" : ", ") + other.name;
    fail(path, ": is of another network: it holds no '", name, "'; it begins with ",
         held.empty() ? "nothing" : held);
}
COLLAB_COMPILED COLLAB_COLD Layouts::Layouts(const NamedTensors& named_tensors,
                                             const ChannelWalk& walk, int result) {
    const auto order = [&](int value) {
        return value < 0 || walk.orders.ours(value) ? std::vector<int>{} : walk.orders.order(value);
    };
    const auto list = [&](const std::vector<Named>& tensors,
                          const std::vector<ChannelWalk::Axes>& axes, std::vector<Layout>& to) {
        for (std::size_t i = 0; i < tensors.size(); ++i)
            to.emplace_back(tensors[i].tensor, order(axes[i].inputs), order(axes[i].outputs));
    };
    list(named_tensors.parameters, walk.parameters, parameters);
    list(named_tensors.states, walk.states, states);
    output = order(result);
}
}  // namespace collab::detail
