// SPDX-License-Identifier: Apache-2.0
// error: the one exception type of the library, and a way to build its sentence without iostreams.
#pragma once
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>

#include <collab/core/config.hpp>

namespace collab {

/// What every run-time failure throws. The message names the file or option, what was found and
/// what was expected.
struct Error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

namespace detail {
/// A part of a sentence, as one type: code for putting sentences together is made once, not for
/// each list of parts.
class Word {
public:
    constexpr Word(std::string_view text)
        : text_(text.data()),
          size_(text.size()),
          kind_(Kind::text) {}
    constexpr Word(char letter) : whole_(letter), kind_(Kind::letter) {}
    template <std::signed_integral T>
    constexpr Word(T n) : whole_(n),
                          kind_(Kind::whole) {}
    template <std::unsigned_integral T>
    constexpr Word(T n) : natural_(n),
                          kind_(Kind::natural) {}
    template <std::floating_point T>
    constexpr Word(T v) : real_(static_cast<double>(v)),
                          kind_(Kind::real) {}

    void append_to(std::string& s) const;

private:
    enum class Kind : char { text, letter, whole, natural, real };
    union {
        const char* text_;
        long long whole_;
        unsigned long long natural_;
        double real_;
    };
    std::size_t size_ = 0;
    Kind kind_;
};
std::string put_together(std::initializer_list<Word> parts);
[[noreturn]] void throw_error(std::initializer_list<Word> parts);

/// A number as one writes it: 4, 0.5, 1e+30.
std::string plain_number(double v);

/// What the operating system says about an errno.
std::string reason(int code);
}  // namespace detail

/// The parts put together: text, characters and numbers.
template <class... Parts>
COLLAB_INLINE std::string sentence(const Parts&... parts) {
    return detail::put_together({detail::Word(parts)...});
}

/// Throws Error with the parts put together: `fail(path, ": expected ", n, " bytes")`.
template <class... Parts>
[[noreturn]] COLLAB_INLINE void fail(const Parts&... parts) {
    detail::throw_error({detail::Word(parts)...});
}

namespace detail {
/// An error unless v is a number of at least 0, finite in single precision, too:
/// `check_not_negative("alpha", alpha)`.
void check_not_negative(std::string_view what, double v);
}  // namespace detail

}  // namespace collab

#ifdef COLLAB_BODIES
#include <charconv>
#include <cmath>
#include <system_error>

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
#endif
