// SPDX-License-Identifier: Apache-2.0
// numbers: see numbers.hpp.
#include "numbers.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include <collab/core/error.hpp>
#include <collab/core/number_text.hpp>
#include <collab/io/format.hpp>

namespace program {

namespace {
using collab::sentence;

std::string number(double v) {
    return collab::detail::number_text(v);
}

/// The text of a whole number without zeros in front: CLI11 would read 010 as 8. Empty: it is none.
std::string plain_whole(const std::string& text) {
    const bool digits = !text.empty() && std::all_of(text.begin(), text.end(),
                                                     [](char c) { return c >= '0' && c <= '9'; });
    if (!digits)
        return {};
    const std::size_t first = std::min(text.find_first_not_of('0'), text.size() - 1);
    return text.substr(first);
}

template <class T>
CLI::Option* whole(CLI::App& app, const std::string& name, T& value, T low, T high,
                   const std::string& help) {
    CLI::Option* option = app.add_option(name, value, help)->capture_default_str();
    option->transform(CLI::Validator(
        [=](std::string& text) -> std::string {
            const std::string plain = plain_whole(text);
            T v{};
            const auto [end, error] = std::from_chars(plain.data(), plain.data() + plain.size(), v);
            if (plain.empty() || error != std::errc{} || v < low || v > high)
                return sentence("\"", collab::one_line(text, 60), "\": expected a whole number ",
                                high == std::numeric_limits<T>::max() && low == 0
                                    ? std::string("of at most 20 digits, without a sign")
                                    : sentence("from ", low, " to ", high));
            text = plain;
            return {};
        },
        "N"));
    return option;
}
}  // namespace

CLI::Option* add_whole(CLI::App& app, const std::string& name, int& value, int low, int high,
                       const std::string& help) {
    return whole<int>(app, name, value, low, high, help);
}
CLI::Option* add_whole(CLI::App& app, const std::string& name, std::uint64_t& value,
                       const std::string& help) {
    return whole<std::uint64_t>(app, name, value, 0, std::numeric_limits<std::uint64_t>::max(),
                                help);
}

CLI::Option* add_real(CLI::App& app, const std::string& name, double& value, double low,
                      double high, const std::string& help, bool with_low) {
    CLI::Option* option = app.add_option(name, value, help)->capture_default_str();
    option->check(CLI::Validator(
        [=](std::string& text) -> std::string {
            double v{};
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
            const bool right = error == std::errc{} && end == text.data() + text.size() &&
                               std::isfinite(v) && (with_low ? v >= low : v > low) && v <= high;
            if (right)
                return {};
            return sentence("\"", collab::one_line(text, 60), "\": expected a number ",
                            with_low ? "from " : "above ", number(low),
                            std::isfinite(high) ? " to " + number(high) : std::string());
        },
        "X"));
    return option;
}

}  // namespace program
