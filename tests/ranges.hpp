// SPDX-License-Identifier: Apache-2.0
// ranges: a table of the settings of a struct, with what each may be and may not be. A field that
// the table forgets is found by counting.
#pragma once
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <collab/core/error.hpp>

namespace collab::ranges {

struct Anything {
    template <class T>
    operator T() const;
};
template <class S, std::size_t... I>
constexpr bool takes(std::index_sequence<I...>) {
    return requires { S{(void(I), Anything{})...}; };
}
/// How many fields an aggregate has.
template <class S, std::size_t N = 16>
constexpr int fields() {
    if constexpr (N == 0)
        return 0;
    else if constexpr (takes<S>(std::make_index_sequence<N>{}))
        return int(N);
    else
        return fields<S, N - 1>();
}

/// What `act` throws, or that it threw nothing.
template <class F>
std::string thrown(F&& act) {
    try {
        act();
    } catch (const Error& e) {
        return e.what();
    }
    return "nothing was thrown";
}

template <class S>
class Table {
public:
    explicit Table(S defaults = {}) : defaults_(std::move(defaults)) {
        CHECK(thrown([&] { defaults_.check(); }) == "nothing was thrown");
    }
    ~Table() { CHECK_MESSAGE(listed_ == fields<S>(), "the table lists every field once"); }
    Table(const Table&) = delete;
    Table& operator=(const Table&) = delete;

    /// `bad` is refused, and so is what is no finite number; by a sentence with field and value.
    template <class V>
    Table& field(const char* name, V S::* at, const std::vector<double>& good,
                 std::vector<double> bad) {
        constexpr bool whole = std::is_integral_v<V> || std::is_enum_v<V>;
        constexpr double infinity = std::numeric_limits<double>::infinity();
        if (!whole)
            bad.insert(bad.end(), {std::nan(""), infinity, -infinity, 1e200});
        CAPTURE(name);
        for (const double v : good) {
            S s = defaults_;
            s.*at = V(v);
            CAPTURE(v);
            CHECK(thrown([&] { s.check(); }) == "nothing was thrown");
        }
        for (const double v : bad) {
            S s = defaults_;
            s.*at = V(v);
            CHECK(thrown([&] { s.check(); }).find(sentence(name, " is ", v, "; expected")) !=
                  std::string::npos);
        }
        ++listed_;
        return *this;
    }
    /// A field with settings of its own, of which `bad` is out of range.
    template <class V>
    Table& inside(V S::* at, const V& bad) {
        S s = defaults_;
        s.*at = bad;
        CHECK(thrown([&] { s.check(); }) == thrown([&] { bad.check(); }));
        CHECK(thrown([&] { bad.check(); }) != "nothing was thrown");
        ++listed_;
        return *this;
    }
    /// A field of which every value is right.
    template <class V>
    Table& any(V S::*) {
        ++listed_;
        return *this;
    }

private:
    S defaults_;
    int listed_ = 0;
};

// The border of each kind of range, and what lies just outside.
inline const std::vector<double> from_0{0, 1, 1e30};
inline const std::vector<double> below_0{-1e-9, -1};
inline const std::vector<double> above_0{1e-12, 1, 1e12};
inline const std::vector<double> not_above_0{0, -1e-9, 1e-13, 1.1e12};
inline const std::vector<double> a_share{0, 0.5, 1};
inline const std::vector<double> no_share{-1e-9, 1.001, 2};

}  // namespace collab::ranges
