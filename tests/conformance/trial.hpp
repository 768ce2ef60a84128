// SPDX-License-Identifier: Apache-2.0
// trial: runs one operation on a backend and on Reference<double> with the same numbers, and
// compares what they leave in memory.
#pragma once
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <collab/backend/geometry.hpp>
#include <collab/backend/reference/fusion.hpp>
#include <collab/core/error.hpp>
#include <collab/core/random.hpp>
#include <collab/memory/view.hpp>

namespace collab::conformance {

/// Random numbers in [low, high); with `levels` > 0 only that many different ones, so that ties
/// occur.
struct Range {
    double low = -1;
    double high = 1;
    int levels = 0;
};

/// A number for a name (FNV-1a).
constexpr std::uint64_t hash(std::string_view name) {
    std::uint64_t h = 0xcbf29ce484222325u;
    for (const char c : name)
        h = (h ^ std::uint64_t(static_cast<unsigned char>(c))) * 0x100000001b3u;
    return h;
}

/// The numbers of the operand of this name, dense.
inline std::vector<double> numbers(long n, const char* name, Range r = {}) {
    std::vector<double> v(static_cast<std::size_t>(n));
    for (std::size_t i = 0; i < v.size(); ++i) {
        double u = uniform<double>(Random{2024, hash(name)}.word(i));
        if (r.levels > 0)
            u = std::floor(u * r.levels) / r.levels;
        v[i] = r.low + (r.high - r.low) * u;
    }
    return v;
}

/// What an operation left behind, dense. An error counts relative to the largest magnitude of the
/// expected values or to `floor` if that is larger: for results that are differences of larger
/// terms. The values form `parts` equal parts with a scale each.
struct Result {
    std::string name;
    std::vector<double> values;
    double floor;
    int parts;
    std::string damage = {};  ///< what happened to the memory around it
};

/// The operands of one operation in the memory of one backend. What an operand holds follows from
/// its name, rounded to S, so it is the same on every backend, in whatever order a compiler
/// evaluates the arguments of a call.
///
/// Everything around an operand is NaN and must stay so: after its end, and with `gaps` also before
/// its first element and between its pixels, each operand with gaps of its own. Outputs are NaN
/// beforehand: nothing may be left unwritten.
template <class B, class S>
class Trial {
public:
    using T = typename B::Scalar;

    /// `separate`: operands of in_place do not share their memory, which gives what sharing must
    /// not change.
    Trial(B& backend, bool gaps, bool separate)
        : backend_(backend),
          gaps_(gaps),
          separate_(separate) {}

    /// An input. Its numbers may be given, for operands that depend on one another.
    View<const T> in(const char* name, const backend::Map& map, Range r = {}) {
        return in(name, map, numbers(map.size(), name, r));
    }
    View<const T> in(const char* name, const backend::Map& map, const std::vector<double>& given) {
        return place(name, map, &given).view;
    }
    const T* in(const char* name, int n, Range r = {}) { return in(name, vector(n), r).data; }
    const T* in(const char* name, int n, const std::vector<double>& given) {
        return in(name, vector(n), given).data;
    }
    /// n labels in [0, classes).
    const int* labels(int n, int classes) {
        std::vector<int> host(std::size_t(n) + 1);
        for (int i = 0; i < n; ++i)
            host[std::size_t(i)] = int(
                below(Random{2024, hash("labels")}.word(std::uint64_t(i)), std::uint32_t(classes)));
        integers_.push_back(backend_.template allocate<int>(host.size()));
        backend_.upload(host.data(), host.size(), integers_.back().data());
        return integers_.back().data();
    }
    /// An output.
    View<T> out(const char* name, const backend::Map& map, double floor = 0) {
        return record(name, map, nullptr, floor, 1);
    }
    T* out(const char* name, int n, double floor = 0, int parts = 1) {
        return record(name, vector(n), nullptr, floor, parts).data;
    }
    /// An output that begins as zero, to which the operation adds.
    T* out_zero(const char* name, int n, double floor = 0) {
        const std::vector<double> zero(std::size_t(n), 0.0);
        return record(name, vector(n), &zero, floor, 1).data;
    }
    /// An operand that the operation adds to. The scale of its errors is at least that of what was
    /// there: a sum that happens to cancel it cannot be more exact.
    View<T> inout(const char* name, const backend::Map& map, double floor = 0) {
        const auto before = numbers(map.size(), name);
        double largest = floor;
        for (const double d : before)
            largest = std::max(largest, std::abs(d));
        return record(name, map, &before, largest, 1);
    }
    T* inout(const char* name, int n, double floor = 0) {
        return inout(name, vector(n), floor).data;
    }
    /// An input and an output that are the same.
    std::pair<View<const T>, View<T>> in_place(const char* name, const backend::Map& map,
                                               double floor = 0) {
        const auto before = numbers(map.size(), name);
        const View<T> y = record(name, map, &before, floor, 1);
        return {separate_ ? in(name, map, before) : View<const T>(y), y};
    }
    /// A number that every backend can hold.
    static T number(double v) { return T(S(v)); }
    /// A result that is no memory.
    void result(const char* name, double value) { results_.push_back({name, {value}, 0, 1, {}}); }

