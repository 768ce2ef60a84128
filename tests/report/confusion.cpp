// SPDX-License-Identifier: Apache-2.0
// confusion: shares of rows, small ones not hidden, names not markup.
#include <string>

#include <doctest/doctest.h>

#include <collab/report/confusion.hpp>

using namespace collab;

TEST_CASE("rows are labels, columns are answers, and cells say the share of the row") {
    Confusion c{"Who <is> who", {"a&b", "c"}, {199, 1, 3, 1}, "Seed 1."};
    const std::string html = detail::confusion_html(c);
    const auto has = [&](const char* part) { CHECK_MESSAGE(html.find(part) != html.npos, part); };
    has("<h3>Who &lt;is&gt; who</h3>");
    has("title=\"a&amp;b taken for a&amp;b: 199 of 200\" style=\"--share:99.5%\" "
        "class=\"full\">&gt;99</td>");
    has("title=\"a&amp;b taken for c: 1 of 200\" style=\"--share:0.5%\">&lt;1</td>");
    has("title=\"c taken for a&amp;b: 3 of 4\" style=\"--share:75.0%\" class=\"full\">75</td>");
    has("in per cent of the row. Seed 1.</p>");
}

TEST_CASE("what never was is an empty cell, also for a class without images") {
    const std::string html = detail::confusion_html({"t", {"a", "b"}, {0, 0, 2, 0}, ""});
    CHECK(html.find("title=\"a taken for b: 0 of 0\"></td>") != html.npos);
    CHECK(html.find("title=\"b taken for b: 0 of 2\"></td>") != html.npos);
    CHECK_THROWS_WITH_AS(detail::confusion_html({"t", {"a", "b"}, {1, 2, 3}, ""}),
                         "confusion 't': 3 counts for 2 classes; expected 4", Error);
}

TEST_CASE("the confusion of a score") {
    const ClassificationReport s =
        classification_report(std::vector<float>{1, 0, 0, 1, 1, 0}, {0, 0, 1}, 2);
    const Confusion c = confusion(s, {}, "t");
    CHECK(c.counts == std::vector<long>{1, 1, 1, 0});
    CHECK(c.classes == std::vector<std::string>{"0", "1"});
}
