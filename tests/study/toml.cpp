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
