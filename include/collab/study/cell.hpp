// SPDX-License-Identifier: Apache-2.0
// cell: one training of a study: everything that determines its result, and nothing about how it is
// compiled or run.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include <collab/core/config.hpp>
#include <collab/core/error.hpp>
#include <collab/io/json.hpp>

namespace collab {

/// Raise it whenever a change alters the result of a training: kernels, initial weights, order of
/// images, optimizer, losses, the defaults of a method. `scripts/check-bits` shows whether one
/// does. Lines of different versions are never averaged.
inline constexpr int study_version = 1;

/// What a member of a Cell decides: what the networks are asked to learn from, or how they do it.
/// Only cells with the same protocol are compared.
enum class CellPart { protocol, treatment, seed };

/// One training. Names mean what the Trainer says they mean.
struct Cell {
    std::string data = "synthetic";  ///< without a folder: "cifar10", "fashion", "synthetic:200"
    int train = 0;                   ///< training images, evenly from all classes; 0: all others
    int validation = 0;              ///< images split off the training set, by the seed
    int test = 0;                    ///< test images; 0: all
    bool augment = false;
    std::string pair = "smallnet+resnet20";
    int epochs = 1;
    int batch = 128;
    std::string method = "il";
    int network = -1;  ///< which one is trained; -1: both at once
    double learning_rate = 0.05;
    int warm_up = 60;
    double alpha = 0.2;
    std::string metric = "cosine";
    double label_smoothing = 0;
    std::uint64_t seed = 1;

    /// Calls f(name, member, part) for every member, in the order that they are written in.
    template <class Self, class F>
    static void each(Self& c, F&& f) {
        f("data", c.data, CellPart::protocol);
        f("train", c.train, CellPart::protocol);
        f("validation", c.validation, CellPart::protocol);
        f("test", c.test, CellPart::protocol);
        f("augment", c.augment, CellPart::protocol);
        f("pair", c.pair, CellPart::protocol);
        f("epochs", c.epochs, CellPart::protocol);
        f("batch", c.batch, CellPart::protocol);
        f("method", c.method, CellPart::treatment);
        f("network", c.network, CellPart::treatment);
        f("learning_rate", c.learning_rate, CellPart::treatment);
        f("warm_up", c.warm_up, CellPart::treatment);
        f("alpha", c.alpha, CellPart::treatment);
        f("metric", c.metric, CellPart::treatment);
        f("label_smoothing", c.label_smoothing, CellPart::treatment);
        f("seed", c.seed, CellPart::seed);
    }
};

namespace detail {
inline std::string cell_value(const std::string& v) {
    return json_text(v);
}
inline std::string cell_value(bool v) {
    return v ? "true" : "false";
}
template <class T>
    requires std::is_arithmetic_v<T>
std::string cell_value(T v) {
    return json_number(double(v));
}
/// FNV-1a of 64 bits, as sixteen digits.
inline std::string digest(std::string_view text) {
    std::uint64_t h = 0xcbf29ce484222325ull;
    for (const char c : text)
        h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
    std::string s;
    for (int shift = 60; shift >= 0; shift -= 4)
        s += "0123456789abcdef"[h >> shift & 15];
    return s;
}
/// A member set from JSON or TOML; `what` names it in errors.
template <class T>
void set_cell_value(T& to, const Json& from, std::string_view what) {
    if constexpr (std::is_same_v<T, std::string>) {
        if (!from.is(Json::Kind::text))
            fail(what, ": expected a text in quotes");
        to = from.text;
    } else if constexpr (std::is_same_v<T, bool>) {
        if (!from.is(Json::Kind::boolean))
            fail(what, ": expected true or false");
        to = from.boolean;
    } else {
        const double least = std::is_same_v<T, int> ? -1 : 0;
        const double most = std::is_same_v<T, int> ? 2e9 : 1e15;
        if (!from.is(Json::Kind::number) || from.number < least || from.number > most)
            fail(what, ": expected a number from ", least, " to ", most);
        to = static_cast<T>(from.number);
        if (double(to) != from.number)
            fail(what, " is ", from.number, "; expected a whole number");
    }
}
}  // namespace detail

/// The members of these parts as JSON, always in the same order: equal cells are equal texts.
inline std::string cell_text(const Cell& cell, bool protocol = true, bool treatment = true,
                             bool seed = true) {
    std::string s = "{";
    Cell::each(cell, [&](const char* name, const auto& value, CellPart part) {
        if (!(part == CellPart::protocol    ? protocol
              : part == CellPart::treatment ? treatment
                                            : seed))
            return;
        s += (s.size() > 1 ? "," : "") + json_text(name) + ":" + detail::cell_value(value);
    });
    return s + "}";
}

/// The cell that cell_text wrote. A member that is missing or unknown is an error naming `source`.
inline Cell cell_of(const Json& json, std::string_view source) {
    Cell cell;
    std::size_t known = 0;
    Cell::each(cell, [&](const char* name, auto& value, CellPart) {
        const Json* member = json.find(name);
        if (!member)
            fail(source, ": the cell has no '", name, "'");
        detail::set_cell_value(value, *member, sentence(source, ": '", name, "'"));
        ++known;
    });
    if (known != json.keys.size())
        fail(source, ": the cell has ", json.keys.size(), " members; expected ", known);
    return cell;
}

/// A digest of everything that determines the result, except the instructions of the processor.
inline std::string cell_key(const Cell& cell, std::string_view data_checksum,
                            std::string_view library = COLLAB_VERSION,
                            int version = study_version) {
    return detail::digest(
        sentence(library, "/", version, "/", data_checksum, "/", cell_text(cell)));
}

}  // namespace collab
