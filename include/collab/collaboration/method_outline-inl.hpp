// SPDX-License-Identifier: Apache-2.0
// method_outline-inl: the notes that an outline is made of.
#pragma once
#include <string>
#include <utility>

#include <collab/collaboration/method_outline.hpp>

namespace collab::detail {

COLLAB_COMPILED COLLAB_COLD OutlineNotes::OutlineNotes(int networks) {
    sketch.task.assign(std::size_t(networks), 1);
}
COLLAB_COMPILED COLLAB_COLD int OutlineNotes::made(MethodOutline::Made m) {
    sketch.values.push_back(std::move(m));
    return int(sketch.values.size()) - 1;
}
COLLAB_COMPILED COLLAB_COLD int OutlineNotes::tap(MethodOutline::Kind kind, const std::string& name,
                                                  int network, Dims dims) {
    for (std::size_t k = 0; k < sketch.values.size(); ++k)
        if (sketch.values[k].kind == kind && sketch.values[k].name == name &&
            sketch.values[k].owner == network)
            return int(k);
    return made({kind, name, network, dims, {}});
}
COLLAB_COMPILED COLLAB_COLD void OutlineNotes::ask(const std::string& name,
                                                   const std::string& metric, int owner,
                                                   const Weight& weight, MethodOutline::Use own,
                                                   MethodOutline::Use target) {
    sketch.losses.push_back({name, metric, owner, weight({}), weight.changes(), own, target});
}
COLLAB_COMPILED COLLAB_COLD int OutlineNotes::add_part(const std::string& name, int owner) {
    parts_.push_back({name, owner});
    return int(parts_.size()) - 1;
}

}  // namespace collab::detail
