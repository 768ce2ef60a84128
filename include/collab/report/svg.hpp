// SPDX-License-Identifier: Apache-2.0
// svg: a chart as a picture, alone for a README or as part of a page that brings the colors.
#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <collab/io/format.hpp>
#include <collab/report/chart.hpp>

namespace collab {

enum class Theme { light, dark };

/// The colors of charts and pages. Series colors are Okabe and Ito's hues, darkened or lightened
/// until they reach a contrast of 4.5 with the surface (so that names may wear them) while staying
/// apart for color-blind eyes.
struct Palette {
    std::string_view page, surface, text, muted, line, grid;
    std::array<std::string_view, 6> series;
};

inline constexpr Palette palette(Theme theme) {
    return theme == Theme::light ? Palette{.page = "#f7f6f3",
                                           .surface = "#ffffff",
                                           .text = "#1d2129",
                                           .muted = "#5a6270",
                                           .line = "#dedbd4",
                                           .grid = "#eceae5",
                                           .series = {"#0060b0", "#c24a00", "#007d55", "#b23a8e",
                                                      "#4f3b00", "#1c2a3a"}}
                                 : Palette{.page = "#12151a",
                                           .surface = "#1a1e25",
                                           .text = "#e9ebee",
                                           .muted = "#a3abb8",
                                           .line = "#343a45",
                                           .grid = "#282d36",
                                           .series = {"#4fa8f5", "#ff8440", "#2cc48a", "#f08fd0",
                                                      "#f5dc8c", "#ffffff"}};
}

namespace detail {
inline constexpr std::string_view font_stack =
    "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif";

/// The size of a picture in its own units, which are CSS pixels where it is shown at its natural
/// size.
struct Frame {
    double width = 520;
    double height = 340;
    double font = 12;
    bool standalone = false;  ///< with title, background and colors of its own
    /// names beside the ends of the curves where they fit, else a legend above
    bool names_at_ends = true;
    Theme theme = Theme::light;  ///< of a standalone picture
    std::string_view kind = {};  ///< a class more, for a page's style sheet
};

inline std::string px(double v) {  // coordinates: a tenth of a pixel is more than screens show
    std::string s = decimal(v, 1);
    if (s.ends_with(".0"))
        s.resize(s.size() - 2);
    return s;
}
/// About the width of a text in the wider sans-serif faces: which face it will be is the reader's
/// choice.
inline double text_width(std::string_view text, double font) {
    double em = 0;
    for (const char c : text) {
        const std::string_view narrow = "ijlftrI.,:;|!'()[] ";
        const std::string_view wide = "mwMW%@";
        // the rest of a code point
        if ((static_cast<unsigned char>(c) & 0xC0u) == 0x80u)
            continue;
        if (narrow.find(c) != narrow.npos)
            em += 0.36;
        else if (wide.find(c) != wide.npos)
            em += 0.95;
        else if (static_cast<unsigned char>(c) >= 0xE0u)
            em += 1;  // often as wide as high
        else
            em += c >= 'A' && c <= 'Z' ? 0.7 : 0.62;
    }
    return em * font;
}
inline std::string series_class(int color) {
    return sentence("c", (color % 6 + 6) % 6);
}

/// The rules that both kinds of picture share; colors come from the classes c0..c5 and the five
/// names below.
inline std::string chart_css(std::string_view text, std::string_view muted, std::string_view axis,
                             std::string_view grid, std::string_view surface) {
    return sentence(".chart text{fill:", muted, "}.chart .title{fill:", text,
                    ";font-weight:600}.chart .grid{stroke:", grid, "}.chart .axis{stroke:", axis,
                    "}.chart "
                    ".line{fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round;"
                    "stroke-linecap:round}"
                    ".chart .dash{stroke-width:1.8;stroke-dasharray:2 5}.chart "
                    ".band{fill:currentColor;fill-opacity:.14}"
                    ".chart .dot{fill:currentColor;stroke:",
                    surface, ";stroke-width:1.5}.chart .hollow{fill:", surface,
                    ";stroke:currentColor}"
                    ".chart .lead{stroke:currentColor;stroke-opacity:.45}.chart "
                    "text.name{fill:currentColor;font-weight:500}");
}

/// Path data of the runs of drawable points; a lone point becomes a line of no length, which its
/// round cap shows as a dot.
template <class X, class Y>
std::string path_data(const std::vector<Chart::Point>& points, X x, Y y) {
    std::string d;
    for (std::size_t i = 0; i < points.size(); ++i) {
        if (!drawable(points[i]))
            continue;
        const bool starts = i == 0 || !drawable(points[i - 1]);
        const bool ends = i + 1 == points.size() || !drawable(points[i + 1]);
        const std::string at = px(x(points[i].x)) + " " + px(y(points[i].y));
        d += (starts ? "M" : "L") + at;
        if (starts && ends)
            d += "L" + at;
    }
    return d;
}

/// Path data of the spread: one closed shape for each run in which both of its borders are known.
template <class X, class Y>
std::string band_data(const Chart::Series& s, X x, Y y) {
    std::string d;
    const auto known = [&](std::size_t i) {
        return std::isfinite(s.points[i].x) && std::isfinite(s.lower[i]) &&
               std::isfinite(s.upper[i]);
    };
    for (std::size_t first = 0; first < s.lower.size(); ++first) {
        if (!known(first))
            continue;
        std::size_t last = first;
        while (last + 1 < s.lower.size() && known(last + 1))
            ++last;
        for (std::size_t i = first; i <= last; ++i)
            d += sentence(i == first ? 'M' : 'L', px(x(s.points[i].x)), ' ', px(y(s.upper[i])));
        for (std::size_t i = last + 1; i-- > first;)
            d += sentence('L', px(x(s.points[i].x)), ' ', px(y(s.lower[i])));
        d += "Z";
        first = last;
    }
    return d;
}

inline const Chart::Point* last_point(const Chart::Series& s) {
    for (std::size_t i = s.points.size(); i-- > 0;)
        if (drawable(s.points[i]))
            return &s.points[i];
    return nullptr;
}

/// Moves label heights apart until neighbors are `gap` from each other and all lie within [top,
/// bottom], keeping their order.
inline void spread_labels(std::vector<std::pair<double, std::size_t>>& labels, double gap,
                          double top, double bottom) {
    std::stable_sort(labels.begin(), labels.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    // both neighbors give way, so that a crowd spreads around its middle
    for (int pass = 0; pass < 60; ++pass)
        for (std::size_t i = 0; i + 1 < labels.size(); ++i)
            if (const double lack = gap - (labels[i + 1].first - labels[i].first); lack > 0) {
                labels[i].first -= lack / 2;
                labels[i + 1].first += lack / 2;
            }
    for (std::size_t i = 0; i < labels.size(); ++i)
        labels[i].first = std::max(labels[i].first, i == 0 ? top : labels[i - 1].first + gap);
    for (std::size_t i = labels.size(); i-- > 0;)
        labels[i].first =
            std::min(labels[i].first, i + 1 == labels.size() ? bottom : labels[i + 1].first - gap);
}

/// Digits worth telling of a value: one more than its axis shows.
inline int value_digits(const Chart& chart, const ChartAxes& a) {
    return chart.percent ? 1 : a.y_ticks.digits() + 1;
}

/// What the picture shows, for those who do not see it: each curve's last value.
inline std::string spoken(const Chart& chart, const ChartAxes& a) {
    std::string text = sentence("Line chart: ", chart.title, ". ", chart.y_label,
                                chart.x_label.empty() ? "" : " by ", chart.x_label, ".");
    for (const auto& s : chart.series)
        if (const auto* p = last_point(s))
            text += sentence(" ", s.name, " ends at ",
                             decimal(chart.percent ? p->y * 100 : p->y, value_digits(chart, a)),
                             chart.percent ? "%." : ".");
    return text;
}

/// The whole picture as one `<svg>` element, drawn part by part.
class Drawing {
public:
    Drawing(const Chart& chart, const Frame& frame) : chart_(chart), frame_(frame) {
        check_chart(chart);
        axes_ = chart_axes(chart, std::max(2, static_cast<int>(frame.width / 75)),
                           std::max(2, static_cast<int>(frame.height / 62)));
        lay_out();
    }

    std::string text() {
        open();
        if (!at_ends_)
            legend();
        grid();
        if (!axes_.any) {
            word("", (left_ + right_) / 2, (top_ + bottom_) / 2, "no data", "middle");
        } else {
            curves();
            ends();
        }
        return std::move(s_ += "</svg>");
    }

private:
    using Attributes = std::initializer_list<std::pair<std::string_view, std::string>>;

    static std::string tag(std::string_view name, Attributes attributes,
                           std::string_view end = "/>") {
        std::string t = sentence("<", name);
        for (const auto& [key, value] : attributes)
            if (!value.empty())
                t += sentence(" ", key, "=\"", escape_markup(value), "\"");
        return t += end;
    }
    void add(std::string_view name, Attributes attributes) { s_ += tag(name, attributes); }
    void word(std::string_view style, double x, double y, std::string_view text,
              std::string_view anchor = "") {
        s_ += tag("text",
                  {{"class", std::string(style)},
                   {"text-anchor", std::string(anchor)},
                   {"x", px(x)},
                   {"y", px(y)}},
                  ">");
        s_ += escape_markup(text) + "</text>";
    }
    static std::string stroke(const Chart::Series& c) { return c.dashed ? "line dash" : "line"; }

    double x(double v) const { return left_ + axes_.x.at(v) * (right_ - left_); }
    double y(double v) const { return bottom_ - axes_.y.at(v) * (bottom_ - top_); }

    /// Room for the words around the plot. Names stand to the right where they fit, else in a
    /// legend of as many rows as it needs.
    void lay_out() {
        x_words_ = tick_labels(axes_.x_ticks, false);
        y_words_ = tick_labels(axes_.y_ticks, chart_.percent);
        double widest_name = 0;
        double widest_tick = 0;
        for (const auto& c : chart_.series)
            widest_name = std::max(widest_name, text_width(c.name, font_));
        for (const auto& w : y_words_)
            widest_tick = std::max(widest_tick, text_width(w, font_));
        left_ = pad_ + widest_tick + 8;
        top_ = pad_ + (titled() ? row_ * 1.6 : 0);
        bottom_ = frame_.height - pad_ - row_ * (chart_.x_label.empty() ? 1.2 : 2.2);
        const double label_room = row_ * (chart_.y_label.empty() ? 0.5 : 1.7);
        at_ends_ =
            frame_.names_at_ends && widest_name < frame_.width * 0.34 &&
            static_cast<double>(chart_.series.size()) * name_gap_ <= bottom_ - top_ - label_room;
        right_ = frame_.width - pad_ -
                 (at_ends_           ? widest_name + 24
                  : x_words_.empty() ? 4
                                     : std::max(6.0, text_width(x_words_.back(), font_) / 2));
        if (!at_ends_) {
            double at = pad_;
            double base = top_ + font_;
            for (const auto& c : chart_.series) {
                const double needs = swatch_ + text_width(c.name, font_);
                if (at > pad_ && at + needs > frame_.width - pad_) {
                    at = pad_;
                    base += row_;
                }
                legend_.push_back({at, base});
                at += needs + 16;
            }
            if (!legend_.empty())
                top_ = base + row_ * 0.5;
        }
        top_ += label_room;
    }
    bool titled() const { return frame_.standalone && !chart_.title.empty(); }

    void open() {
        const std::string width = px(frame_.width);
        const std::string height = px(frame_.height);
        const std::string box = "0 0 " + width + " " + height;
        const std::string label = spoken(chart_, axes_);
        if (frame_.standalone) {
            const Palette p = palette(frame_.theme);
            s_ = tag("svg",
                     {{"xmlns", "http://www.w3.org/2000/svg"},
                      {"class", "chart"},
                      {"role", "img"},
                      {"aria-label", label},
                      {"viewBox", box},
                      {"width", width},
                      {"height", height},
                      {"font-size", px(font_)},
                      {"font-family", std::string(font_stack)}},
                     ">");
            s_ += sentence("<title>", escape_markup(chart_.title), "</title><style>",
                           chart_css(p.text, p.muted, p.line, p.grid, p.surface));
            for (std::size_t i = 0; i < p.series.size(); ++i)
                s_ += sentence(".c", i, "{color:", p.series[i], "}");
            s_ += "</style>";
            add("rect", {{"width", "100%"},
                         {"height", "100%"},
                         {"rx", "8"},
                         {"fill", std::string(p.surface)}});
            if (titled())
                word("title", pad_, pad_ + font_ * 1.1, chart_.title);
        } else {  // with what a page's read-out needs to turn pixels back into values
            const std::string scale =
                sentence(px(left_), " ", px(right_), " ", decimal(axes_.x.low, 9), " ",
                         decimal(axes_.x.high, 9), " ", px(bottom_), " ", px(top_), " ",
                         decimal(axes_.y.low, 9), " ", decimal(axes_.y.high, 9));
            s_ = tag("svg",
                     {{"class", sentence("chart ", frame_.kind)},
                      {"role", "img"},
                      {"aria-label", label},
                      {"viewBox", box},
                      {"font-size", px(font_)},
                      {"data-scale", scale},
                      {"data-digits", std::to_string(value_digits(chart_, axes_))},
                      {"data-unit", chart_.percent ? "%" : ""},
                      {"data-x", chart_.x_label}},
                     ">");
        }
    }

    void legend() {
        for (std::size_t i = 0; i < legend_.size(); ++i) {
            const auto& c = chart_.series[i];
            const auto [at, base] = legend_[i];
            const std::string middle = px(base - font_ * 0.33);
            s_ += tag("g", {{"class", series_class(c.color)}}, ">");
            add("path", {{"class", stroke(c)},
                         {"d", sentence("M", px(at + 1), " ", middle, "L", px(at + swatch_ - 7),
                                        " ", middle)}});
            word("name", at + swatch_, base, c.name);
            s_ += "</g>";
        }
    }

    void grid() {
        if (!chart_.y_label.empty())
            word("", pad_, top_ - row_ * 0.75, chart_.y_label);
        for (std::size_t i = 0; i < y_words_.size(); ++i) {
            const double at = y(axes_.y_ticks.values[i]);
            add("path", {{"class", at > bottom_ - 1 ? "axis" : "grid"},
                         {"d", sentence("M", px(left_), " ", px(at), "H", px(right_))}});
            word("", left_ - 8, at + font_ * 0.35, y_words_[i], "end");
        }
        for (std::size_t i = 0; i < x_words_.size(); ++i) {
            const double at = x(axes_.x_ticks.values[i]);
            add("path", {{"class", "axis"}, {"d", sentence("M", px(at), " ", px(bottom_), "v4")}});
            word("", at, bottom_ + row_, x_words_[i], "middle");
        }
        if (!chart_.x_label.empty())
            word("", (left_ + right_) / 2, bottom_ + row_ * 2, chart_.x_label, "middle");
    }

    /// Spreads below, then dashed curves, then solid ones. The inner viewport clips what fixed
    /// limits leave outside.
    void curves() {
        const auto to_x = [this](double v) { return x(v); };
        const auto to_y = [this](double v) { return y(v); };
        const double margin = 3;
        const double above = axes_.cut ? 0 : margin;  // half a line's width at the rim
        const std::string l = px(left_ - margin);
        const std::string t = px(top_ - above);
        const std::string w = px(right_ - left_ + 2 * margin);
        const std::string h = px(bottom_ - top_ + 2 * above);
        s_ += tag("svg",
                  {{"x", l},
                   {"y", t},
                   {"width", w},
                   {"height", h},
                   {"viewBox", sentence(l, " ", t, " ", w, " ", h)}},
                  ">");
        for (const auto& c : chart_.series)
            if (!c.lower.empty())
                add("path",
                    {{"class", "band " + series_class(c.color)}, {"d", band_data(c, to_x, to_y)}});
        for (const bool dashed : {true, false})
            for (const auto& c : chart_.series)
                if (c.dashed == dashed)
                    add("path", {{"class", stroke(c) + " " + series_class(c.color)},
                                 {"data-name", c.name},
                                 {"d", path_data(c.points, to_x, to_y)}});
        s_ += "</svg>";
    }

    /// A dot at each curve's end and, where there is room, its name beside it.
    void ends() {
        std::vector<std::pair<double, std::size_t>> names;
        for (std::size_t i = 0; i < chart_.series.size(); ++i) {
            const auto& c = chart_.series[i];
            const auto* p = last_point(c);
            if (!p)
                continue;
            const double at = y(p->y);
            const std::string style = (c.dashed ? "dot hollow " : "dot ") + series_class(c.color);
            names.push_back({std::clamp(at, top_, bottom_), i});
            if (at > top_ - 1 && at < bottom_ + 1)
                add("circle",
                    {{"class", style}, {"cx", px(x(p->x))}, {"cy", px(at)}, {"r", "3.5"}});
        }
        if (!at_ends_)
            return;
        spread_labels(names, name_gap_, top_, bottom_);
        for (const auto& [at, i] : names) {
            const auto& c = chart_.series[i];
            const auto* p = last_point(c);
            const double from = std::clamp(y(p->y), top_, bottom_);
            s_ += tag("g", {{"class", series_class(c.color)}}, ">");
            add("path", {{"class", "lead"},
                         {"d", sentence("M", px(x(p->x) + 5), " ", px(from), "L", px(right_ + 17),
                                        " ", px(at))}});
            word("name", right_ + 20, at + font_ * 0.35, c.name);
            s_ += "</g>";
        }
    }

    const Chart& chart_;
    const Frame frame_;
    ChartAxes axes_;
    const double font_ = frame_.font;
    const double row_ = font_ * 1.5;
    const double name_gap_ = font_ * 1.4;
    const double pad_ = frame_.standalone ? 20 : 0;
    const double swatch_ = 30;
    double left_ = 0;
    double right_ = 0;
    double top_ = 0;
    double bottom_ = 0;
    bool at_ends_ = false;
    std::vector<std::string> x_words_, y_words_;
    std::vector<std::pair<double, double>> legend_;
    std::string s_;
};

inline std::string draw(const Chart& chart, const Frame& frame) {
    return Drawing(chart, frame).text();
}
}  // namespace detail

/// A picture of its own in one theme: 720 by 420 pixels, nothing outside the file is needed.
inline std::string svg(const Chart& chart, Theme theme) {
    return detail::draw(chart, {.width = 720,
                                .height = 420,
                                .font = 13,
                                .standalone = true,
                                .names_at_ends = true,
                                .theme = theme}) +
           "\n";
}

}  // namespace collab
