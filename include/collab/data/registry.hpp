// SPDX-License-Identifier: Apache-2.0
// registry: a data set from one word of a command line, such as `cifar10:data` or `synthetic`.
// Needs zlib.
#pragma once
#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <filesystem>
#include <numeric>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <collab/core/error.hpp>
#include <collab/data/cifar.hpp>
#include <collab/data/idx.hpp>
#include <collab/data/images.hpp>
#include <collab/data/npy.hpp>
#include <collab/data/stl10.hpp>

namespace collab {
namespace detail {

/// How many letters must be added, removed or exchanged to make one word into the other.
inline int edit_distance(std::string_view a, std::string_view b) {
    std::vector<int> row(b.size() + 1);
    std::iota(row.begin(), row.end(), 0);
    for (std::size_t i = 0; i < a.size(); ++i) {
        int diagonal = row[0]++;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const int exchange = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = std::min({exchange, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

inline constexpr std::array<std::string_view, 7> data_kinds{
    "mnist", "fashion", "cifar10", "cifar100", "stl10", "npy", "synthetic"};
/// How they are written, for messages.
inline constexpr std::string_view data_words =
    "mnist:FOLDER, fashion:FOLDER, cifar10:FOLDER, cifar100:FOLDER, stl10:FOLDER, npy:FOLDER, "
    "synthetic or synthetic:N";

/// The known kind that was probably meant, or nothing.
inline std::string_view nearest_kind(std::string_view kind) {
    std::string plain;  // Fashion-MNIST, CIFAR_10
    for (const char c : kind.substr(0, 64))
        if (c >= 'A' && c <= 'Z')
            plain += static_cast<char>(c - 'A' + 'a');
        else if (c != '-' && c != '_' && c != ' ')
            plain += c;
    if (std::find(data_kinds.begin(), data_kinds.end(), plain) != data_kinds.end())
        return *std::find(data_kinds.begin(), data_kinds.end(), plain);
    for (const std::string_view known : data_kinds)
        if (plain.size() >= 3 && (plain.starts_with(known) || known.starts_with(plain)))
            return known;
    const auto distance = [&](std::string_view known) { return edit_distance(plain, known); };
    const auto best = *std::min_element(data_kinds.begin(), data_kinds.end(),
                                        [&](auto a, auto b) { return distance(a) < distance(b); });
    return distance(best) <= 2 ? best : std::string_view();
}

}  // namespace detail

/// `mnist:FOLDER`, `fashion:FOLDER`, `cifar10:FOLDER`, `cifar100:FOLDER` (fine labels),
/// `stl10:FOLDER`, `npy:FOLDER`, `synthetic` (2000 training images) or `synthetic:N` (N; a fifth as
/// many for test).
inline Splits open_data(std::string_view spec) {
    const std::size_t colon = spec.find(':');
    const std::string_view kind = spec.substr(0, colon);
    const std::string_view rest =
        colon == std::string_view::npos ? std::string_view() : spec.substr(colon + 1);
    if (kind == "synthetic") {
        int n = 2000;
        if (colon != std::string_view::npos) {
            const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), n);
            if (error != std::errc() || end != rest.data() + rest.size() || n < 1 || n > 100'000)
                fail("data \"", spec, "\": \"", rest,
                     "\" is not a number of images; expected synthetic:N with N from 1 to 100000");
        }
        Splits set{synthetic_images({3, 32, 32}, 10, n, 1),
                   synthetic_images({3, 32, 32}, 10, std::max(1, n / 5), 2)};
        set.train.name += " train";
        set.test.name += " test";
        return set;
    }
    if (std::find(detail::data_kinds.begin(), detail::data_kinds.end(), kind) ==
        detail::data_kinds.end()) {
        const std::string_view meant = detail::nearest_kind(kind);
        fail("data \"", spec, "\": \"", kind, "\" is not a known kind",
             meant.empty() ? std::string() : sentence(" (was ", meant, " meant?)"), "; expected ",
             detail::data_words);
    }
    if (rest.empty())
        fail("data \"", spec, "\": names no folder; expected ", kind, ":FOLDER");
    const std::filesystem::path folder(rest);
    if (kind == "mnist")
        return mnist(folder);
    if (kind == "fashion")
        return fashion_mnist(folder);
    if (kind == "cifar10")
        return cifar10(folder);
    if (kind == "cifar100")
        return cifar100(folder);
    return kind == "stl10" ? stl10(folder) : npy_set(folder);
}

}  // namespace collab
