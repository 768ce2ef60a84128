// SPDX-License-Identifier: Apache-2.0
// training_manifest-inl: what a method asks for, in words.
#pragma once
#include <string>
#include <vector>

#include <collab/train/training_manifest.hpp>

namespace collab::detail {

COLLAB_COMPILED COLLAB_COLD std::string said(const MethodOutline& s, MethodOutline::Use u,
                                             const std::vector<std::string>& names) {
    const MethodOutline::Made& v = s.values[std::size_t(u.value)];
    std::string text = v.name;
    if (v.kind == MethodOutline::Kind::logits || v.kind == MethodOutline::Kind::feature)
        text += " of " + names[std::size_t(v.owner)];
    else if (v.kind == MethodOutline::Kind::combination && !v.from.empty()) {
        text += "(";
        for (std::size_t k = 0; k < v.from.size(); ++k)
            text += (k > 0 ? ", " : "") + said(s, {v.from[k].value, false}, names);
        text += ")";
    }
    return text + (u.constant ? ", constant" : "");
}
COLLAB_COMPILED COLLAB_COLD std::string said(const MethodOutline& s, const MethodOutline::Asked& l,
                                             const std::vector<std::string>& names) {
    std::string text = plain_number(l.weight) + (l.weight_changes ? " (at first)" : "") + " x ";
    if (!l.metric.empty())
        text += l.metric + ", own: ";
    text += said(s, l.own, names);
    if (l.target.value >= 0)
        text += "; target: " + said(s, l.target, names);
    return text;
}

}  // namespace collab::detail
