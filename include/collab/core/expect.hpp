// SPDX-License-Identifier: Apache-2.0
// expect: the ranges of settings, said once by whoever has them, and the sentence for a value
// outside.
#pragma once
#include <concepts>
#include <string_view>
#include <type_traits>

#include <collab/core/config.hpp>
#include <collab/core/error.hpp>

namespace collab {

/// Throws Error for a value outside its range: "distillation: temperature is 0; expected a number
/// above 0". For the `check()` of everything that has settings: metrics, methods, functions of
/// several values, schedules, callbacks.
///
///     void check() const {
///         const Expect expect{"distillation"};
///         expect.fraction("alpha", alpha);
///         expect.positive("temperature", temperature);
///     }
struct Expect {
    std::string_view of;  ///< whose settings they are

    /// Finite, in single precision, too.
    void finite(std::string_view field, double v) const;
    /// At least 0, and finite.
    void not_negative(std::string_view field, double v) const;
    /// Above 0; between 1e-12 and 1e12, so that its square and its inverse are numbers of single
    /// precision, too.
    void positive(std::string_view field, double v) const;
    /// From 0 to 1.
    void fraction(std::string_view field, double v) const;
    /// In [0, 1).
    void below_one(std::string_view field, double v) const;
    /// From `least` on, and finite.
    void at_least(std::string_view field, double v, double least) const;
    /// One of the numbers from `first` to `last`.
    void between(std::string_view field, long v, long first, long last) const;
};

/// A type with nothing to set, or one that says by `check()` which values may be set.
template <class T>
concept SaysItsRanges = std::is_empty_v<T> || requires(const T& t) { t.check(); };

namespace detail {
/// Asks whoever has a `check()`.
template <class T>
void check_settings(const T& t) {
    if constexpr (requires { t.check(); })
        t.check();
}
}  // namespace detail

}  // namespace collab

#ifdef COLLAB_BODIES
#include <collab/core/expect-inl.hpp>
#endif
