// SPDX-License-Identifier: Apache-2.0
// format-inl: the bodies of format.
#pragma once
#include <charconv>
#include <cmath>

#include <collab/io/format.hpp>

namespace collab {
COLLAB_COMPILED COLLAB_COLD std::string decimal(double value, int digits) {
    if (std::isnan(value))
        return "nan";
    if (std::isinf(value))
        return value > 0 ? "inf" : "-inf";
    char buffer[400];  // the largest double has 309 digits before the point
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed,
                                   digits < 0    ? 0
                                   : digits > 60 ? 60
                                                 : digits)
                         .ptr;
    std::string s(buffer, end);
    if (s[0] == '-' && s.find_first_not_of("-0.") == std::string::npos)
        s.erase(0, 1);
    return s;
}
COLLAB_COMPILED COLLAB_COLD std::string grouped(double value) {
    std::string s = decimal(value, 0);
    if (!std::isfinite(value))
        return s;
    const std::size_t first = s[0] == '-' ? 1 : 0;
    for (std::size_t at = s.size(); at > first + 3;)
        s.insert(at -= 3, 1, ',');
    return s;
}
COLLAB_COMPILED COLLAB_COLD std::string duration(double seconds) {
    if (!(seconds >= 0 && seconds < 1e9))
        return "--:--";
    const long long whole = std::llround(seconds);
    const long long h = whole / 3600;
    const long long m = whole / 60 % 60;
    const long long s = whole % 60;
    const auto two = [](long long n) { return std::string(n < 10 ? "0" : "") + std::to_string(n); };
    return h > 0 ? std::to_string(h) + ":" + two(m) + ":" + two(s)
                 : std::to_string(m) + ":" + two(s);
}
}  // namespace collab

namespace collab::detail {
COLLAB_COMPILED COLLAB_COLD CodePoint first_code_point(std::string_view s) {
    const auto byte = [&](std::size_t i) {
        return std::uint32_t(static_cast<unsigned char>(s[i]));
    };
    const std::uint32_t lead = byte(0);
    if (lead < 0x80)
        return {lead, 1, true};
    const int bytes = lead >= 0xF0 && lead < 0xF5   ? 4
                      : lead >= 0xE0 && lead < 0xF0 ? 3
                      : lead >= 0xC2 && lead < 0xE0 ? 2
                                                    : 0;
    if (bytes == 0 || s.size() < std::size_t(bytes))
        return {lead, 1, false};
    std::uint32_t value = lead & (0x7Fu >> bytes);
    for (int i = 1; i < bytes; ++i) {
        if ((byte(std::size_t(i)) & 0xC0u) != 0x80u)
            return {lead, 1, false};
        value = value << 6 | (byte(std::size_t(i)) & 0x3Fu);
    }
    const std::uint32_t least = bytes == 2 ? 0x80u : bytes == 3 ? 0x800u : 0x10000u;
    if (value < least || value > 0x10FFFFu || (value >= 0xD800u && value < 0xE000u))
        return {lead, 1, false};
    return {value, bytes, true};
}
COLLAB_COMPILED COLLAB_COLD int columns_of(std::uint32_t c) {
    if ((c >= 0x300 && c < 0x370) || (c >= 0x200B && c < 0x2010) || (c >= 0xFE00 && c < 0xFE10))
        return 0;
    const bool wide = (c >= 0x1100 && c < 0x1160) || (c >= 0x2E80 && c < 0xA4D0) ||
                      (c >= 0xAC00 && c < 0xD7A4) || (c >= 0xF900 && c < 0xFB00) ||
                      (c >= 0xFE30 && c < 0xFE70) || (c >= 0xFF00 && c < 0xFF61) ||
                      (c >= 0x1F300 && c < 0x1FB00) || (c >= 0x20000 && c < 0x40000);
    return wide ? 2 : 1;
}
}  // namespace collab::detail

namespace collab {
COLLAB_COMPILED COLLAB_COLD int columns(std::string_view text) {
    int n = 0;
    while (!text.empty()) {
        const auto c = detail::first_code_point(text);
        n += c.valid ? detail::columns_of(c.value) : 1;
        text.remove_prefix(std::size_t(c.bytes));
    }
    return n;
}
COLLAB_COMPILED COLLAB_COLD std::string one_line(std::string_view text, int width) {
    std::string s;
    while (!text.empty()) {
        const auto c = detail::first_code_point(text);
        const bool plain = c.valid && !detail::is_control(c.value);
        width -= plain ? detail::columns_of(c.value) : 1;
        if (width < 0)
            break;
        if (plain)
            s += text.substr(0, std::size_t(c.bytes));
        else
            s += '?';
        text.remove_prefix(std::size_t(c.bytes));
    }
    return s;
}
COLLAB_COMPILED COLLAB_COLD std::string escape_markup(std::string_view text) {
    std::string s;
    s.reserve(text.size());
    while (!text.empty()) {
        const auto c = detail::first_code_point(text);
        const bool space = c.value == '\n' || c.value == '\t';
        if (!c.valid || (detail::is_control(c.value) && !space) || c.value == 0xFFFE ||
            c.value == 0xFFFF)
            s += "\xEF\xBF\xBD";
        else if (c.value == '&')
            s += "&amp;";
        else if (c.value == '<')
            s += "&lt;";
        else if (c.value == '>')
            s += "&gt;";
        else if (c.value == '"')
            s += "&quot;";
        else if (c.value == '\'')
            s += "&#39;";
        else
            s += text.substr(0, std::size_t(c.bytes));
        text.remove_prefix(std::size_t(c.bytes));
    }
    return s;
}
}  // namespace collab
