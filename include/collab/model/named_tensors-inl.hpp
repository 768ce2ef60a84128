// SPDX-License-Identifier: Apache-2.0
// named_tensors-inl: the bodies of named_tensors.
#pragma once
#include <collab/model/named_tensors.hpp>

namespace collab {
COLLAB_COMPILED COLLAB_COLD const Named& NamedTensors::find(std::string_view name,
                                                            bool state) const {
    const std::vector<Named>& all = state ? states : parameters;
    for (const Named& n : all)
        if (n.name == name)
            return n;
    std::string known;
    for (const Named& n : all)
        if (known.size() < 400 &&
            n.name.substr(0, n.name.find('.')) == name.substr(0, name.find('.')))
            known += (known.empty() ? "" : ", ") + n.name;
    fail("no ", state ? "state" : "parameter", " is called '", name, "'; ",
         known.empty() ? sentence("the first of ", all.size(), " is '",
                                  all.empty() ? "" : all.front().name, "'")
                       : "those of the same part: " + known);
}
COLLAB_COMPILED COLLAB_COLD std::string NamedTensors::below(std::string_view path,
                                                            std::string_view name) {
    return sentence(path, ".", name);
}
COLLAB_COMPILED COLLAB_COLD std::string NamedTensors::below(std::string_view path, int number) {
    return sentence(path, ".", number);
}
COLLAB_COMPILED COLLAB_COLD void NamedTensors::enter(std::string_view prefix, int number,
                                                     std::span<const Parameter> own,
                                                     std::span<const Parameter> kept) {
    const auto append = [&](std::vector<Named>& list, std::size_t& count, const Parameter& p) {
        list.push_back({sentence(prefix, ".", number, ".", p.name), p, count});
        count += static_cast<std::size_t>(p.size);
    };
    for (const Parameter& p : own)
        append(parameters, parameter_count, p);
    for (const Parameter& p : kept)
        append(states, state_count, p);
}
}  // namespace collab
