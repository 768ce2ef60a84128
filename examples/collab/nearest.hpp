// SPDX-License-Identifier: Apache-2.0
// nearest: of the words that would have been right, the one that somebody who wrote another
// probably meant.
#pragma once
#include <algorithm>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace program {

/// How many characters must be added, removed, changed or swapped with their neighbor to make one
/// word the other.
inline int distance(std::string_view a, std::string_view b) {
    std::vector<int> older;
    std::vector<int> old(b.size() + 1);
    std::vector<int> now(b.size() + 1);
    std::iota(old.begin(), old.end(), 0);
    for (std::size_t i = 1; i <= a.size(); ++i) {
        now[0] = int(i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            now[j] = std::min({old[j] + 1, now[j - 1] + 1, old[j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = std::min(now[j], older[j - 2] + 1);
        }
        older = std::exchange(old, now);
    }
    return old[b.size()];
}

/// The nearest of `words`; empty where none is near: within two changes, and less than half of the
/// word.
inline std::string nearest(std::string_view wrong, const std::vector<std::string>& words) {
    std::string best;
    int least = 3;
    for (const std::string& w : words)
        if (const int d = distance(wrong, w); d < least && 2 * d < int(wrong.size())) {
            best = w;
            least = d;
        }
    if (best.empty() && wrong.size() > 2)  // a beginning that only one word has
        for (const std::string& w : words)
            if (w.starts_with(wrong)) {
                if (!best.empty())
                    return {};
                best = w;
            }
    return best;
}

/// "; did you mean X?", or a full stop.
inline std::string did_you_mean(std::string_view wrong, const std::vector<std::string>& words) {
    const std::string near = nearest(wrong, words);
    return near.empty() ? std::string(".") : "; did you mean " + near + "?";
}

}  // namespace program
