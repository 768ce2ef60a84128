// SPDX-License-Identifier: Apache-2.0
// scatter: points of all classes are drawn on one scale, and names stand among them.
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <collab/report/scatter.hpp>

using namespace collab;

namespace {
int count(std::string_view text, std::string_view part) {
    int n = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != text.npos; at += part.size())
        ++n;
    return n;
}
}  // namespace

TEST_CASE("every point is drawn once, in the color of its class, with names that are not markup") {
    Scatter s{.title = "Space",
              .classes = {"a<b", "c"},
              .panels = {{"one", {{0, 0, 0}, {1, 1, 1}, {0, 1, 1}}}, {"two", {{4, 2, 0}}}},
              .note = "Here & there."};
    const std::string html = detail::scatter_html(s);
    CHECK(count(html, "<svg") == 2);
    CHECK(count(html, "h0") == 4);
    CHECK(count(html, "<path class=\"k0\"") == 2);
    CHECK(count(html, "<path class=\"k1\"") == 1);
    CHECK(count(html, ">a&lt;b</text>") == 2);
    CHECK(html.find("Here &amp; there.") != html.npos);
    // One scale: the panels together span 0 to 4 and 0 to 2, and the last point is the upper right
    // corner.
    CHECK(html.find("M14 406h0") != html.npos);
    CHECK(html.find("M406 14h0") != html.npos);
    CHECK(html.find("M112 210h0") != html.npos);
}

TEST_CASE("points that are no numbers and classes that are not there are left out") {
    Scatter s{.title = "",
              .classes = {"a"},
              .panels = {{"one", {{0, NAN, 0}, {1, 1, 3}, {1, 1, -1}}}, {"none", {}}},
              .note = ""};
    const std::string html = detail::scatter_html(s);
    CHECK(count(html, "h0") == 0);
    CHECK(count(html, "<text") == 0);
}

TEST_CASE("the mutual space has a panel for each network and a point for each image") {
    // Both networks tell the two classes apart along the first number only; the second network is
    // shifted by one.
    const std::vector<int> labels{0, 1, 0, 1};
    const std::vector<std::vector<float>> embeddings{{-5, 0, 5, 0, -5, 0, 5, 0},
                                                     {-5, 1, 5, 1, -5, 1, 5, 1}};
    const Scatter s =
        mutual_space(std::vector<std::string>{"A", "B"}, embeddings, labels, {"x", "y"});
    REQUIRE(s.panels.size() == 2);
    CHECK(s.panels[1].title == "B");
    for (std::size_t k = 0; k < 2; ++k)
        for (std::size_t i = 0; i < 4; ++i) {
            CHECK(s.panels[k].points[i].x == doctest::Approx(labels[i] ? 5 : -5));
            CHECK(s.panels[k].points[i].y == doctest::Approx(k ? 0.5 : -0.5));
            CHECK(s.panels[k].points[i].label == labels[i]);
        }
    CHECK(s.note.find("(100 % of the variance)") != s.note.npos);
    CHECK_THROWS_AS(mutual_space(std::vector<std::string>{"A", "B"},
                                 std::vector<std::vector<float>>{{1, 2}, {1}}, {0}, {}),
                    Error);
}
