// SPDX-License-Identifier: Apache-2.0
// format: numbers, durations and text as people read them. The same bytes in every locale.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <collab/core/config.hpp>

namespace collab {

/// `value` with `digits` places after the point; "nan", "inf" or "-inf" where it is no finite
/// number. Never "-0.0".
std::string decimal(double value, int digits);

/// `value` rounded to a whole number, with a comma between thousands: "1,234".
std::string grouped(double value);

/// A time in seconds as "m:ss", from an hour on as "h:mm:ss"; "--:--" where it is unknown
/// (negative, nan, inf or beyond all patience).
std::string duration(double seconds);

namespace detail {
struct CodePoint {
    std::uint32_t value = 0;
    int bytes = 1;
    bool valid = false;
};

/// The code point at the beginning of `s` (which is not empty); a malformed one is one invalid
/// byte.
CodePoint first_code_point(std::string_view s);

inline bool is_control(std::uint32_t c) {
    return c < 0x20 || (c >= 0x7F && c < 0xA0);
}

/// How many columns a terminal gives this code point: good for names people choose, not a whole
/// Unicode table.
int columns_of(std::uint32_t c);
}  // namespace detail

/// The terminal columns that a UTF-8 text takes.
int columns(std::string_view text);

/// Text safe as one line of a terminal, at most `width` columns: control characters (which could
/// move the cursor) and malformed bytes become '?'.
std::string one_line(std::string_view text, int width);

/// Text as the content or a quoted attribute of HTML and XML. Malformed UTF-8 and control
/// characters, which XML forbids, become U+FFFD.
std::string escape_markup(std::string_view text);

}  // namespace collab

#ifdef COLLAB_BODIES
#include <collab/io/format-inl.hpp>
#endif
