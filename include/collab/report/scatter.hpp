// SPDX-License-Identifier: Apache-2.0
// scatter: points of several classes in panels side by side on the same axes, such as what networks
// made of the same images.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <collab/core/error.hpp>
#include <collab/io/format.hpp>
#include <collab/report/projection.hpp>
#include <collab/report/svg.hpp>

namespace collab {

/// Points with a class each. All panels share one scale.
struct Scatter {
    struct Point {
        double x = 0;
        double y = 0;
        int label = 0;
    };
    struct Panel {
        std::string title{};
        std::vector<Point> points{};
    };
    std::string title{};
    std::vector<std::string> classes{};  ///< names, written where their points lie
    std::vector<Panel> panels{};
    std::string note{};
};

/// Embeddings [image][width] of the same images by several networks, seen along the two directions
/// in which all of them together differ most.
template <class T>
Scatter mutual_space(const std::vector<std::string>& networks,
                     const std::vector<std::vector<T>>& embeddings, const std::vector<int>& labels,
                     std::vector<std::string> classes) {
    if (networks.size() != embeddings.size() || networks.empty() || labels.empty())
        fail("the mutual space of ", networks.size(), " networks and ", labels.size(),
             " labels with ", embeddings.size(), " lists of embeddings");
    std::vector<T> all;
    for (const auto& e : embeddings) {
        if (e.size() != embeddings[0].size() || e.size() % labels.size() != 0)
            fail("the mutual space: ", e.size(), " numbers for ", labels.size(),
                 " images; expected as many for each network");
        all.insert(all.end(), e.begin(), e.end());
    }
    const std::size_t width = embeddings[0].size() / labels.size();
    const PrincipalAxes axes = principal_axes(all, int(width), 2);
    Scatter s{.title = "The mutual space", .classes = std::move(classes), .panels = {}, .note = {}};
    for (std::size_t k = 0; k < networks.size(); ++k) {
        Scatter::Panel panel{networks[k], {}};
        for (std::size_t i = 0; i < labels.size(); ++i)
            panel.points.push_back({axes(0, &embeddings[k][i * width]),
                                    axes(1, &embeddings[k][i * width]), labels[i]});
        s.panels.push_back(std::move(panel));
    }
    s.note = sentence(
        "Embeddings of the same ", labels.size(), " test images, ", width,
        " numbers each, along the two principal axes of both networks' together (",
        decimal(100 * (axes.share[0] + axes.share[1]), 0),
        " % of the variance). Where the panels look alike, the networks place an image alike.");
    return s;
}

namespace detail {

/// A range of both axes.
struct ScatterRange {
    double low_x = 0, high_x = 0, low_y = 0, high_y = 0;
};

/// Draws one panel as a picture; the class with the number k has the color class k0 to k9.
class ScatterDrawing {
public:
    ScatterDrawing(const Scatter& s, const Scatter::Panel& panel, const ScatterRange& range)
        : classes_(s.classes),
          panel_(panel),
          range_(range),
          points_(std::max<std::size_t>(s.classes.size(), 1)) {
        for (const Scatter::Point& p : panel.points)
            if (p.label >= 0 && std::size_t(p.label) < points_.size() && std::isfinite(p.x) &&
                std::isfinite(p.y))
                points_[std::size_t(p.label)].push_back(&p);
    }

    std::string draw() const {
        std::string svg =
            sentence("<svg class=\"scatter\" viewBox=\"0 0 ", px(size), " ", px(size),
                     "\" role=\"img\" aria-label=\"", escape_markup(panel_.title), "\">");
        for (std::size_t c = 0; c < points_.size(); ++c) {
            if (points_[c].empty())
                continue;
            // lines of no length, whose round caps are dots
            svg += sentence("<path class=\"k", c % 10, "\" d=\"");
            for (const auto* p : points_[c])
                svg += sentence("M", px(x(p->x)), " ", px(y(p->y)), "h0");
            svg += "\"/>";
        }
        for (const Name& name : names())
            svg += sentence("<text class=\"k", name.of % 10, "\" x=\"", px(name.across), "\" y=\"",
                            px(std::clamp(name.height, 12.0, size - 4) + 4), "\">",
                            escape_markup(classes_[name.of]), "</text>");
        return svg + "</svg>";
    }

private:
    static constexpr double size = 420;
    static constexpr double room = 14;
    struct Name {
        double height, across;
        std::size_t of;  ///< the class
    };

