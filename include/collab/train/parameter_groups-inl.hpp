// SPDX-License-Identifier: Apache-2.0
// parameter_groups-inl: the bodies of parameter_groups.
#pragma once
#include <algorithm>
#include <utility>

#include <collab/core/error.hpp>
#include <collab/core/number_text.hpp>
#include <collab/train/parameter_groups.hpp>

namespace collab {

COLLAB_COMPILED COLLAB_COLD ParameterGroup without_decay() {
    return {.roles = {Role::bias, Role::scale, Role::shift}, .decay = 0};
}
COLLAB_COMPILED COLLAB_COLD ParameterGroups::ParameterGroups() noexcept {}
COLLAB_COMPILED COLLAB_COLD ParameterGroups::ParameterGroups(
    std::initializer_list<ParameterGroup> groups)
    : std::vector<ParameterGroup>(groups) {}
COLLAB_COMPILED COLLAB_COLD ParameterGroups::ParameterGroups(std::vector<ParameterGroup> groups)
    : std::vector<ParameterGroup>(std::move(groups)) {}
COLLAB_COMPILED COLLAB_COLD ParameterGroups::ParameterGroups(const ParameterGroups& other)
    : std::vector<ParameterGroup>(other) {}
COLLAB_COMPILED COLLAB_COLD ParameterGroups::ParameterGroups(ParameterGroups&& other) noexcept
    : std::vector<ParameterGroup>(std::move(other)) {}
COLLAB_COMPILED COLLAB_COLD ParameterGroups& ParameterGroups::operator=(
    const ParameterGroups& other) {
    std::vector<ParameterGroup>::operator=(other);
    return *this;
}
COLLAB_COMPILED COLLAB_COLD ParameterGroups& ParameterGroups::operator=(
    ParameterGroups&& other) noexcept {
    std::vector<ParameterGroup>::operator=(std::move(other));
    return *this;
}
COLLAB_COMPILED COLLAB_COLD ParameterGroups::~ParameterGroups() {}

namespace detail {
COLLAB_COMPILED COLLAB_COLD bool matches(std::string_view pattern, std::string_view text) {
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;  // the last one, and how far it reaches
    std::size_t reach = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            reach = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++reach;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}
inline const char* role_word(Role role) {
    switch (role) {
    case Role::weight:
        return "weight";
    case Role::bias:
        return "bias";
    case Role::scale:
        return "scale";
    default:
        return "shift";
    }
}
inline std::string group_text(const ParameterGroup& g) {
    std::string text = g.names;
    for (const Role role : g.roles)
        text += sentence(" ", role_word(role));
    return text;
}
COLLAB_COMPILED COLLAB_COLD std::string group_words(const std::vector<ParameterGroup>& groups) {
    std::string words;
    for (const ParameterGroup& g : groups)
        words += sentence(words.empty() ? "" : "; ", group_text(g), ": rate ", number_text(g.rate),
                          ", decay ", number_text(g.decay), g.frozen ? ", frozen" : "",
                          g.elementwise ? ", elementwise" : "");
    return words.empty() ? "none" : words;
}
COLLAB_COLD inline void check_groups(const NamedTensors& tensors,
                                     const std::vector<ParameterGroup>& groups) {
    for (const ParameterGroup& g : groups) {
        const auto& all = tensors.parameters;
        if (std::none_of(all.begin(), all.end(), [&](const Named& n) { return g.holds(n); }))
            fail("a parameter group of '", group_text(g), "' holds none of the ", all.size(),
                 " parameters; the first is '", all.empty() ? "" : all.front().name,
                 "', the last '", all.empty() ? "" : all.back().name, "'");
    }
}
COLLAB_COMPILED COLLAB_COLD std::vector<ParameterRange> with_groups(
    const std::vector<ParameterRange>& ranges, const NamedTensors& tensors,
    const std::vector<ParameterGroup>& groups) {
    check_groups(tensors, groups);
    std::vector<ParameterRange> cut;
    for (const ParameterRange& r : ranges) {
        if (groups.empty() || r.owner == Owner::critic) {
            cut.push_back(r);
            continue;
        }
        const std::size_t begin = cut.size();
        for (const Named& n : tensors.parameters) {
            if (n.offset < r.first || n.offset >= r.first + r.count)
                continue;
            ParameterRange piece{n.offset, std::size_t(n.tensor.size), r.owner, r.mkb};
            for (const ParameterGroup& g : groups)
                if (g.holds(n)) {
                    piece.rate *= g.rate;
                    piece.decay *= g.decay;
                    piece.frozen = piece.frozen || g.frozen;
                    piece.elementwise = piece.elementwise || g.elementwise;
                }
            if (cut.size() > begin && cut.back().moves_like(piece))
                cut.back().count += piece.count;
            else
                cut.push_back(piece);
        }
    }
    return cut;
}
}  // namespace detail

COLLAB_COMPILED COLLAB_COLD bool ParameterGroup::holds(const Named& tensor) const {
    return detail::matches(names, tensor.name) &&
           (roles.empty() ||
            std::find(roles.begin(), roles.end(), tensor.tensor.role) != roles.end());
}
}  // namespace collab
