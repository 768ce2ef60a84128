// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include <collab/io/json.hpp>

#include "data/temporary.hpp"

using namespace collab;

TEST_CASE("every kind of value is read, with its members in their order") {
    const Json j = parse_json(
        " {\"b\" : [1, -2.5e3, true, false, null, \"x\"],\n\"a\":{}, \"c\": [ ]} ", "it");
    REQUIRE(j.is(Json::Kind::object));
    REQUIRE(j.keys.size() == 3);
    CHECK(j.keys[0] == "b");
    CHECK(j.keys[1] == "a");
    const Json& b = *j.find("b");
    REQUIRE(b.items.size() == 6);
    CHECK(b.items[0].number == 1);
    CHECK(b.items[1].number == -2500);
    CHECK(b.items[2].boolean);
    CHECK_FALSE(b.items[3].boolean);
    CHECK(b.items[3].is(Json::Kind::boolean));
    CHECK(b.items[4].is(Json::Kind::null));
    CHECK(b.items[5].text == "x");
    CHECK(j.find("d") == nullptr);
}

TEST_CASE("escaped characters are what they stand for") {
    CHECK(parse_json(R"("\"\\\/\b\f\n\r\t")", "it").text == "\"\\/\b\f\n\r\t");
    CHECK(parse_json(R"("\u0041\u00e9\u20ac\ud83d\ude00")", "it").text ==
          "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
}

TEST_CASE("what is no JSON is refused with its place") {
    const auto no = [](std::string_view text) { return error_of([&] { parse_json(text, "it"); }); };
    CHECK(no("") == "it: no JSON at byte 0; expected a value");
    CHECK(no("{\"a\":1") == "it: no JSON at byte 6; expected a comma or }");
    CHECK(no("[1 2]") == "it: no JSON at byte 3; expected a comma or ]");
    CHECK(no("{a:1}") == "it: no JSON at byte 1; expected the name of a member");
    CHECK(no("{\"a\" 1}") == "it: no JSON at byte 5; expected a colon");
    CHECK(no("\"a") == "it: no JSON at byte 2; expected the end of a text");
    CHECK(no("\"\\x\"") == "it: no JSON at byte 2; expected an escaped character");
    CHECK(no("\"\\ud800\"") == "it: no JSON at byte 7; expected the second half of a pair");
    CHECK(no("\"\\u12g4\"") == "it: no JSON at byte 3; expected four hexadecimal digits");
    CHECK(no("1 2") == "it: no JSON at byte 2; expected the end");
    for (const char* bad :
         {"inf", "nan", "-", "tru", "1e999", "\"\n\"", "[1,]", "{\"a\":1,}", "+1", ".5"})
        CHECK_MESSAGE(no(bad).starts_with("it: no JSON at byte "), bad);
    CHECK(no(std::string(100000, '[')) ==
          "it: no JSON at byte 65; expected at most 64 levels of arrays and objects");
}

TEST_CASE("what is written is read back the same") {
    const std::string text("a \"word\" \\ with\nlines, \x01, \xC3\xA9 and \xE2\x82\xAC");
    CHECK(parse_json(json_text(text), "it").text == text);
    CHECK(json_text("\xFF") == "\"\xEF\xBF\xBD\"");
    for (const double v : {0.1, -1.0 / 3, 1e300, 5e-324, 123456789.0, 0.0})
        CHECK(parse_json(json_number(v), "it").number == v);
    CHECK(json_number(std::nan("")) == "null");
    CHECK(json_number(std::numeric_limits<double>::infinity()) == "null");
}
