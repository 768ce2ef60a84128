// SPDX-License-Identifier: Apache-2.0
// confusion: which classes a network takes for which, as a table of shares for a report.
#pragma once
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <collab/core/error.hpp>
#include <collab/io/format.hpp>
#include <collab/model/classification_report.hpp>

namespace collab {

/// Counts of answers, [label][answer].
struct Confusion {
    std::string title{};
    std::vector<std::string> classes{};
    std::vector<long> counts{};
    std::string note{};
};

/// The confusion of a score; without names classes have their numbers.
inline Confusion confusion(const ClassificationReport& s, std::vector<std::string> names,
                           std::string title) {
    if (names.empty())
        for (int c = 0; c < s.classes; ++c)
            names.push_back(std::to_string(c));
    return {std::move(title), std::move(names), s.confusion, ""};
}

namespace detail {

/// A row for each label, a column for each answer, shaded by the share of the row; nothing where no
/// image was so answered.
inline std::string confusion_html(const Confusion& c) {
    const std::size_t n = c.classes.size();
    if (c.counts.size() != n * n)
        fail("confusion '", c.title, "': ", c.counts.size(), " counts for ", n,
             " classes; expected ", n * n);
    std::string s = sentence(
        "<figure class=\"card\"><figcaption><h3>", escape_markup(c.title),
        "</h3></figcaption>\n<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"",
        escape_markup(c.title), "\"><table class=\"confusion\"><thead><tr><td></td>");
    for (const std::string& name : c.classes)
        s += sentence("<th scope=\"col\"><span>", escape_markup(name), "</span></th>");
    s += "</tr></thead>\n<tbody>";
    for (std::size_t label = 0; label < n; ++label) {
        long row = 0;
        for (std::size_t a = 0; a < n; ++a)
            row += c.counts[label * n + a];
        s += sentence("<tr><th scope=\"row\">", escape_markup(c.classes[label]), "</th>");
        for (std::size_t a = 0; a < n; ++a) {
            const long count = c.counts[label * n + a];
            const double share = row > 0 ? double(count) / double(row) : 0;
            s += sentence("<td title=\"", escape_markup(c.classes[label]), " taken for ",
                          escape_markup(c.classes[a]), ": ", count, " of ", row, "\"");
            if (count > 0)
                s += sentence(" style=\"--share:", decimal(100 * share, 1), "%\"",
                              share > 0.55 ? " class=\"full\"" : "");
            // Small shares must not look like none, nor large ones like all.
            s += sentence(">",
                          count == 0                    ? ""
                          : share < 0.01                ? "&lt;1"
                          : share > 0.99 && count < row ? "&gt;99"
                                                        : decimal(100 * share, 0),
                          "</td>");
        }
        s += "</tr>\n";
    }
    return s + sentence("</tbody></table></div><p class=\"note\">Rows: what the image shows; "
                        "columns: the answer; in per cent of the row.",
                        c.note.empty() ? "" : " ", escape_markup(c.note), "</p></figure>\n");
}

}  // namespace detail
}  // namespace collab
