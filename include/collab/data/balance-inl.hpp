// SPDX-License-Identifier: Apache-2.0
// balance-inl: the bodies of balance.
#pragma once
#include <algorithm>
#include <cmath>

#include <collab/data/balance.hpp>
#include <collab/data/sampler.hpp>

namespace collab {
COLLAB_COMPILED COLLAB_COLD std::vector<double> class_weights(const std::vector<int>& labels,
                                                              int classes, double beta) {
    if (!(beta >= 0 && beta <= 1))
        fail("class weights: beta is ", beta, "; expected a number from 0 to 1");
    if (classes < 1)
        fail("class weights: there are ", classes, " classes; expected at least 1");
    std::vector<double> counts(static_cast<std::size_t>(classes));
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (labels[i] < 0 || labels[i] >= classes)
            fail("class weights: label ", i, " is ", labels[i], "; expected 0 to ", classes - 1);
        ++counts[static_cast<std::size_t>(labels[i])];
    }
    std::vector<double> weights(counts.size());
    double sum = 0;  // over pictures
    for (std::size_t c = 0; c < counts.size(); ++c) {
        if (counts[c] > 0)
            weights[c] = beta < 1 ? (1 - beta) / (1 - std::pow(beta, counts[c])) : 1 / counts[c];
        sum += counts[c] * weights[c];
    }
    for (double& w : weights)
        w *= sum > 0 ? static_cast<double>(labels.size()) / sum : 0;
    return weights;
}

namespace detail {
COLLAB_COMPILED COLLAB_COLD std::vector<Turn> balanced_turns(const std::vector<int>& indices,
                                                             const std::vector<int>& labels, int n,
                                                             Random random) {
    std::vector<std::vector<int>> of;
    for (const int i : indices) {
        const auto c = static_cast<std::size_t>(labels[static_cast<std::size_t>(i)]);
        of.resize(std::max(of.size(), c + 1));
        of[c].push_back(i);
    }
    std::erase_if(of, [](const std::vector<int>& pictures) { return pictures.empty(); });
    const std::vector<std::size_t> order = class_order(of.size(), random);
    std::vector<Turn> turns;
    for (std::size_t k = 0; k < order.size(); ++k) {
        std::vector<int>& pictures = of[order[k]];
        // those in front have one more where it does not divide evenly
        std::size_t left = static_cast<std::size_t>(n) / of.size() +
                           (k < static_cast<std::size_t>(n) % of.size() ? 1 : 0);
        for (int turn = 0; left > 0; ++turn) {
            shuffle(pictures, random.child(order[k] + 1).child(static_cast<std::uint64_t>(turn)));
            for (std::size_t i = 0; i < pictures.size() && left > 0; ++i, --left)
                turns.push_back({pictures[i], turn});
        }
    }
    return turns;
}
}  // namespace detail
}  // namespace collab
