// SPDX-License-Identifier: Apache-2.0
// report: the result of an experiment as one HTML file that needs nothing else: numbers, learning
// curves, and how they came about.
#pragma once
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/core/error.hpp>
#include <collab/core/facts.hpp>
#include <collab/io/format.hpp>
#include <collab/io/replace_file.hpp>
#include <collab/report/chart.hpp>
#include <collab/report/confusion.hpp>
#include <collab/report/report_style.hpp>
#include <collab/report/scatter.hpp>
#include <collab/report/svg.hpp>

namespace collab {

/// Rows of text; the first column names the row.
struct Table {
    struct Column {
        std::string title{};
        bool numeric = false;  ///< aligned right
        bool strong = false;   ///< the column one came for
    };
    std::string caption{};
    std::vector<Column> columns{};
    std::vector<std::vector<std::string>> rows{};  ///< each as long as `columns`
};

/// Plain data; every part may be empty. All of it is text: nothing is read as markup.
struct Report {
    /// A result worth seeing first: "+2.1 points", "SmallNet, together against alone", "84.9 %
    /// to 87.0 %, mean of 3 seeds".
    struct Highlight {
        std::string value{};
        std::string label{};
        std::string detail{};
        int color = 0;  ///< as in Chart::Series
    };
    std::string title{};
    std::string subtitle{};  ///< what was run: data, subset, epochs, seeds
    std::vector<Highlight> highlights{};
    std::vector<std::string> caveats{};  ///< what the numbers do not show
    std::vector<Table> tables{};         ///< the headline table first
    /// side by side on a wide screen; of an odd number the first has its own row
    std::vector<Chart> charts{};
    std::vector<Scatter> scatters{};      ///< what was learned in the mutual space
    std::vector<Confusion> confusions{};  ///< which classes are taken for which
    std::vector<std::string> paragraphs{};
    /// versions, options, seeds, machine, timings
    Facts manifest{};
};

namespace detail {

inline std::string table_html(const Table& table) {
    for (std::size_t r = 0; r < table.rows.size(); ++r)
        if (table.rows[r].size() != table.columns.size())
            fail("table '", table.caption, "': row ", r + 1, " has ", table.rows[r].size(),
                 " cells, expected ", table.columns.size(), ", one for each column");
    const auto style = [&](std::size_t column, bool head) {
        const auto& c = table.columns[column];
        const std::string classes =
            sentence(c.numeric ? "n" : "", c.numeric && c.strong && !head ? " " : "",
                     c.strong && !head ? "strong" : "");
        return classes.empty() ? classes : " class=\"" + classes + "\"";
    };
    // A phone shows few rows as cards and scrolls many. Roles, because a table shown as blocks
    // stops being a table to some readers.
    const bool cards = table.rows.size() <= 12;
    const std::string name = escape_markup(table.caption.empty() ? "table" : table.caption);
    std::string s = sentence(
        "<div class=\"card\"><div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"",
        name, "\"><table role=\"table\"", cards ? " class=\"cards\">" : ">");
    if (!table.caption.empty())
        s += "<caption>" + escape_markup(table.caption) + "</caption>";
    s += "<thead role=\"rowgroup\"><tr role=\"row\">";
    for (std::size_t c = 0; c < table.columns.size(); ++c)
        s += sentence("<th role=\"columnheader\" scope=\"col\"", style(c, true), ">",
                      escape_markup(table.columns[c].title), "</th>");
    s += "</tr></thead>\n<tbody role=\"rowgroup\">";
    for (const auto& row : table.rows) {
        s += "<tr role=\"row\">";
        for (std::size_t c = 0; c < row.size(); ++c) {
            if (c == 0)
                s += sentence("<th role=\"rowheader\" scope=\"row\"", style(c, false), ">",
                              escape_markup(row[c]), "</th>");
            else
                s += sentence("<td role=\"cell\" data-label=\"",
                              escape_markup(table.columns[c].title), "\"", style(c, false), ">",
                              escape_markup(row[c]), "</td>");
        }
        s += "</tr>\n";
    }
    return s + "</tbody></table></div></div>\n";
}

/// A drawing for each kind of screen, of which the style sheet shows one: scaling a single one
/// makes its words too small or too large.
inline std::string figure_html(const Chart& chart, bool solo) {
    std::string s = sentence("<figure class=\"card", solo ? " solo\">" : "\">", "<figcaption><h3>",
                             escape_markup(chart.title), "</h3></figcaption>\n<div>\n");
    if (solo)
        s += draw(chart, {.width = 940, .height = 400, .font = 12.5, .kind = "large"}) + "\n";
    s += draw(chart, {.width = 480, .height = 320, .font = 12.5, .kind = "wide"}) + "\n";
    s += draw(chart,
              {.width = 330, .height = 290, .font = 12, .names_at_ends = false, .kind = "narrow"}) +
         "\n</div>";
    if (const std::string note = full_note(chart); !note.empty())
        s += "<p class=\"note\">" + escape_markup(note) + "</p>";
    return s + "</figure>\n";
}

/// The items of a section, each made by `f`; nothing where there is none.
template <class Item, class F>
std::string section_html(const char* attributes, const std::vector<Item>& items, F f) {
    if (items.empty())
        return "";
    std::string s = sentence("<section ", attributes, ">\n");
    for (const Item& item : items)
        s += f(item);
    return s + "</section>\n";
}

inline std::string highlights_html(const std::vector<Report::Highlight>& highlights) {
    if (highlights.empty())
        return "";
    std::string s = "<ul class=\"tiles\">\n";
    for (const auto& h : highlights) {
        s += sentence("<li class=\"tile ", series_class(h.color), "\"><b>", escape_markup(h.value),
                      "</b><span>", escape_markup(h.label), "</span>");
        if (!h.detail.empty())
            s += "<small>" + escape_markup(h.detail) + "</small>";
        s += "</li>\n";
    }
    return s + "</ul>\n";
}

inline std::string caveats_html(const std::vector<std::string>& caveats) {
    if (caveats.empty())
        return "";
    std::string s = "<ul class=\"care\" aria-label=\"Caveats\">\n";
    for (const auto& c : caveats)
        s += "<li>" + escape_markup(c) + "</li>\n";
    return s + "</ul>\n";
}

inline std::string notes_html(const std::vector<std::string>& paragraphs) {
    if (paragraphs.empty())
        return "";
    std::string s = "<section>\n<h2>Notes</h2>\n";
    for (const auto& p : paragraphs)
        s += "<p>" + escape_markup(p) + "</p>\n";
    return s + "</section>\n";
}

inline std::string manifest_html(const Facts& manifest) {
    if (manifest.empty())
        return "";
    std::string s = "<section class=\"card\">\n<h2>How this was run</h2>\n<dl>\n";
    for (const auto& [key, value] : manifest)
        s += sentence("<dt>", escape_markup(key), "</dt><dd>", escape_markup(value), "</dd>\n");
    return s + "</dl>\n</section>\n";
}

}  // namespace detail

/// The report as a complete HTML page: the same bytes for the same report, no time, no reference to
/// anything outside it. Throws Error where a table's rows, a curve's spread or a confusion's counts
/// do not fit.
inline std::string html(const Report& report) {
    using detail::section_html;
    const std::string title = escape_markup(report.title);
    std::string s =
        sentence("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                 "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
                 title, "</title>\n<style>", detail::report_css(),
                 "</style>\n</head>\n<body>\n<main>\n<header>\n<h1>", title, "</h1>\n");
    if (!report.subtitle.empty())
        s += "<p class=\"lede\">" + escape_markup(report.subtitle) + "</p>\n";
    s += detail::highlights_html(report.highlights) + detail::caveats_html(report.caveats) +
         "</header>\n";
    s += section_html("class=\"tables\"", report.tables, detail::table_html);
    s += section_html("aria-label=\"Charts\" class=\"charts\"", report.charts,
                      [&](const Chart& chart) {
                          const bool odd = report.charts.size() % 2 == 1;
                          return detail::figure_html(chart, odd && &chart == &report.charts[0]);
                      });
    s += section_html("aria-label=\"Embeddings\" class=\"charts\"", report.scatters,
                      detail::scatter_html);
    s += section_html("aria-label=\"Confusion\" class=\"charts\"", report.confusions,
                      detail::confusion_html);
    s += detail::notes_html(report.paragraphs) + detail::manifest_html(report.manifest);
    return s + sentence("<footer>Written by collab ", COLLAB_VERSION,
                        ".</footer>\n</main>\n<script>", detail::report_script,
                        "</script>\n</body>\n</html>\n");
}

/// Writes html(report). Never leaves half a file under `path`; throws Error naming the path and the
/// reason.
inline void write(const Report& report, const std::string& path) {
    detail::replace_file(path, html(report), "the report");
}

}  // namespace collab
