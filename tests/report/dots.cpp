// SPDX-License-Identifier: Apache-2.0
// dots: numbers of several names as a picture.
#include <doctest/doctest.h>

#include <cmath>

#include <collab/report/dots.hpp>

using namespace collab;

namespace {
std::size_t count(const std::string& in, const std::string& what) {
    std::size_t n = 0;
    for (std::size_t at = 0; (at = in.find(what, at)) != std::string::npos; ++at)
        ++n;
    return n;
}
double number_after(const std::string& in, const std::string& what, std::size_t from = 0) {
    return std::stod(in.substr(in.find(what, from) + what.size()));
}
}  // namespace

TEST_CASE("every number is a dot, every row with numbers has a mean, and nothing is at zero") {
    const std::string s = svg(Dots{
        .title = "a < b",
        .unit = "points",
        .note = "three seeds",
        .names = {"one", "two", "none"},
        .panels = {{"left", {{1, 2, 3}, {-1}, {}}, 0}, {"right", {{0}, {std::nan("")}, {}}, 1}}});
    CHECK(count(s, "<circle") == 5);
    CHECK(count(s, "<path class=\"m0\"") == 2);
    CHECK(count(s, "<path class=\"m1\"") == 1);
    CHECK(count(s, "<path class=\"z\"") == 2);
    CHECK(count(s, "a &lt; b") == 2 + 1);  // label, title, heading
    CHECK(s.find("nan") == std::string::npos);
    // The mean of 1, 2, 3 stands where the 2 is, and dots stand in the order of their numbers.
    const std::size_t first = s.find("<circle");
    const std::size_t second = s.find("<circle", first + 1);
    const std::size_t third = s.find("<circle", second + 1);
    CHECK(number_after(s, "<path class=\"m0\" d=\"M") == number_after(s, "cx=\"", second));
    CHECK(number_after(s, "cx=\"", first) < number_after(s, "cx=\"", second));
    CHECK(number_after(s, "cx=\"", second) < number_after(s, "cx=\"", third));
    CHECK(number_after(s, "<path class=\"z\" d=\"M") < number_after(s, "cx=\"", first));
}

TEST_CASE("panels without a difference, and rows that do not fit") {
    CHECK(svg(Dots{.names = {"one"}, .panels = {{"", {{0, 0}}, 0}}}).find("nan") ==
          std::string::npos);
    CHECK(svg(Dots{}).ends_with("</svg>\n"));
    CHECK_THROWS_WITH_AS(svg(Dots{.title = "t", .names = {"one"}, .panels = {{"p", {}, 0}}}),
                         "dots 't': panel 'p' has 0 rows, expected 1, one for each name", Error);
}