    double x(double v) const {
        return room + (size - 2 * room) * (v - range_.low_x) / (range_.high_x - range_.low_x);
    }
    double y(double v) const {
        return size - room -
               (size - 2 * room) * (v - range_.low_y) / (range_.high_y - range_.low_y);
    }
    static double median(std::vector<double>& v) {
        std::nth_element(v.begin(), v.begin() + std::ptrdiff_t(v.size() / 2), v.end());
        return v[v.size() / 2];
    }

    /// At the medians, moved apart where they would lie on each other.
    std::vector<Name> names() const {
        std::vector<Name> names;
        for (std::size_t c = 0; c < points_.size() && c < classes_.size(); ++c) {
            if (points_[c].empty())
                continue;
            std::vector<double> xs, ys;
            for (const auto* p : points_[c]) {
                xs.push_back(x(p->x));
                ys.push_back(y(p->y));
            }
            const double half = text_width(classes_[c], 13) / 2 + 2;
            const double across = std::clamp(median(xs), half, std::max(half, size - half));
            names.push_back({median(ys), across, c});
        }
        for (int turn = 0; turn < 40; ++turn)
            for (std::size_t a = 0; a < names.size(); ++a)
                for (std::size_t b = a + 1; b < names.size(); ++b)
                    move_apart(names[a], names[b]);
        return names;
    }
    void move_apart(Name& a, Name& b) const {
        const double apart = (text_width(classes_[a.of], 13) + text_width(classes_[b.of], 13)) / 2;
        const double lack = 15 - std::abs(a.height - b.height);
        if (std::abs(a.across - b.across) > apart || lack <= 0)
            return;
        (a.height <= b.height ? a : b).height -= lack / 2;
        (a.height <= b.height ? b : a).height += lack / 2;
    }

    const std::vector<std::string>& classes_;
    const Scatter::Panel& panel_;
    ScatterRange range_;
    std::vector<std::vector<const Scatter::Point*>> points_;  // of each class
};

inline std::string scatter_html(const Scatter& s) {
    double low_x = 0;
    double high_x = 0;
    double low_y = 0;
    double high_y = 0;
    bool any = false;
    for (const auto& panel : s.panels)
        for (const auto& p : panel.points) {
            if (!std::isfinite(p.x) || !std::isfinite(p.y))
                continue;
            if (!any) {
                low_x = high_x = p.x;
                low_y = high_y = p.y;
                any = true;
            }
            low_x = std::min(low_x, p.x);
            high_x = std::max(high_x, p.x);
            low_y = std::min(low_y, p.y);
            high_y = std::max(high_y, p.y);
        }
    if (!(high_x > low_x)) {
        low_x -= 1;
        high_x += 1;
    }
    if (!(high_y > low_y)) {
        low_y -= 1;
        high_y += 1;
    }
    const ScatterRange range{low_x, high_x, low_y, high_y};
    std::string html =
        sentence("<figure class=\"card solo\"><figcaption><h3>", escape_markup(s.title),
                 "</h3></figcaption>\n<div class=\"panels\">");
    for (std::size_t k = 0; k < s.panels.size(); ++k)
        html += sentence("<div><h4>", escape_markup(s.panels[k].title), "</h4>",
                         ScatterDrawing(s, s.panels[k], range).draw(), "</div>\n");
    html += "</div>";
    if (!s.note.empty())
        html += "<p class=\"note\">" + escape_markup(s.note) + "</p>";
    return html + "</figure>\n";
}

}  // namespace detail
}  // namespace collab
