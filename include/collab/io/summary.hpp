// SPDX-License-Identifier: Apache-2.0
// summary: a network as a table: each layer's output, parameters, multiply-adds and memory.
#pragma once
#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include <collab/core/type_name.hpp>
#include <collab/io/format.hpp>
#include <collab/model/concepts.hpp>

namespace collab {

namespace detail {
template <class L>
struct LayerTitle {
    static std::string text() { return L::describe(); }
};
template <class Tag>
struct LayerTitle<Cut<Tag>> {
    static std::string text() { return "Cut<" + type_name<Tag>() + ">"; }
};

struct SummaryRow {
    std::string layer;
    Dims output;
    long parameters, multiply_adds, kept;  ///< kept: elements per sample
};

/// The rows of a bound sequence, those inside a layer below it and further to the right.
template <class S>
void summarize(std::vector<SummaryRow>& rows, const std::string& indent) {
    static_for<S::depth>([&](auto i) {
        using L = typename S::template LayerAt<i>;
        using In = typename S::template ShapeAt<i>;
        const Footprint f = L::footprint(In::dims);
        rows.push_back({indent + LayerTitle<L>::text(), S::table.shapes[i + 1], f.parameters,
                        L::multiply_adds(In::dims),
                        S::table.values[i + 1] - S::table.values[i] + f.saved});
        const auto part = [&](auto sequence, const std::string& name) {
            using Inside = decltype(sequence);
            if constexpr (Inside::depth > 0) {
                rows.push_back({indent + "  " + name + ":", Dims{0, 0, 0}, 0, 0, 0});
                summarize<Inside>(rows, indent + "    ");
            }
        };
        if constexpr (Composite<L>) {
            if constexpr (ListsItsParts<L, In>)
                L::template each_part<In>(part);
            else
                static_for<L::parts::size>([&](auto k) {
                    part(ExecutionPlan<typename L::parts::template at<k>, In>{}, L::part_name(k));
                });
        }
    });
}

inline std::string table_line(const std::vector<std::string>& cells,
                              const std::vector<std::size_t>& widths) {
    std::string s;
    // the first column begins at the left, numbers end at the right
    for (std::size_t c = 0; c < cells.size(); ++c) {
        const std::string gap(widths[c] - cells[c].size(), ' ');
        s += c == 0 ? cells[c] + gap : "  " + gap + cells[c];
    }
    s.erase(s.find_last_not_of(' ') + 1);
    return s + "\n";
}
inline std::string kibibytes(double bytes) {
    return decimal(bytes / 1024, 1) + " KiB";
}
}  // namespace detail

/// The network as lines of a table, layers inside residual blocks and concatenations indented below
/// them. Memory is what a training keeps per sample between forward and backward with numbers of
/// type T; a layer that works in place keeps nothing of its own, and the row of a layer with layers
/// inside counts these, too. The last line has the sums.
///
///     std::fputs(summary<zoo::ResNet<20>>().c_str(), stdout);
template <Network N, class T = float>
std::string summary() {
    using S = bound<N>;
    std::vector<detail::SummaryRow> rows;
    detail::summarize<S>(rows, "");
    const auto shape = [](Dims d) { return sentence(d.channels, " x ", d.height, " x ", d.width); };
    const auto number = [](long n) { return n > 0 ? grouped(double(n)) : std::string(); };
    std::vector<std::vector<std::string>> lines{
        {"layer", "output", "parameters", "multiply-adds", "memory"},
        {"input", shape(S::Input::dims), "", "", ""}};
    for (const detail::SummaryRow& r : rows) {
        const bool title = r.output.channels == 0;
        lines.push_back({r.layer, title ? "" : shape(r.output), number(r.parameters),
                         number(r.multiply_adds),
                         r.kept > 0 ? detail::kibibytes(double(r.kept) * sizeof(T)) : ""});
    }
    lines.push_back({"total", shape(S::Output::dims), number(S::footprint.parameters),
                     number(S::table.multiply_adds),
                     detail::kibibytes(double(S::footprint.saved) * sizeof(T))});
    std::vector<std::size_t> widths(lines[0].size());
    for (const auto& line : lines)
        for (std::size_t c = 0; c < line.size(); ++c)
            widths[c] = std::max(widths[c], line[c].size());
    std::string text;
    for (const auto& line : lines)
        text += detail::table_line(line, widths);
    return text;
}

}  // namespace collab
