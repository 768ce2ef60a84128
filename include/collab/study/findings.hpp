// SPDX-License-Identifier: Apache-2.0
// findings: what the lines of a study say: means over seeds of equal treatments, and differences of
// the same seeds. It refuses to average what is not comparable.
#pragma once
#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <collab/core/error.hpp>
#include <collab/study/results.hpp>
#include <collab/study/statistics.hpp>

namespace collab {

/// The decision rule: it is stated before a study runs. Accuracies are shares, 0.005 is half a
/// point.
struct DecisionRule {
    double level = 0.95;
    double least = 0.005;  ///< a smaller difference does not matter, whichever its sign
    int seeds = 10;        ///< fewer decide nothing
};

/// "helps", "harms", "no difference that matters", "undecided" or "too few seeds".
inline const char* verdict(const PairedDifference& d, const DecisionRule& rule = {}) {
    if (d.moments.n < rule.seeds)
        return "too few seeds";
    if (d.low() > 0 && d.moments.mean >= rule.least)
        return "helps";
    if (d.high() < 0 && d.moments.mean <= -rule.least)
        return "harms";
    if (d.low() > -rule.least && d.high() < rule.least)
        return "no difference that matters";
    return "undecided";
}

/// Trainings that differ in nothing but the seed, of one network.
struct Treatment {
    std::string method{};
    std::string settings{};                             ///< cell_text of the treatment
    int place = 0;                                      ///< of the network in its pair
    std::string network{};                              ///< its name
    std::map<std::uint64_t, const StudyLine*> lines{};  ///< by seed

    const NetworkResult& result(const StudyLine& line) const {
        return line.networks[line.networks.size() == 1 ? 0 : std::size_t(place)];
    }
    /// The validation accuracies along a training.
    std::vector<double> curve(const StudyLine& line) const {
        std::vector<double> all;
        for (const CurvePoint& p : line.curve)
            all.push_back(p.networks[line.networks.size() == 1 ? 0 : std::size_t(place)].back());
        return all;
    }
    std::vector<double> values(double NetworkResult::* what) const {
        std::vector<double> all;
        for (const auto& [seed, line] : lines)
            all.push_back(result(*line).*what);
        return all;
    }
};

/// Trainings on the same images for the same time: those that may be compared.
struct Protocol {
    std::string text{};  ///< cell_text of the protocol
    Cell example{};
    std::vector<Treatment> treatments{};

    /// Of a method and network, the treatment with the most seeds, and of those the one with the
    /// best mean validation accuracy. Test accuracies are not looked at. Null: there is none.
    const Treatment* best(const std::string& method, int place) const {
        const Treatment* chosen = nullptr;
        const auto rank = [](const Treatment& t) {
            return std::pair{t.lines.size(),
                             moments(t.values(&NetworkResult::validation_accuracy)).mean};
        };
        for (const Treatment& t : treatments)
            if (t.method == method && t.place == place && (!chosen || rank(t) > rank(*chosen)))
                chosen = &t;
        return chosen;
    }
};

/// Test accuracies of `a` minus those of `b`, seed by seed.
inline std::vector<double> differences_of(const Treatment& a, const Treatment& b) {
    std::vector<double> all;
    for (const auto& [seed, line] : a.lines)
        if (const auto other = b.lines.find(seed); other != b.lines.end())
            all.push_back(a.result(*line).test_accuracy - b.result(*other->second).test_accuracy);
    return all;
}

/// How many of `asked` trainings reached the validation accuracy that `alone` ended with at the
/// same seed, and after how many epochs on average.
struct Reached {
    int asked = 0;
    int reached = 0;
    double epochs = 0;
};
inline Reached epochs_to_end_of(const Treatment& alone, const Treatment& t) {
    Reached r;
    for (const auto& [seed, line] : t.lines) {
        const auto other = alone.lines.find(seed);
        if (other == alone.lines.end())
            continue;
        ++r.asked;
        const double goal = alone.curve(*other->second).back();
        const std::vector<double> curve = t.curve(*line);
        const auto at = std::find_if(curve.begin(), curve.end(),
                                     [&](double accuracy) { return accuracy >= goal; });
        if (at == curve.end())
            continue;
        ++r.reached;
        r.epochs += line->curve[std::size_t(at - curve.begin())].epoch;
    }
    if (r.reached > 0)
        r.epochs /= r.reached;
    return r;
}

namespace detail {
inline std::string version_of(const StudyLine& l) {
    return sentence(l.library, "/", l.version);
}
/// Throws Error, naming two lines, where they may not be averaged.
inline void check_comparable(const std::vector<const StudyLine*>& lines) {
    std::map<std::string, const StudyLine*> data;
    for (const StudyLine* l : lines) {
        const StudyLine* first = lines.front();
        if (version_of(*l) != version_of(*first))
            fail("lines ", first->number, " and ", l->number, " are of different versions, ",
                 version_of(*first), " and ", version_of(*l),
                 ", which are never averaged; choose one with --version-of-lines ", version_of(*l));
        const auto [known, fresh] = data.emplace(l->cell.data, l);
        if (!fresh && known->second->data_checksum != l->data_checksum)
            fail("lines ", known->second->number, " and ", l->number, " call different images ",
                 l->cell.data, " (checksums ", known->second->data_checksum, " and ",
                 l->data_checksum, "); they are never averaged");
    }
}
inline void enter_line(Protocol& p, const StudyLine& line) {
    const std::string settings = cell_text(line.cell, false, true, false);
    for (std::size_t i = 0; i < line.networks.size(); ++i) {
        if (!line.networks[i].learned)
            continue;
        const int place = line.networks.size() == 1 ? line.cell.network : int(i);
        auto t = std::find_if(p.treatments.begin(), p.treatments.end(), [&](const Treatment& o) {
            return o.settings == settings && o.place == place;
        });
        if (t == p.treatments.end()) {
            p.treatments.push_back({line.cell.method, settings, place, line.networks[i].name, {}});
            t = p.treatments.end() - 1;
        }
        t->lines[line.cell.seed] = &line;
    }
}
}  // namespace detail

/// The comparable parts of a file of results. Lines of a search and failed ones are left out, and
/// of repeated ones the first counts. Where `version` is not empty, so are lines of other versions.
inline std::vector<Protocol> protocols_of(const std::vector<StudyLine>& lines,
                                          const std::string& version = "") {
    std::vector<const StudyLine*> mine;
    std::set<std::string> keys;
    for (const StudyLine& l : lines)
        if ((version.empty() || detail::version_of(l) == version) && l.role == "main" &&
            l.failed.empty() && keys.insert(l.key()).second)
            mine.push_back(&l);
    detail::check_comparable(mine);
    std::vector<Protocol> all;
    for (const StudyLine* l : mine) {
        const std::string text = cell_text(l->cell, true, false, false);
        auto p =
            std::find_if(all.begin(), all.end(), [&](const Protocol& o) { return o.text == text; });
        if (p == all.end()) {
            all.push_back({text, l->cell, {}});
            p = all.end() - 1;
        }
        detail::enter_line(*p, *l);
    }
    return all;
}

}  // namespace collab
