// SPDX-License-Identifier: Apache-2.0
// words: lists of words as one text, and back.
#pragma once
#include <algorithm>
#include <string>
#include <vector>

namespace program {

inline std::string joined(const std::vector<std::string>& words, const char* separator = ", ") {
    std::string s;
    for (const std::string& w : words)
        s += (s.empty() ? "" : separator) + w;
    return s;
}
/// The parts of a text between separators; none of an empty text.
inline std::vector<std::string> parts(const std::string& text, char separator) {
    std::vector<std::string> all;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(separator, at), text.size());
        all.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return all;
}

}  // namespace program
