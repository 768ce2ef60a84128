// SPDX-License-Identifier: Apache-2.0
// error: the exceptions of the library, and a way to build their sentences without iostreams.
#pragma once
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>

#include <collab/core/config.hpp>

namespace collab {

/// What every run-time failure but a lack of memory throws. The message names the file or option,
/// what was found and what was expected.
struct Error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// No memory for a block of so many bytes. Its sentence needs none.
class OutOfMemory : public std::bad_alloc {
public:
    explicit OutOfMemory(std::size_t bytes) noexcept;
    const char* what() const noexcept override { return text_; }

private:
    char text_[128];
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
#include <collab/core/error-inl.hpp>
#endif
