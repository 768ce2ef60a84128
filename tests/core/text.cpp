// SPDX-License-Identifier: Apache-2.0
// text: sentences as template arguments.
#include <collab/core/text.hpp>

#include <string_view>
#include <type_traits>

#include <doctest/doctest.h>

namespace {

using namespace collab;

template <Text Sentence>
struct Named {
    static constexpr auto text = Sentence;
};

static_assert(because<"two is less than three">(2 < 3));
static_assert(!because<"three is less than two">(3 < 2));
static_assert(std::is_same_v<Named<"one">, Named<"one">>);
static_assert(!std::is_same_v<Named<"one">, Named<"two">>);
static_assert(!std::is_same_v<Named<"one">, Named<"one ">>);

template <class T>
concept Small = because<"at most four bytes">(sizeof(T) <= 4);
static_assert(Small<float> && !Small<double>);

}  // namespace

TEST_CASE("a template argument keeps the characters of its sentence") {
    CHECK(std::string_view(Named<"a sentence">::text.chars) == "a sentence");
    CHECK(sizeof(Named<"a sentence">::text.chars) == 11);
    CHECK(std::string_view(Named<"">::text.chars).empty());
}
