// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include <collab/io/format.hpp>

using namespace collab;

TEST_CASE("decimals have the places asked for, and what is no number says so") {
    CHECK(decimal(0.125, 2) == "0.12");
    CHECK(decimal(-3.14159, 3) == "-3.142");
    CHECK(decimal(-0.0001, 2) == "0.00");
    CHECK(decimal(1e300, 0).size() == 301);
    CHECK(decimal(std::nan(""), 3) == "nan");
    CHECK(decimal(-std::numeric_limits<double>::quiet_NaN(), 3) == "nan");
    CHECK(decimal(std::numeric_limits<double>::infinity(), 3) == "inf");
    CHECK(decimal(-std::numeric_limits<double>::infinity(), 3) == "-inf");
}

TEST_CASE("thousands are separated") {
    CHECK(grouped(0) == "0");
    CHECK(grouped(999.4) == "999");
    CHECK(grouped(1000) == "1,000");
    CHECK(grouped(-1234567.8) == "-1,234,568");
    CHECK(grouped(-123) == "-123");
    CHECK(grouped(std::nan("")) == "nan");
    CHECK(grouped(-std::numeric_limits<double>::infinity()) == "-inf");
}

TEST_CASE("a duration reads m:ss, from an hour on h:mm:ss") {
    CHECK(duration(0) == "0:00");
    CHECK(duration(9.4) == "0:09");
    CHECK(duration(59.6) == "1:00");
    CHECK(duration(61) == "1:01");
    CHECK(duration(3599.4) == "59:59");
    CHECK(duration(3599.6) == "1:00:00");
    CHECK(duration(3 * 3600 + 62) == "3:01:02");
    CHECK(duration(100 * 3600) == "100:00:00");
}

TEST_CASE("a duration nobody knows is no number") {
    for (const double s : {-1.0, 1e9, std::nan(""), std::numeric_limits<double>::infinity()})
        CHECK(duration(s) == "--:--");
}

TEST_CASE("markup is escaped, and what XML forbids is replaced") {
    CHECK(escape_markup("a < b & \"c\" > 'd'") == "a &lt; b &amp; &quot;c&quot; &gt; &#39;d&#39;");
    CHECK(escape_markup("Zürich 漢 🎉\n\t") == "Zürich 漢 🎉\n\t");
    CHECK(escape_markup(std::string("a\0b\x1b", 4)) == "a\xEF\xBF\xBD"
                                                       "b\xEF\xBF\xBD");
    // no lead byte; a lead byte alone
    CHECK(escape_markup("\xff\xc3") == "\xEF\xBF\xBD\xEF\xBF\xBD");
    CHECK(escape_markup("\xed\xa0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // a surrogate
    // an overlong '<'
    CHECK(escape_markup("\xc0\xbc"
                        "script") == "\xEF\xBF\xBD\xEF\xBF\xBD"
                                     "script");
    CHECK(escape_markup("\xe0\x80\xbc").find('\xbc') == std::string::npos);  // another
}

TEST_CASE("columns count what a terminal shows, not bytes") {
    CHECK(columns("abc") == 3);
    CHECK(columns("Zürich") == 6);
    CHECK(columns("漢字") == 4);
    CHECK(columns("e\xCC\x81") == 1);  // a combining accent
    CHECK(columns("\xff") == 1);
}

TEST_CASE("one line has no controls and is cut between characters") {
    CHECK(one_line("two\nlines\x1b[2J", 100) == "two?lines?[2J");
    CHECK(one_line("Zürich", 2) == "Zü");
    CHECK(one_line("漢字", 3) == "漢");
    CHECK(one_line("abc", 0).empty());
}
