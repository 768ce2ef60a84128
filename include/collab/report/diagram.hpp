// SPDX-License-Identifier: Apache-2.0
// diagram: the methods of a collaboration as a picture: what is read of each network, what is made
// of it, what is compared, and what is kept.
#pragma once
#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <collab/collaboration/method_outline.hpp>
#include <collab/report/svg.hpp>

namespace collab {

namespace detail {
/// One box of a diagram, and what leads into it.
struct Box {
    enum class Form { network, value, adapter, function, loss };
    Form form = Form::value;
    std::string title, note;
    int column = 0;
    double x = 0;
    double y = 0;
    double width = 0;
    double height = 0;
    int color = 0;
    struct Line {
        int from;
        bool constant;
    };
    std::vector<Line> from;
};

inline std::string owner_title(const std::vector<std::string>& names, int owner) {
    return owner >= 0 ? names[std::size_t(owner)] : owner == critic ? "critic" : "shared";
}

class Diagram {
public:
    Diagram(const MethodOutline& s, const std::vector<std::string>& names,
            const std::vector<bool>& frozen)
        : s_(s),
          names_(names),
          frozen_(frozen) {
        for (std::size_t i = 0; i < names.size(); ++i)
            add({Box::Form::network,
                 names[i],
                 frozen[i] ? "frozen" : "kept",
                 0,
                 0,
                 0,
                 0,
                 0,
                 int(i),
                 {}});
        of_.assign(s.values.size(), -1);
        for (std::size_t k = 0; k < s.values.size(); ++k)
            value(int(k));
        for (const MethodOutline::Asked& l : s.losses)
            loss(l);
        place();
    }
    std::string svg(const std::string& title) const {
        // In the order of their places: that of the boxes is the order in which a compiler
        // evaluates the arguments of a method's calls.
        std::vector<const Box*> ordered;
        for (const Box& b : boxes_)
            ordered.push_back(&b);
        std::stable_sort(ordered.begin(), ordered.end(), [](const Box* a, const Box* b) {
            return a->x != b->x ? a->x < b->x : a->y < b->y;
        });
        std::string body;
        for (const Box* b : ordered)
            lines(*b, body);
        for (const Box* b : ordered)
            box(*b, body);
        const double least = std::max(width_, 400.0);
        std::string legend;
        double x = margin;
        double y = height_ + 12;
        double width = least;
        for (const char* item :
             {"solid line: gradients flow back", "dashed line: constant",
              "dashed box: learned, left behind", "round: loss, its weight and owner"}) {
            const double wide = text_width(item, 11.0);
            if (x > margin && x + wide > least - margin) {
                x = margin;
                y += 16;
            }
            legend += sentence("<text class=\"s\" x=\"", px(x), "\" y=\"", px(y), "\">", item,
                               "</text>\n");
            x += wide + 18;
            width = std::max(width, x - 18 + margin);
        }
        const double height = y + 16;
        return sentence(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"", px(width), "\" height=\"",
            px(height), "\" viewBox=\"0 0 ", px(width), " ", px(height),
            "\" role=\"img\" aria-label=\"", escape_markup(title), "\">\n<title>",
            escape_markup(title), "</title>\n<style>", css(Theme::light),
            "@media (prefers-color-scheme:dark){", css(Theme::dark), "}</style>\n",
            "<defs><marker id=\"h\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" "
            "markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker></defs>\n",
            "<rect class=\"page\" x=\"0.5\" y=\"0.5\" width=\"", px(width - 1), "\" height=\"",
            px(height - 1), "\" rx=\"12\"/>\n", body, legend, "</svg>\n");
    }

private:
    static constexpr double margin = 22, gap = 58, rise = 14, font = 12.5;

