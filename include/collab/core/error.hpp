// SPDX-License-Identifier: Apache-2.0
// error: the one exception type of the library, and a way to build its sentence without iostreams.
#pragma once
#include <concepts>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace collab {

/// What every run-time failure throws. The message names the file or option, what was found and what was expected.
struct Error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

namespace detail {
inline void append(std::string& s, std::string_view part) { s += part; }
inline void append(std::string& s, char part) { s += part; }
template <class T>
    requires std::integral<T> || std::floating_point<T>
void append(std::string& s, T part) { s += std::to_string(part); }

/// A number as one writes it: 4, 0.5.
inline std::string plain_number(double v) {
    std::string s = std::to_string(v);
    s.erase(s.find_last_not_of('0') + 1);
    if (s.ends_with('.')) s.pop_back();
    return s;
}

/// What the operating system says about an errno.
inline std::string reason(int code) { return std::generic_category().message(code); }
}  // namespace detail

/// The parts put together: text, characters and numbers.
template <class... Parts>
std::string sentence(const Parts&... parts) {
    std::string s;
    (detail::append(s, parts), ...);
    return s;
}

/// Throws Error with the parts put together: `fail(path, ": expected ", n, " bytes")`.
template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) { throw Error(sentence(parts...)); }

}  // namespace collab
