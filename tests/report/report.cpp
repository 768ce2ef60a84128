// SPDX-License-Identifier: Apache-2.0
#include <cctype>
#include <clocale>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <collab/report/report.hpp>

using namespace collab;

namespace {
Report sample() {
    Report r;
    r.title = "Two <networks> & one base";
    r.subtitle = "Data from http://example.org, 3 seeds.";
    r.highlights = {{.value = "+2.1", .label = "points", .detail = "84.9 to 87.0", .color = 1}};
    r.caveats = {"Three seeds only."};
    r.tables = {{.caption = "Test \"accuracy\"",
                 .columns = {{"Network"}, {"Alone", true}, {"Difference", true, true}},
                 .rows = {{"A<b>", "84.9", "+2.1"}, {"B", "1", "2"}}}};
    Chart c{
        .title = "Learning",
        .x_label = "epoch",
        .y_label = "accuracy",
        .percent = true,
        .series = {{.name = "alone", .dashed = true, .points = {{1, 0.2}, {2, 0.5}, {3, 0.6}}}}};
    r.charts = {c, c, c};
    r.scatters = {{.title = "Space <2>",
                   .classes = {"a", "b&c"},
                   .panels = {{"one", {{0, 0, 0}, {1, 1, 1}}}, {"two", {{0, 1, 1}}}},
                   .note = "n"}};
    r.confusions = {{"Who", {"a", "b&c"}, {3, 1, 0, 4}, ""},
                    {"is who", {"a", "b&c"}, {3, 1, 0, 4}, ""}};
    r.paragraphs = {"One.", "Two </main>."};
    r.manifest = {{"Seeds", "1, 2, 3"}, {"Backend", "Cpu<float>"}};
    return r;
}
int count(std::string_view text, std::string_view part) {
    int n = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != text.npos; at += part.size())
        ++n;
    return n;
}
/// The first tag that does not match, or nothing. Style and script are skipped: they hold no tags.
std::string unbalanced(std::string_view page) {
    std::vector<std::string> open;
    for (std::size_t at = 0; (at = page.find('<', at)) != page.npos;) {
        const std::size_t end = page.find('>', at);
        if (end == page.npos)
            return "unfinished tag";
        const std::string_view tag = page.substr(at + 1, end - at - 1);
        at = end + 1;
        if (tag.empty() || tag[0] == '!' || tag.back() == '/')
            continue;
        if (count(tag, "\"") % 2 != 0 || tag.find('<') != tag.npos)
            return "quotes in " + std::string(tag);
        const bool closes = tag[0] == '/';
        std::string name;
        for (std::size_t i = closes;
             i < tag.size() && (std::isalnum(static_cast<unsigned char>(tag[i])) != 0); ++i)
            name += tag[i];
        if (name == "meta")
            continue;
        if (!closes) {
            open.push_back(name);
            if (name == "style" || name == "script")
                at = page.find("</" + name, at);
        } else if (open.empty() || open.back() != name) {
            return "closes " + name;
        } else {
            open.pop_back();
        }
    }
    return open.empty() ? "" : "leaves open " + open.back();
}
}  // namespace

TEST_CASE("a page's tags are balanced") {
    CHECK(unbalanced("<a><b></b></a>").empty());
    CHECK_FALSE(unbalanced("<a><b></a></b>").empty());
    CHECK(unbalanced(html(sample())) == "");
    CHECK(unbalanced(html({})) == "");
    CHECK(unbalanced(svg(sample().charts[0], Theme::dark)) == "");
}

TEST_CASE("a page refers to nothing outside itself") {
    Report r = sample();
    CHECK(count(html(r), "http") == 1);  // the subtitle's own words
    r.subtitle.clear();
    const std::string s = html(r);
    for (const char* part : {"http", "//", "url(", "@import", "<link", "<img", " src=", " href="}) {
        INFO(part);
        CHECK(count(s, part) == 0);
    }
}

TEST_CASE("all text of a page is escaped") {
    const std::string s = html(sample());
    CHECK(count(s, "Two &lt;networks&gt; &amp; one base") == 2);
    CHECK(count(s, "A&lt;b&gt;") == 1);
    CHECK(count(s, "Test &quot;accuracy&quot;") == 2);
    CHECK(count(s, "Two &lt;/main&gt;.") == 1);
    CHECK(count(s, "</main>") == 1);
    CHECK(count(s, "Cpu&lt;float&gt;") == 1);
}

TEST_CASE("the same report gives the same bytes, whatever the locale") {
    const std::string s = html(sample());
    CHECK(s == html(sample()));
    for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8"})
        if (std::setlocale(LC_ALL, name))
            CHECK(s == html(sample()));
    std::setlocale(LC_ALL, "C");
}

TEST_CASE("a page is for light and dark, for phones and for those who listen") {
    const std::string s = html(sample());
    CHECK(count(s, "prefers-color-scheme:dark") == 1);
    CHECK(count(s, "name=\"viewport\"") == 1);
    CHECK(count(s, "<figcaption>") == 6);
    // 3 narrow, 3 wide, 1 large
    CHECK(count(s, "role=\"img\" aria-label=\"Line chart: Learning. accuracy by epoch. alone ends "
                   "at 60.0%.\"") == 7);
    CHECK(count(s, "chart large") == 1);
    CHECK(count(s, "lang=\"en\"") == 1);
    CHECK(count(s, "scope=\"row\"") == 6);
}

TEST_CASE("parts that are empty leave nothing behind") {
    const std::string s = html({.title = "t"});
    for (const char* part : {"<section", "<ul", "<table", "<figure", "<dl", "class=\"lede\""})
        CHECK(count(s, part) == 0);
}

TEST_CASE("numeric columns are aligned right, and few rows become cards on a phone") {
    Report r = sample();
    CHECK(count(html(r), "data-label=\"Difference\" class=\"n strong\"") == 2);
    CHECK(count(html(r), "class=\"cards\"") == 1);
    r.tables[0].rows.assign(13, {"x", "1", "2"});
    CHECK(count(html(r), "class=\"cards\"") == 0);
}

TEST_CASE("a row of another length than the columns is refused by name") {
    Report r = sample();
    r.tables[0].rows[1].pop_back();
    CHECK_THROWS_WITH_AS(
        html(r), "table 'Test \"accuracy\"': row 2 has 2 cells, expected 3, one for each column",
        Error);
}

TEST_CASE("a report that cannot be made leaves the file as it was") {
    const std::string path =
        (std::filesystem::temp_directory_path() / "collab_report_test.html").string();
    write(sample(), path);
    Report broken = sample();
    broken.tables[0].rows[0].clear();
    CHECK_THROWS_AS(write(broken, path), Error);
    std::ifstream file(path, std::ios::binary);
    CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == html(sample()));
    std::filesystem::remove(path);
}
