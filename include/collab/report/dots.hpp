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

namespace detail {
/// Draws Dots: where everything lies, and the text of the SVG so far.
class DotsDrawing {
public:
    explicit DotsDrawing(const Dots& dots) : dots_(dots) {
        scale();
        for (const auto& n : dots.names)
            left_ = std::max(left_, margin + text_width(n, 13) + 14);
        const double n = std::max<double>(1, double(dots.panels.size()));
        panel_ = std::max(190.0, (760 - left_ - margin - gap * (n - 1)) / n);
        width_ = left_ + n * panel_ + (n - 1) * gap + margin;
        bottom_ = top + row * double(dots.names.size());
        height_ = bottom_ + (dots.note.empty() ? 56 : 82);
    }

    std::string draw() {
        head();
        text("h", "start", margin, 32, dots_.title);
        for (std::size_t k = 0; k < dots_.names.size(); ++k)
            text("", "end", left_ - 14, middle_of(k) + 4.5, dots_.names[k]);
        for (std::size_t p = 0; p < dots_.panels.size(); ++p) {
            from_ = left_ + double(p) * (panel_ + gap);
            grid(dots_.panels[p]);
            for (std::size_t k = 0; k < dots_.panels[p].rows.size(); ++k)
                values(dots_.panels[p].rows[k], dots_.panels[p].color % 6, middle_of(k));
        }
        if (!dots_.note.empty())
            text("s", "start", margin, height_ - 18, dots_.note);
        return svg_ + "</svg>\n";
    }

private:
    static constexpr double margin = 20;
    static constexpr double gap = 26;
    static constexpr double row = 27;
    static constexpr double top = 82;

    /// One scale for all panels.
    void scale() {
        for (const auto& p : dots_.panels) {
            if (p.rows.size() != dots_.names.size())
                fail("dots '", dots_.title, "': panel '", p.title, "' has ", p.rows.size(),
                     " rows, expected ", dots_.names.size(), ", one for each name");
            for (const auto& values : p.rows)
                include(values);
        }
        if (!(low_ < high_)) {
            low_ -= 1;
            high_ += 1;
        }
        const double room = (high_ - low_) * 0.06;
        low_ -= room;
        high_ += room;
        ticks_ = ticks(low_, high_, 5);
        labels_ = tick_labels(ticks_, false);
    }
    void include(const std::vector<double>& values) {
        for (const double v : values)
            if (std::isfinite(v)) {
                low_ = std::min(low_, v);
                high_ = std::max(high_, v);
            }
    }
    double at(double v) const { return from_ + panel_ * (v - low_) / (high_ - low_); }
    static double middle_of(std::size_t k) { return top + row * (double(k) + 0.5); }

    static std::string css(Theme theme) {
        const Palette p = palette(theme);
        std::string s = sentence(
            "text{font:13px ", font_stack, ";fill:", p.text, "}.s{font-size:11.5px;fill:", p.muted,
            "}.h{font-size:15px;font-weight:600}.page{fill:", p.surface, ";stroke:", p.line,
            "}.g{stroke:", p.grid, "}.z{stroke:", p.muted, ";stroke-width:1.4}");
        for (std::size_t c = 0; c < p.series.size(); ++c)
            s += sentence(".c", int(c), "{fill:", p.series[c], ";fill-opacity:.55}.m", int(c),
                          "{stroke:", p.series[c], ";stroke-width:3}");
        return s;
    }
    void head() {
        const std::string title = escape_markup(dots_.title);
        svg_ = sentence("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"", px(width_),
                        "\" height=\"", px(height_), "\" viewBox=\"0 0 ", px(width_), " ",
                        px(height_), "\" role=\"img\" aria-label=\"", title, "\">\n<title>", title,
                        "</title>\n<style>", css(Theme::light),
                        "@media (prefers-color-scheme:dark){", css(Theme::dark),
                        "}</style>\n<rect class=\"page\" x=\"0.5\" y=\"0.5\" width=\"",
                        px(width_ - 1), "\" height=\"", px(height_ - 1), "\" rx=\"12\"/>\n");
    }
    void grid(const Dots::Panel& panel) {
        const double middle = from_ + panel_ / 2;
        text("", "middle", middle, 62, panel.title);
        for (std::size_t k = 0; k < ticks_.values.size(); ++k) {
            const double v = ticks_.values[k];
            line(v == 0 ? "z" : "g", at(v), top - 6, bottom_ + 4);
            text("s", "middle", at(v), bottom_ + 20, v > 0 ? "+" + labels_[k] : labels_[k]);
        }
        text("s", "middle", middle, bottom_ + 38, dots_.unit);
    }
    /// A dot for each value, and a line at their mean.
    void values(const std::vector<double>& values, int color, double y) {
        double sum = 0;
        double count = 0;
        for (const double v : values)
            if (std::isfinite(v)) {
                svg_ += sentence("<circle class=\"c", color, "\" cx=\"", px(at(v)), "\" cy=\"",
                                 px(y), "\" r=\"4\"/>\n");
                sum += v;
                ++count;
            }
        if (count > 0)
            line(sentence("m", color), at(sum / count), y - 9, y + 9);
    }
    void text(const char* kind, const char* anchor, double x, double y, const std::string& words) {
        svg_ += sentence("<text", *kind ? sentence(" class=\"", kind, "\"") : "", " text-anchor=\"",
                         anchor, "\" x=\"", px(x), "\" y=\"", px(y), "\">", escape_markup(words),
                         "</text>\n");
    }
    /// An upright line.
    void line(const std::string& kind, double x, double y1, double y2) {
        svg_ += sentence("<path class=\"", kind, "\" d=\"M", px(x), " ", px(y1), "L", px(x), " ",
                         px(y2), "\"/>\n");
    }

    const Dots& dots_;
    double low_ = 0, high_ = 0;
    Ticks ticks_{};
    std::vector<std::string> labels_{};
    double left_ = margin + 14;
    double panel_ = 0, width_ = 0, bottom_ = 0, height_ = 0;
    double from_ = 0;  // where the panel that is drawn begins
    std::string svg_{};
};
}  // namespace detail

/// An SVG with colors of its own for light and dark pages. All panels have one scale, which
/// includes 0.
inline std::string svg(const Dots& dots) {
    return detail::DotsDrawing(dots).draw();
}

}  // namespace collab
