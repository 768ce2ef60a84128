// SPDX-License-Identifier: Apache-2.0
// error: sentences from parts, and the exception that carries them.
#include <collab/core/error.hpp>

#include <cstddef>
#include <exception>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

#include <doctest/doctest.h>

using namespace collab;

static_assert(std::is_base_of_v<std::runtime_error, Error>);

TEST_CASE("a sentence puts text, characters and numbers together") {
    CHECK(sentence().empty());
    CHECK(sentence("file", std::string(" a.bin"), std::string_view(": "), 3, ' ', std::size_t(7),
                   ' ', -2L) == "file a.bin: 3 7 -2");
    CHECK(sentence(0.5, " ", -1.0, " ", 0.1f, " ", 1e30, " ", 1e-7, " ", 100000.0) ==
          "0.5 -1 0.1 1e+30 1e-07 100000");
    CHECK(sentence(-std::numeric_limits<double>::quiet_NaN(), " ",
                   std::numeric_limits<double>::quiet_NaN(), " ",
                   -std::numeric_limits<double>::infinity()) == "nan nan -inf");
    CHECK(sentence('x') == "x");
}

TEST_CASE("a number that has to be finite and at least 0 is asked for by name") {
    for (const double fine : {0.0, -0.0, 1e-300, 1e30})
        CHECK_NOTHROW(detail::check_not_negative("it", fine));
    CHECK_THROWS_WITH_AS(detail::check_not_negative("it", -0.5),
                         "it is -0.5; expected a number of at least 0", Error);
    // no number of single precision
    CHECK_THROWS_WITH_AS(detail::check_not_negative("it", 1e300),
                         "it is 1e+300; expected a number of at least 0", Error);
    CHECK_THROWS_WITH_AS(detail::check_not_negative("it", std::numeric_limits<double>::infinity()),
                         "it is inf; expected a number of at least 0", Error);
    CHECK_THROWS_WITH_AS(detail::check_not_negative("it", std::numeric_limits<double>::quiet_NaN()),
                         "it is nan; expected a number of at least 0", Error);
}

TEST_CASE("a lack of memory says how much was wanted, and can be caught as the language's own") {
    bool caught = false;
    try {
        throw OutOfMemory(std::size_t(3) << 19);
    } catch (const std::bad_alloc& e) {
        caught = std::string_view(e.what()) == "there is no memory for a block of 1.5 MiB; a "
                                               "smaller batch or network takes less";
    }
    CHECK(caught);
}

TEST_CASE("fail throws an Error with its sentence") {
    CHECK_THROWS_WITH_AS(fail("model.bin: expected ", 12, " bytes, found ", 7),
                         "model.bin: expected 12 bytes, found 7", Error);
    bool caught = false;
    try {
        fail("no");
    } catch (const std::exception& e) {
        caught = std::string_view(e.what()) == "no";
    }
    CHECK(caught);
}
