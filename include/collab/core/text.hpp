// SPDX-License-Identifier: Apache-2.0
// text: sentences for the compiler, so that a failed constraint says why in words.
#pragma once
#include <algorithm>
#include <cstddef>

namespace collab {

/// A string usable as a template argument.
template <std::size_t N>
struct Text {
    char chars[N]{};
    consteval Text(const char (&s)[N]) { std::copy_n(s, N, chars); }
};

/// `because<"a sentence">(condition)` is the condition; when it fails, compilers print the sentence
/// beside it.
template <Text Sentence>
consteval bool because(bool holds) {
    return holds;
}

}  // namespace collab
