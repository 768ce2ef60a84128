// SPDX-License-Identifier: Apache-2.0
// dots: a few numbers for each of several names as a picture: every one a dot, their mean a bar,
// beside a line at nothing.
#pragma once
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <collab/io/format.hpp>
#include <collab/report/chart.hpp>
#include <collab/report/svg.hpp>

namespace collab {

/// Rows of names, and in each panel the numbers of every row.
struct Dots {
    struct Panel {
        std::string title{};
        std::vector<std::vector<double>> rows{};  ///< one list for each name, which may be empty
        int color = 0;
    };
    std::string title{};
    std::string unit{};
    std::string note{};  ///< the unit stands below each panel: "points"
    std::vector<std::string> names{};
    std::vector<Panel> panels{};
};

/// An SVG with colors of its own for light and dark pages. All panels have one scale, which
/// includes 0.
inline std::string svg(const Dots& dots) {
    using detail::px, detail::text_width;
    double low = 0;
    double high = 0;
    for (const auto& p : dots.panels) {
        if (p.rows.size() != dots.names.size())
            fail("dots '", dots.title, "': panel '", p.title, "' has ", p.rows.size(),
                 " rows, expected ", dots.names.size(), ", one for each name");
        for (const auto& row : p.rows)
            for (const double v : row)
                if (std::isfinite(v)) {
                    low = std::min(low, v);
                    high = std::max(high, v);
                }
    }
    if (!(low < high)) {
        low -= 1;
        high += 1;
    }
    const double room = (high - low) * 0.06;
    low -= room;
    high += room;
    const Ticks t = ticks(low, high, 5);
    const std::vector<std::string> labels = tick_labels(t, false);

    double names = 0;
    for (const auto& n : dots.names)
        names = std::max(names, text_width(n, 13));
    const double margin = 20;
    const double left = margin + names + 14;
    const double gap = 26;
    const double row = 27;
    const double top = 82;
    const double n = std::max<double>(1, double(dots.panels.size()));
    const double panel = std::max(190.0, (760 - left - margin - gap * (n - 1)) / n);
    const double width = left + n * panel + (n - 1) * gap + margin;
    const double bottom = top + row * double(dots.names.size());
    const double height = bottom + (dots.note.empty() ? 56 : 82);
    const auto css = [](Theme theme) {
        const Palette p = palette(theme);
        std::string s = sentence("text{font:13px ", detail::font_stack, ";fill:", p.text,
                                 "}.s{font-size:11.5px;fill:", p.muted,
                                 "}.h{font-size:15px;font-weight:600}.page{fill:", p.surface,
                                 ";stroke:", p.line, "}.g{stroke:", p.grid, "}.z{stroke:", p.muted,
                                 ";stroke-width:1.4}");
        for (std::size_t c = 0; c < p.series.size(); ++c)
            s += sentence(".c", int(c), "{fill:", p.series[c], ";fill-opacity:.55}.m", int(c),
                          "{stroke:", p.series[c], ";stroke-width:3}");
        return s;
    };
    std::string s = sentence(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"", px(width), "\" height=\"", px(height),
        "\" viewBox=\"0 0 ", px(width), " ", px(height), "\" role=\"img\" aria-label=\"",
        escape_markup(dots.title), "\">\n<title>", escape_markup(dots.title), "</title>\n<style>",
        css(Theme::light), "@media (prefers-color-scheme:dark){", css(Theme::dark),
        "}</style>\n<rect class=\"page\" x=\"0.5\" y=\"0.5\" width=\"", px(width - 1),
        "\" height=\"", px(height - 1), "\" rx=\"12\"/>\n");
    const auto text = [&](const char* kind, const char* anchor, double x, double y,
                          const std::string& words) {
        s += sentence("<text", *kind ? sentence(" class=\"", kind, "\"") : "", " text-anchor=\"",
                      anchor, "\" x=\"", px(x), "\" y=\"", px(y), "\">", escape_markup(words),
                      "</text>\n");
    };
    const auto line = [&](const std::string& kind, double x1, double y1, double x2, double y2) {
        s += sentence("<path class=\"", kind, "\" d=\"M", px(x1), " ", px(y1), "L", px(x2), " ",
                      px(y2), "\"/>\n");
    };
    text("h", "start", margin, 32, dots.title);
    for (std::size_t k = 0; k < dots.names.size(); ++k)
        text("", "end", left - 14, top + row * (double(k) + 0.5) + 4.5, dots.names[k]);
    for (std::size_t p = 0; p < dots.panels.size(); ++p) {
        const auto& of = dots.panels[p];
        const double from = left + double(p) * (panel + gap);
        const auto at = [&](double v) { return from + panel * (v - low) / (high - low); };
        text("", "middle", from + panel / 2, 62, of.title);
        for (std::size_t k = 0; k < t.values.size(); ++k) {
            line(t.values[k] == 0 ? "z" : "g", at(t.values[k]), top - 6, at(t.values[k]),
                 bottom + 4);
            text("s", "middle", at(t.values[k]), bottom + 20,
                 t.values[k] > 0 ? "+" + labels[k] : labels[k]);
        }
        text("s", "middle", from + panel / 2, bottom + 38, dots.unit);
        for (std::size_t k = 0; k < of.rows.size(); ++k) {
            const double y = top + row * (double(k) + 0.5);
            double sum = 0;
            double count = 0;
            for (const double v : of.rows[k])
                if (std::isfinite(v)) {
                    s += sentence("<circle class=\"c", of.color % 6, "\" cx=\"", px(at(v)),
                                  "\" cy=\"", px(y), "\" r=\"4\"/>\n");
                    sum += v;
                    ++count;
                }
            if (count > 0)
                line(sentence("m", of.color % 6), at(sum / count), y - 9, at(sum / count), y + 9);
        }
    }
    if (!dots.note.empty())
        text("s", "start", margin, height - 18, dots.note);
    return s + "</svg>\n";
}

}  // namespace collab
