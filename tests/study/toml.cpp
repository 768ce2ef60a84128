// SPDX-License-Identifier: Apache-2.0
#include <collab/study/toml.hpp>

#include <doctest/doctest.h>

using namespace collab;

TEST_CASE("TOML's tables, arrays and values are read") {
    const Json j =
        parse_toml("# a grid\nname = \"a \\\"b\\\"\" # behind\n[settings]\nepochs = 1_000\n"
                   "rate = [0.1, 5e-2,\n  1.0,  # several lines\n]\n"
                   "[[grid]]\naugment = true\n[[grid]]\nx-y = false\nz = []\n",
                   "text");
    CHECK(j.find("name")->text == "a \"b\"");
    const Json& settings = *j.find("settings");
    CHECK(settings.find("epochs")->number == 1000);
    REQUIRE(settings.find("rate")->items.size() == 3);
    CHECK(settings.find("rate")->items[1].number == 0.05);
    REQUIRE(j.find("grid")->items.size() == 2);
    CHECK(j.find("grid")->items[0].find("augment")->boolean);
    CHECK_FALSE(j.find("grid")->items[1].find("x-y")->boolean);
    CHECK(j.find("grid")->items[1].find("z")->items.empty());
}

TEST_CASE("what is no TOML is an error with its line") {
    CHECK_THROWS_WITH(parse_toml("a = 1\nb = c\n", "g.toml"),
                      "g.toml, line 2: expected a value: \"text\", a number, true, false or [an "
                      "array]");
    CHECK_THROWS_WITH(parse_toml("a = 1\na = 2\n", "g.toml"),
                      "g.toml, line 2: expected another name: 'a' stands there twice");
    CHECK_THROWS_WITH(parse_toml("a = \"b\n", "g"), "g, line 1: expected the end of the text");
    CHECK_THROWS_WITH(parse_toml("a = 1 2\n", "g"), "g, line 1: expected the end of the line");
    CHECK_THROWS_WITH(parse_toml("[a\n", "g"), "g, line 1: expected ] behind the name");
    CHECK_THROWS_WITH(parse_toml("\n\n= 1\n", "g"), "g, line 3: expected a name");
    CHECK_THROWS_WITH(parse_toml("a 1\n", "g"), "g, line 1: expected = behind the name");
    CHECK_THROWS_WITH(parse_toml("a = [1 2]\n", "g"), "g, line 1: expected a comma or ]");
}

TEST_CASE("what TOML allows besides: a byte-order mark, literal and escaped texts, dotted names") {
    const Json j = parse_toml("\xEF\xBB\xBF[ train ]\r\nreport = 'C:\\x #1.html'  # a comment\n"
                              "name = \"a\\u0062\\t\\u00e9\"\nwarm-up = 1_000\nrate = +0.5\n",
                              "f");
    const Json& train = *j.find("train");
    CHECK(train.find("report")->text == "C:\\x #1.html");
    CHECK(train.find("name")->text == "ab\t\xC3\xA9");
    CHECK(train.find("warm-up")->number == 1000);
    CHECK(train.find("rate")->number == 0.5);
    const Json dotted = parse_toml("train.epochs = 3\ntrain . seed = 4\n", "f");
    CHECK(dotted.find("train")->find("epochs")->number == 3);
    CHECK(dotted.find("train")->find("seed")->number == 4);
}

TEST_CASE("numbers that mean something else elsewhere are refused") {
    for (const char* text : {"a = 010", "a = 0_1", "a = 1__0", "a = _1", "a = 1_", "a = 0x10"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(parse_toml(text, "f"), Error);
    }
    CHECK(parse_toml("a = 0\nb = 0.5\nc = -0.25\n", "f").find("c")->number == -0.25);
    CHECK_THROWS_AS(parse_toml("a = \"\\ud800\"", "f"), Error);
    CHECK_THROWS_AS(parse_toml("a = \"\\q\"", "f"), Error);
    CHECK_THROWS_AS(parse_toml("a = 1\na.b = 2", "f"), Error);
}