    static std::string css(Theme theme) {
        const Palette p = palette(theme);
        std::string s = sentence("text{font:12.5px ", font_stack, ";fill:", p.text,
                                 "}.s{font-size:11px;fill:", p.muted, "}.page{fill:", p.surface,
                                 ";stroke:", p.line, "}.f{fill:", p.page, ";stroke:", p.muted,
                                 "}.e{fill:none;stroke:", p.text,
                                 ";stroke-width:1.3;marker-end:url(#h)}.k{stroke:", p.muted,
                                 ";stroke-dasharray:4 3}#h path{fill:", p.muted, "}");
        for (std::size_t c = 0; c < p.series.size(); ++c)
            s += sentence(".c", int(c), "{fill:", p.surface, ";stroke:", p.series[c],
                          ";stroke-width:1.6}.n", int(c), "{fill:", p.series[c],
                          ";fill-opacity:.16}");
        return s + ".b{stroke-dasharray:6 4}";
    }
    static int color_of(int owner) { return owner >= 0 ? owner % 5 : 5; }

    int add(Box b) {
        b.width = std::max(text_width(b.title, font), text_width(b.note, 11.0)) + 22;
        b.height = b.note.empty() ? 30 : 44;
        boxes_.push_back(std::move(b));
        return int(boxes_.size()) - 1;
    }
    /// Values that nothing uses get no box.
    bool used(int k) const {
        for (const auto& v : s_.values)
            for (const auto& u : v.from)
                if (u.value == k)
                    return true;
        return std::any_of(s_.losses.begin(), s_.losses.end(),
                           [&](const auto& l) { return l.own.value == k || l.target.value == k; });
    }
    void value(int k) {
        const MethodOutline::Made& v = s_.values[std::size_t(k)];
        if (!used(k))
            return;
        Box b;
        const bool tap =
            v.kind == MethodOutline::Kind::logits || v.kind == MethodOutline::Kind::feature;
        b.form = v.kind == MethodOutline::Kind::adapter       ? Box::Form::adapter
                 : v.kind == MethodOutline::Kind::combination ? Box::Form::function
                                                              : Box::Form::value;
        b.title = v.name;
        b.color =
            v.kind == MethodOutline::Kind::combination || v.kind == MethodOutline::Kind::distance
                ? -1
                : color_of(v.owner);
        if (v.kind == MethodOutline::Kind::adapter)
            b.note = v.learns ? owner_title(names_, v.owner)
                              : owner_title(names_, v.owner) + ", held still";
        b.column = 1;
        if (tap)
            b.from.push_back({v.owner, frozen_[std::size_t(v.owner)]});
        for (const auto& u : v.from) {
            const Box& before = boxes_[std::size_t(of_[std::size_t(u.value)])];
            b.column = std::max(b.column, before.column + 1);
            b.from.push_back({of_[std::size_t(u.value)], u.constant});
        }
        of_[std::size_t(k)] = add(b);
    }
    void loss(const MethodOutline::Asked& l) {
        const std::string metric = l.metric.empty() ? std::string("minimized") : l.metric;
        Box b{Box::Form::loss,
              plain_number(l.weight) + (l.weight_changes ? "\u2026 \u00d7 " : " \u00d7 ") + metric,
              owner_title(names_, l.owner) + ": " + l.name,
              0,
              0,
              0,
              0,
              0,
              color_of(l.owner),
              {}};
        for (const MethodOutline::Use u : {l.own, l.target})
            if (u.value >= 0)
                b.from.push_back({of_[std::size_t(u.value)], u.constant});
        add(b);
    }
    /// Columns from left to right by what depends on what, losses last; within a column in the
    /// order of the middle of what leads there.
    void place() {
        int last = 1;
        for (const Box& b : boxes_)
            last = std::max(last, b.column);
        for (Box& b : boxes_)
            if (b.form == Box::Form::loss)
                b.column = last + 1;
        double x = margin;
        for (int c = 0; c <= last + 1; ++c) {
            std::vector<std::pair<double, int>> here;
            double width = 0;
            for (std::size_t k = 0; k < boxes_.size(); ++k) {
                Box& b = boxes_[k];
                if (b.column != c)
                    continue;
                double sum = 0;
                for (const auto& f : b.from)
                    sum += boxes_[std::size_t(f.from)].y + boxes_[std::size_t(f.from)].height / 2;
                here.push_back({b.from.empty() ? double(k) : sum / double(b.from.size()), int(k)});
                width = std::max(width, b.width);
            }
            if (here.empty())
                continue;
            // What a network gives has no middle of its own: features by name, logits last.
            const auto rank = [&](const std::pair<double, int>& p) {
                const std::string& title = boxes_[std::size_t(p.second)].title;
                return std::tuple(p.first, c == 1 && title == "logits",
                                  c == 1 ? title : std::string());
            };
            std::stable_sort(here.begin(), here.end(),
                             [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
            double y = margin;
            for (auto& [middle, k] : here) {
                Box& b = boxes_[std::size_t(k)];
                b.x = x;
                b.width = width;
                b.y = c == 0 ? y : std::max(y, middle - b.height / 2);
                y = b.y + b.height + (c == 0 ? 3 * rise : rise);
                height_ = std::max(height_, b.y + b.height + margin);
            }
            x += width + gap;
        }
        width_ = x - gap + margin;
    }
    void lines(const Box& b, std::string& to) const {
        for (std::size_t k = 0; k < b.from.size(); ++k) {
            const Box& a = boxes_[std::size_t(b.from[k].from)];
            const double x1 = a.x + a.width;
            const double y1 = a.y + a.height / 2;
            const double x2 = b.x - 2;
            const double y2 = b.y + b.height * (double(k) + 1) / (double(b.from.size()) + 1);
            const double bend = std::max(24.0, (x2 - x1) * 0.45);
            to += sentence("<path class=\"e", b.from[k].constant ? " k" : "", "\" d=\"M", px(x1),
                           " ", px(y1), "C", px(x1 + bend), " ", px(y1), " ", px(x2 - bend), " ",
                           px(y2), " ", px(x2), " ", px(y2), "\"/>\n");
        }
    }
    void box(const Box& b, std::string& to) const {
        const double round = b.form == Box::Form::loss       ? b.height / 2
                             : b.form == Box::Form::function ? 3
                                                             : 7;
        const std::string kind =
            b.color < 0 ? "f" : sentence("c", b.color, b.form == Box::Form::adapter ? " b" : "");
        const std::string rect =
            sentence("x=\"", px(b.x), "\" y=\"", px(b.y), "\" width=\"", px(b.width),
                     "\" height=\"", px(b.height), "\" rx=\"", px(round), "\"/>");
        to += sentence("<rect class=\"", kind, "\" ", rect, "\n");
        if (b.form == Box::Form::network)
            to += sentence("<rect class=\"n", b.color, "\" ", rect, "\n");
        const std::string middle = px(b.x + b.width / 2);
        to += sentence("<text text-anchor=\"middle\" x=\"", middle, "\" y=\"",
                       px(b.y + (b.note.empty() ? b.height / 2 + 4.5 : 19)), "\">",
                       escape_markup(b.title), "</text>\n");
        if (!b.note.empty())
            to += sentence("<text class=\"s\" text-anchor=\"middle\" x=\"", middle, "\" y=\"",
                           px(b.y + 35), "\">", escape_markup(b.note), "</text>\n");
    }

    const MethodOutline& s_;
    const std::vector<std::string>& names_;
    const std::vector<bool>& frozen_;
    std::vector<Box> boxes_;
    std::vector<int> of_;  ///< the box of each value
    double width_ = 0;
    double height_ = 0;
};
}  // namespace detail

/// The methods of a collaboration as an SVG picture with colors of its own for light and dark
/// pages. Each network's own cross entropy is not drawn.
///
///     replace_file("mine.svg", diagram<Pair>("My method", {"small", "large"}));
template <class C, class Methods = decltype(detail::as_tuple(typename C::methods{}))>
std::string diagram(const std::string& title, std::vector<std::string> names = {},
                    const Methods& methods = {}) {
    std::vector<bool> frozen;
    for (int i = 0; i < C::size; ++i) {
        if (std::size_t(i) >= names.size())
            names.push_back(sentence("net", i));
        frozen.push_back(C::frozen::has(i));
    }
    const MethodOutline s = method_outline<C>(methods);
    return detail::Diagram(s, names, frozen).svg(title);
}

}  // namespace collab