    /// Fetches all results, in the order of their names.
    std::vector<Result> finish() {
        for (const Slot& slot : slots_) {
            std::vector<T> host(slot.size);
            backend_.download(slot.memory, slot.size, host.data());
            Result r{slot.name, {}, slot.floor, slot.parts, {}};
            for (std::size_t i = 0; i < slot.size; ++i) {
                const std::ptrdiff_t place = std::ptrdiff_t(i) - slot.begin;
                const bool inside = place >= 0 && place / slot.view.pixel < slot.map.pixels() &&
                                    place % slot.view.pixel < slot.map.dims.channels;
                if (inside)
                    r.values.push_back(double(host[i]));
                if (!inside && !std::isnan(host[i]))
                    r.damage = sentence(double(host[i]),
                                        " was written outside of the view, before its element ",
                                        r.values.size());
            }
            results_.push_back(r);
        }
        slots_.clear();
        std::sort(results_.begin(), results_.end(),
                  [](const Result& a, const Result& b) { return a.name < b.name; });
        return std::move(results_);
    }

private:
    struct Slot {
        const char* name = "";
        T* memory = nullptr;
        std::size_t size = 0;
        std::ptrdiff_t begin = 0;
        backend::Map map;
        View<T> view;
        double floor = 0;
        int parts = 1;
    };

    static backend::Map vector(int n) { return {1, {n, 1, 1}}; }

    Slot place(const char* name, const backend::Map& map, const std::vector<double>* values) {
        // as long as the widest vector register: a tail handled in full would be seen
        constexpr std::size_t guard = 16;
        const int before = gaps_ ? 1 + int(hash(name) % 3) : 0;
        const int after = gaps_ ? 2 + int(hash(name) / 8 % 5) : 0;
        Slot slot;
        slot.name = name;
        slot.map = map;
        slot.begin = before;
        slot.view.pixel = std::max(before + map.dims.channels + after, 1);
        std::vector<T> host(std::size_t(map.pixels() * slot.view.pixel) + guard,
                            std::numeric_limits<T>::quiet_NaN());
        if (values)
            for (std::size_t i = 0; i < values->size(); ++i) {
                const long p = long(i) / map.dims.channels;
                const long c = long(i) % map.dims.channels;
                host[std::size_t(before + p * slot.view.pixel + c)] = number((*values)[i]);
            }
        owners_.push_back(backend_.template allocate<T>(host.size()));
        slot.memory = owners_.back().data();
        slot.size = host.size();
        slot.view.data = slot.memory + before;
        backend_.upload(host.data(), host.size(), slot.memory);
        return slot;
    }
    View<T> record(const char* name, const backend::Map& map, const std::vector<double>* values,
                   double floor, int parts) {
        Slot slot = place(name, map, values);
        slot.floor = floor;
        slot.parts = parts;
        slots_.push_back(slot);
        return slot.view;
    }

    B& backend_;
    bool gaps_, separate_;
    std::list<decltype(std::declval<B&>().template allocate<T>(1))> owners_;
    std::list<decltype(std::declval<B&>().template allocate<int>(1))> integers_;
    std::vector<Slot> slots_;
    std::vector<Result> results_;
};

/// The largest error of `got`, on the scale that Result describes; infinite where only one of the
/// two is NaN.
inline double error(const Result& expected, const Result& got) {
    const std::size_t part = expected.values.size() / std::size_t(expected.parts);
    double worst = 0;
    for (std::size_t begin = 0; begin < expected.values.size(); begin += part) {
        double scale = std::max(expected.floor, std::numeric_limits<double>::min());
        for (std::size_t i = begin; i < begin + part; ++i)
            if (!std::isnan(expected.values[i]))
                scale = std::max(scale, std::abs(expected.values[i]));
        for (std::size_t i = begin; i < begin + part; ++i) {
            const double e = expected.values[i];
            const double g = got.values[i];
            if (e == g || (std::isnan(e) && std::isnan(g)))
                continue;
            const double difference = std::abs(e - g) / scale;
            worst = std::isnan(difference) ? std::numeric_limits<double>::infinity()
                                           : std::max(worst, difference);
        }
    }
    return worst;
}

/// `one` must agree with the reference up to the tolerance, and with `two` in every bit.
inline void compare(const std::string& what, double tolerance, const std::vector<Result>& expected,
                    const std::vector<Result>& one, const std::vector<Result>& two) {
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const Result& e = expected[i];
        const Result& a = one[i];
        const Result& b = two[i];
        INFO(what, "; result: ", e.name);
        CHECK(a.damage == "");
        CHECK(b.damage == "");
        CHECK(error(e, a) <= tolerance);
        const bool same_bits = std::equal(a.values.begin(), a.values.end(), b.values.begin(),
                                          b.values.end(), [](double x, double y) {
                                              // NaN is NaN, and -0 is not 0
                                              return std::bit_cast<std::uint64_t>(x) ==
                                                     std::bit_cast<std::uint64_t>(y);
                                          });
        CHECK(same_bits);
    }
}

/// check(what, f) calls f(backend, trial) for Reference<double>, then for `one` and for `two`,
/// without gaps and with.
template <class B>
struct Check {
    B &one, &two;
    double tolerance;

    template <class F>
    void operator()(const std::string& what, F f) const {
        FusedReference<double> reference;
        const std::vector<Result> expected = run(reference, f, false, true);
        for (const bool gaps : {false, true})
            compare(gaps ? what + ", in slices of wider maps" : what, tolerance, expected,
                    run(one, f, gaps, false), run(two, f, gaps, false));
    }

private:
    template <class Any, class F>
    static std::vector<Result> run(Any& backend, F f, bool gaps, bool separate) {
        Trial<Any, typename B::Scalar> trial(backend, gaps, separate);
        f(backend, trial);
        return trial.finish();
    }
};

}  // namespace collab::conformance
