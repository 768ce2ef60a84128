// SPDX-License-Identifier: Apache-2.0
// error-inl: the bodies of error.
#pragma once
#include <charconv>
#include <cmath>
#include <cstdio>
#include <system_error>

#include <collab/core/error.hpp>

namespace collab::detail {
COLLAB_COMPILED COLLAB_COLD void Word::append_to(std::string& s) const {
    switch (kind_) {
    case Kind::text:
        s.append(text_, size_);
        break;
    case Kind::letter:
        s += static_cast<char>(whole_);
        break;
    case Kind::whole:
        s += std::to_string(whole_);
        break;
    case Kind::natural:
        s += std::to_string(natural_);
        break;
    case Kind::real:
        s += plain_number(real_);
        break;
    }
}
COLLAB_COMPILED COLLAB_COLD std::string put_together(std::initializer_list<Word> parts) {
    std::string s;
    for (const Word& p : parts)
        p.append_to(s);
    return s;
}
COLLAB_COMPILED COLLAB_COLD void throw_error(std::initializer_list<Word> parts) {
    throw Error(put_together(parts));
}
COLLAB_COMPILED COLLAB_COLD std::string plain_number(double v) {
    if (v != v)
        return "nan";  // of whatever sign
    if (const double size = v < 0 ? -v : v; size >= 1e9 || (size < 1e-4 && size > 0)) {
        char text[32];
        return {text,
                std::to_chars(text, text + sizeof text, v, std::chars_format::general, 6).ptr};
    }
    std::string s = std::to_string(v);
    s.erase(s.find_last_not_of('0') + 1);
    if (s.ends_with('.'))
        s.pop_back();
    return s;
}
COLLAB_COMPILED COLLAB_NOINLINE void check_not_negative(std::string_view what, double v) {
    if (!(v >= 0) || std::isinf(float(v)))
        fail(what, " is ", v, "; expected a number of at least 0");
}
COLLAB_COMPILED COLLAB_COLD std::string reason(int code) {
    return std::generic_category().message(code);
}
}  // namespace collab::detail

namespace collab {
COLLAB_COMPILED COLLAB_COLD OutOfMemory::OutOfMemory(std::size_t bytes) noexcept {
    constexpr double mebibyte = 1 << 20;
    std::snprintf(text_, sizeof text_,
                  "there is no memory for a block of %.1f MiB; a smaller batch or network takes "
                  "less",
                  double(bytes) / mebibyte);
}
}  // namespace collab
