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

/// One panel as a picture; the class with the number k has the color class k0 to k9.
inline std::string draw(const Scatter& s, std::size_t which, double low_x, double high_x,
                        double low_y, double high_y) {
    constexpr double size = 420;
    constexpr double room = 14;
    const auto x = [&](double v) {
        return room + (size - 2 * room) * (v - low_x) / (high_x - low_x);
    };
    const auto y = [&](double v) {
        return size - room - (size - 2 * room) * (v - low_y) / (high_y - low_y);
    };
    const Scatter::Panel& panel = s.panels[which];
    std::string svg = sentence("<svg class=\"scatter\" viewBox=\"0 0 ", px(size), " ", px(size),
                               "\" role=\"img\" aria-label=\"", escape_markup(panel.title), "\">");
    std::vector<std::vector<const Scatter::Point*>> of(std::max<std::size_t>(s.classes.size(), 1));
    for (const Scatter::Point& p : panel.points)
        if (p.label >= 0 && std::size_t(p.label) < of.size() && std::isfinite(p.x) &&
            std::isfinite(p.y))
            of[std::size_t(p.label)].push_back(&p);
    for (std::size_t c = 0; c < of.size(); ++c) {
        if (of[c].empty())
            continue;
        // lines of no length, whose round caps are dots
        svg += sentence("<path class=\"k", c % 10, "\" d=\"");
        for (const auto* p : of[c])
            svg += sentence("M", px(x(p->x)), " ", px(y(p->y)), "h0");
        svg += "\"/>";
    }
    // Names at the medians, moved apart where they would lie on each other.
    std::vector<std::pair<double, std::size_t>> heights;
    std::vector<double> across(of.size());
    for (std::size_t c = 0; c < of.size() && c < s.classes.size(); ++c) {
        if (of[c].empty())
            continue;
        std::vector<double> xs, ys;
        for (const auto* p : of[c]) {
            xs.push_back(x(p->x));
            ys.push_back(y(p->y));
        }
        const auto middle = [](std::vector<double>& v) {
            std::nth_element(v.begin(), v.begin() + std::ptrdiff_t(v.size() / 2), v.end());
            return v[v.size() / 2];
        };
        const double half = text_width(s.classes[c], 13) / 2 + 2;
        across[c] = std::clamp(middle(xs), half, std::max(half, size - half));
        heights.emplace_back(middle(ys), c);
    }
    for (int turn = 0; turn < 40; ++turn)
        for (auto& a : heights)
            for (auto& b : heights) {
                const double apart =
                    (text_width(s.classes[a.second], 13) + text_width(s.classes[b.second], 13)) / 2;
                if (a.second >= b.second || std::abs(across[a.second] - across[b.second]) > apart)
                    continue;
                if (const double lack = 15 - std::abs(a.first - b.first); lack > 0) {
                    (a.first <= b.first ? a : b).first -= lack / 2;
                    (a.first <= b.first ? b : a).first += lack / 2;
                }
            }
    for (const auto& [height, c] : heights)
        svg += sentence("<text class=\"k", c % 10, "\" x=\"", px(across[c]), "\" y=\"",
                        px(std::clamp(height, 12.0, size - 4) + 4), "\">",
                        escape_markup(s.classes[c]), "</text>");
    return svg + "</svg>";
}

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
    std::string html =
        sentence("<figure class=\"card solo\"><figcaption><h3>", escape_markup(s.title),
                 "</h3></figcaption>\n<div class=\"panels\">");
    for (std::size_t k = 0; k < s.panels.size(); ++k)
        html += sentence("<div><h4>", escape_markup(s.panels[k].title), "</h4>",
                         draw(s, k, low_x, high_x, low_y, high_y), "</div>\n");
    html += "</div>";
    if (!s.note.empty())
        html += "<p class=\"note\">" + escape_markup(s.note) + "</p>";
    return html + "</figure>\n";
}

}  // namespace detail
}  // namespace collab
