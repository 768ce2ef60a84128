// SPDX-License-Identifier: Apache-2.0
// fixture: what PyTorch computed, by name, and the formula that both sides take their inputs from.
// See generate.py.
#pragma once
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <collab/core/error.hpp>
#include <collab/layer/concepts.hpp>
#include <collab/model/named_tensors.hpp>

namespace collab::oracle {

inline constexpr std::int64_t prime = 1048573;  // the largest below 2^20

/// Element i of the sequence called `name`, an integer in [0, prime).
inline std::vector<std::int64_t> residues(std::string_view name, std::size_t count) {
    std::int64_t stream = 0;
    for (const char c : name)
        stream = (stream * 131 + static_cast<unsigned char>(c)) % prime;
    std::vector<std::int64_t> r(count);
    for (std::size_t k = 0; k < count; ++k) {
        const std::int64_t i = std::int64_t(k);
        const std::int64_t t = (i * i + stream) % prime;
        r[k] = (t * t + (stream + 40961) * i) % prime;
    }
    return r;
}
/// Numbers in (-1, 1) that float represents exactly.
template <class T = double>
std::vector<T> numbers(std::string_view name, std::size_t count, double scale = 1) {
    std::vector<T> v;
    v.reserve(count);
    for (const std::int64_t r : residues(name, count))
        v.push_back(T(scale * (double(r - (prime - 1) / 2) / 524288.0)));
    return v;
}
/// Class numbers in [0, classes).
inline std::vector<int> labels(std::string_view name, std::size_t count, int classes) {
    std::vector<int> v;
    for (const std::int64_t r : residues(name, count))
        v.push_back(int(r % classes));
    return v;
}
/// First values of every tensor of a named_tensors, each by its name: weights of variance 1 /
/// fan-in or so, scales around 1, the rest around 0.
template <class T>
std::vector<T> initial(const std::vector<Named>& tensors, const std::string& prefix = "") {
    std::vector<T> values;
    for (const Named& n : tensors) {
        const std::size_t size = std::size_t(n.tensor.size);
        const std::size_t last = std::size_t(n.tensor.extents[std::size_t(n.tensor.rank) - 1]);
        const bool weight = n.tensor.role == Role::weight;
        std::vector<double> v =
            numbers(prefix + n.name, size, weight ? std::sqrt(3.0 / double(size / last)) : 0.25);
        for (const double x : v)
            values.push_back(T(x + (n.tensor.role == Role::scale ? 1 : 0)));
    }
    return values;
}

template <class T>
std::vector<double> widened(const std::vector<T>& v) {
    return {v.begin(), v.end()};
}

/// One pair of files: `<name>.txt` has a line `name count` for each tensor, `<name>.bin` their
/// values, float64 little-endian.
class Fixture {
public:
    explicit Fixture(const std::string& name) {
        const std::filesystem::path stem =
            std::filesystem::path(COLLAB_TEST_DATA) / "oracle" / name;
        std::ifstream index(stem.string() + ".txt");
        std::ifstream data(stem.string() + ".bin", std::ios::binary);
        if (!index || !data)
            fail(stem.string(),
                 ".txt or .bin cannot be read; tests/oracle/generate.py writes them");
        std::string key;
        for (std::size_t count = 0; index >> key >> count;) {
            std::vector<double> values(count);
            for (double& v : values)
                v = next(data, stem.string());
            entries_[key] = {values, false};
        }
        if (data.peek() != std::ifstream::traits_type::eof())
            fail(stem.string(), ".bin: longer than its index says");
    }

    bool contains(const std::string& name) const { return entries_.contains(name); }
    /// The tensor of this name, which counts as compared from now on.
    const std::vector<double>& at(const std::string& name) {
        const auto found = entries_.find(name);
        if (found == entries_.end())
            fail("the oracle has no tensor called ", name);
        found->second.compared = true;
        return found->second.values;
    }
    /// Tensors of a case that nothing was compared with.
    std::vector<std::string> left(const std::string& which) const {
        std::vector<std::string> names;
        for (const auto& [name, e] : entries_)
            if (name.starts_with(which + "/") && !e.compared)
                names.push_back(name);
        return names;
    }

private:
    struct Entry {
        std::vector<double> values;
        bool compared;
    };

    static double next(std::ifstream& data, const std::string& stem) {
        char bytes[8];
        if (!data.read(bytes, 8))
            fail(stem, ".bin: shorter than its index says");
        std::uint64_t word = 0;
        for (int k = 7; k >= 0; --k)
            word = word << 8 | static_cast<unsigned char>(bytes[k]);
        return std::bit_cast<double>(word);
    }

    std::map<std::string, Entry> entries_;
};

/// The largest error relative to the largest expected magnitude; NaN or infinite where anything is
/// not a number or sizes differ.
inline double relative_error(const std::vector<double>& got, const std::vector<double>& expected) {
    if (got.size() != expected.size())
        return INFINITY;
    double largest = 0;
    double error = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
        largest = std::max(largest, std::abs(expected[i]));
        const double e = std::abs(got[i] - expected[i]);
        if (!(e <= error))
            error = e;  // lets a NaN in, and never out again
    }
    return error == 0 ? 0 : error / largest;
}

/// Compares tensors with the oracle's, each to the same tolerance.
struct Judge {
    Fixture& fixture;
    double tolerance;

    void operator()(const std::string& name, const std::vector<double>& got) {
        const double error = relative_error(got, fixture.at(name));
        const bool agrees = error <= tolerance;
        CHECK_MESSAGE(agrees, name << " (" << got.size() << " values) differs from PyTorch by "
                                   << error << ", relative to its largest value");
    }
    /// One tensor after the other, as a named_tensors lists them.
    template <class T>
    void each(const std::string& prefix, const std::vector<Named>& tensors,
              const std::vector<T>& values) {
        for (const Named& n : tensors)
            (*this)(prefix + n.name, {values.begin() + std::ptrdiff_t(n.offset),
                                      values.begin() + std::ptrdiff_t(n.offset) + n.tensor.size});
    }
    /// To be called at a case's end: nothing that PyTorch computed was forgotten here.
    void finish(const std::string& which) const {
        for (const std::string& name : fixture.left(which))
            FAIL_CHECK(name << " was not compared");
    }
};

}  // namespace collab::oracle
