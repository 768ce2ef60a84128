// SPDX-License-Identifier: Apache-2.0
// methods: how the gradients of methods are checked: each network against its own loss.
#pragma once
#include "whole.hpp"

namespace collab::whole {
/// Nothing pulls on the weights of a frozen network.
template <class C>
void stands_still(const Trial<C>& trial, int network) {
    for (const Named& n : trial.training.named_tensors().parameters) {
        if (!n.name.starts_with(trial.training.name(network) + "."))
            continue;
        for (std::size_t i = n.offset; i < n.offset + std::size_t(n.tensor.size); ++i)
            CHECK(trial.analytic[i] == 0);
    }
}
/// Every network's own loss against the gradients of its own weights and of the adapters that are
/// its own: peers' outputs do not depend on those.
template <class C>
void own_losses(Trial<C>& trial, const std::vector<std::vector<std::string>>& adapters = {},
                long at_least = 100) {
    const double alpha = trial.training.settings().alpha;
    long checked = 0;
    for (int k = 0; k < Trial<C>::networks; ++k) {
        if (C::frozen::has(k)) {
            stands_still(trial, k);
            continue;
        }
        std::vector<std::string> prefixes{trial.training.name(k) + "."};
        if (std::size_t(k) < adapters.size())
            prefixes.insert(prefixes.end(), adapters[std::size_t(k)].begin(),
                            adapters[std::size_t(k)].end());
        trial.check(prefixes,
                    [&](const auto& losses) { return losses[std::size_t(k)].total(alpha); });
        checked += trial.report.checked;
    }
    CHECK(checked >= at_least);
}
template <class T>
double term(const T& training, const std::string& name, int owner) {
    double sum = 0;
    for (const Term& t : training.terms())
        if (t.name == name && t.owner == owner)
            sum += t.weight * t.value;
    return sum;
}
}  // namespace collab::whole
