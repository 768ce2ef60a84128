// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <collab/report/svg.hpp>

using namespace collab;

namespace {
const double nan_ = std::nan("");

Chart sample() {
    Chart c{.title = "Accuracy <of> both & more",
            .x_label = "epoch",
            .y_label = "accuracy",
            .percent = true,
            .series = {}};
    for (int n = 0; n < 4; ++n) {
        Chart::Series s{
            .name = "net " + std::to_string(n), .color = n / 2, .dashed = n % 2 == 0, .points = {}};
        for (int e = 1; e <= 10; ++e)
            s.points.push_back({double(e), 0.9 - 0.01 * n - 0.5 / e});
        c.series.push_back(s);
    }
    return c;
}
int count(std::string_view text, std::string_view part) {
    int n = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != text.npos; at += part.size())
        ++n;
    return n;
}
double luminance(std::string_view hex) {
    double y = 0;
    const double weight[] = {0.2126, 0.7152, 0.0722};
    for (std::size_t i = 0; i < 3; ++i) {
        const double v = std::stoi(std::string(hex.substr(1 + 2 * i, 2)), nullptr, 16) / 255.0;
        y += weight[i] * (v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4));
    }
    return y;
}
double contrast(std::string_view a, std::string_view b) {
    const double x = luminance(a);
    const double y = luminance(b);
    return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}
std::string path_of(std::vector<Chart::Point> points) {
    return detail::path_data(points, [](double v) { return v; }, [](double v) { return v; });
}
}  // namespace

TEST_CASE("all words and curves reach a contrast of 4.5 in both themes") {
    for (const Theme theme : {Theme::light, Theme::dark}) {
        const Palette p = palette(theme);
        for (const auto background : {p.page, p.surface}) {
            for (const auto c : p.series)
                CHECK(contrast(c, background) >= 4.5);
            CHECK(contrast(p.text, background) >= 12);
            CHECK(contrast(p.muted, background) >= 4.5);
        }
    }
}

TEST_CASE("a value that is not finite breaks the line there") {
    CHECK(path_of({{0, 0}, {1, 2}, {2, 4}}) == "M0 0L1 2L2 4");
    CHECK(path_of({{0, 0}, {1, 2}, {2, nan_}, {3, 1}, {4, 5}}) == "M0 0L1 2M3 1L4 5");
    CHECK(path_of({{0, 0}, {1, 2}, {nan_, 3}, {3, -INFINITY}, {4, 5}, {5, 6}}) ==
          "M0 0L1 2M4 5L5 6");
    CHECK(path_of({{nan_, nan_}}).empty());
    CHECK(path_of({}).empty());
}

TEST_CASE("a point alone between gaps is a dot") {
    CHECK(path_of({{0, 0}, {1, 1}, {2, nan_}, {3, 1.5}, {4, nan_}}) == "M0 0L1 1M3 1.5L3 1.5");
}

TEST_CASE("a spread is one closed shape for each run of known borders") {
    const auto same = [](double v) { return v; };
    Chart::Series s{.name = "s", .points = {{0, 1}, {1, 1}, {2, 1}, {3, 1}, {4, 1}}};
    s.lower = {0, 0, nan_, 0.5, 0};
    s.upper = {2, 3, 2, 2, 2};
    CHECK(detail::band_data(s, same, same) == "M0 2L1 3L1 0L0 0ZM3 2L4 2L4 0L3 0.5Z");
}

TEST_CASE(
    "names at the curves' ends keep their distance, their order and their place within the plot") {
    std::vector<std::pair<double, std::size_t>> names = {{50, 0}, {51, 1}, {49, 2}, {120, 3}};
    detail::spread_labels(names, 15, 0, 130);
    CHECK(names[0].second == 2);
    CHECK(names[1].second == 0);
    CHECK(names[2].second == 1);
    // the crowd stays around its middle
    CHECK(names[1].first == doctest::Approx(50).epsilon(0.02));
    CHECK(names[3].first == doctest::Approx(120));
    for (auto low : {-40.0, 300.0}) {
        std::vector<std::pair<double, std::size_t>> outside = {{low, 0}, {low, 1}, {low, 2}};
        detail::spread_labels(outside, 15, 0, 130);
        CHECK(outside[0].first >= 0);
        CHECK(outside[2].first <= 130);
        for (std::size_t i = 0; i < 2; ++i)
            CHECK(outside[i + 1].first - outside[i].first >= 15 - 1e-9);
    }
}

TEST_CASE(
    "a standalone picture refers to nothing but the SVG namespace and is the same each time") {
    for (const Theme theme : {Theme::light, Theme::dark}) {
        const std::string s = svg(sample(), theme);
        CHECK(count(s, "http") == 1);
        CHECK(count(s, "xmlns=\"http://www.w3.org/2000/svg\"") == 1);
        CHECK(count(s, "var(") == 0);
        CHECK(count(s, "nan") == 0);
        CHECK(s == svg(sample(), theme));
        CHECK(count(s, std::string(palette(theme).series[0])) > 0);
    }
    CHECK(svg(sample(), Theme::light) != svg(sample(), Theme::dark));
}

TEST_CASE("all text of a picture is escaped") {
    Chart c = sample();
    c.x_label = "<x>";
    c.y_label = "\"y\"";
    c.series[0].name = "<script>";
    const std::string s = svg(c, Theme::light);
    CHECK(count(s, "Accuracy &lt;of&gt; both &amp; more") == 3);  // seen, title, spoken
    CHECK(count(s, "<x>") == 0);
    CHECK(count(s, "\"y\"") == 0);
    CHECK(count(s, "<script>") == 0);
}

TEST_CASE("a picture says in words how each curve ends") {
    CHECK(svg(sample(), Theme::light).find("net 0 ends at 85.0%. net 1 ends at 84.0%.") !=
          std::string::npos);
}

TEST_CASE("dashed curves are dashed and lie below solid ones") {
    const std::string s = svg(sample(), Theme::light);
    CHECK(s.find("data-name=\"net 2\"") < s.find("data-name=\"net 1\""));
    CHECK(count(s, "class=\"line dash ") == 2);
    CHECK(count(s, "class=\"line c") == 2);
}

TEST_CASE("names that do not fit beside the curves become a legend") {
    const auto ends = [](const std::string& s) { return count(s, "class=\"lead\""); };
    Chart c = sample();
    CHECK(ends(svg(c, Theme::light)) == 4);
    CHECK(ends(detail::draw(c, {.width = 330, .height = 290, .names_at_ends = false})) == 0);
    c.series[0].name = std::string(60, 'n');
    CHECK(ends(svg(c, Theme::light)) == 0);
    CHECK(count(svg(c, Theme::light), ">" + c.series[0].name + "<") == 1);
}

TEST_CASE("charts without curves, points or labels can be drawn") {
    CHECK(svg({}, Theme::light).find("no data") != std::string::npos);
    Chart c = sample();
    for (auto& s : c.series)
        s.points = {{1, nan_}};
    CHECK(svg(c, Theme::dark).find("no data") != std::string::npos);
    c.series[1].points = {{5, 0.5}};
    CHECK(svg(c, Theme::dark).find("no data") == std::string::npos);
    c.series[1].color = -1;  // wraps around
    CHECK(svg(c, Theme::dark).find("c5") != std::string::npos);
}
