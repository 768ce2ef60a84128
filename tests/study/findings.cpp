// SPDX-License-Identifier: Apache-2.0
#include <collab/study/findings.hpp>
#include <collab/study/report.hpp>

#include <doctest/doctest.h>

#include "study/made_lines.hpp"

using namespace collab;

namespace {
/// cl gains 1, 2, 3, 4 and 5 points for A and loses 1 point for B.
std::vector<StudyLine> five() {
    std::vector<StudyLine> all;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        for (int i = 0; i < 2; ++i) {
            StudyLine il = made_line("il", seed, 0.60 + 0.001 * double(seed), 0);
            il.cell.network = i;
            il.networks.resize(1);
            il.networks[0].name = i == 0 ? "A" : "B";
            for (CurvePoint& p : il.curve)
                p.networks.resize(1);
            il.number = int(all.size()) + 1;
            all.push_back(il);
        }
        const double alone = 0.60 + 0.001 * double(seed);
        all.push_back(made_line("cl", seed, alone + 0.01 * double(seed), alone - 0.01));
        all.back().number = int(all.size());
    }
    return all;
}
}  // namespace

TEST_CASE("differences are those of the same seeds") {
    const std::vector<StudyLine> lines = five();
    const auto all = protocols_of(lines);
    REQUIRE(all.size() == 1);
    const PairedDifference d =
        paired_difference(differences_of(*all[0].best("cl", 0), *all[0].best("il", 0)));
    CHECK(d.moments.n == 5);
    CHECK(d.moments.mean == doctest::Approx(0.03));
    CHECK(d.half_width == doctest::Approx(0.01963243).epsilon(1e-6));  // by hand, as in statistics
    CHECK(std::string(verdict(d)) == "too few seeds");
    CHECK(std::string(verdict(d, {.seeds = 5})) == "helps");
    const PairedDifference b =
        paired_difference(differences_of(*all[0].best("cl", 1), *all[0].best("il", 1)));
    CHECK(b.moments.mean == doctest::Approx(-0.01));
    CHECK(b.below == 5);
    CHECK(std::string(verdict(b, {.seeds = 5})) == "harms");
    const Reached r = epochs_to_end_of(*all[0].best("il", 0), *all[0].best("cl", 0));
    CHECK(r.asked == 5);
    CHECK(r.reached == 5);
    CHECK(r.epochs == 2);
}

TEST_CASE("the verdict follows the rule and nothing else") {
    const auto says = [](const std::vector<double>& points) {
        std::vector<double> shares;
        for (const double p : points)
            shares.push_back(p / 100);
        return std::string(verdict(paired_difference(shares), {.seeds = 4}));
    };
    CHECK(says({1, 1.1, 0.9, 1}) == "helps");
    CHECK(says({-1, -1.1, -0.9, -1}) == "harms");
    CHECK(says({0.1, 0.11, 0.09, 0.1}) == "no difference that matters");
    CHECK(says({3, -2, 1, 0}) == "undecided");
    CHECK(says({1, 1, 1}) == "too few seeds");
}

TEST_CASE("lines of different versions, data or options are never averaged") {
    std::vector<StudyLine> lines = five();
    lines[4].version = 99;
    const std::string here = sentence(COLLAB_VERSION, "/", study_version);
    const std::string there = sentence(COLLAB_VERSION, "/99");
    CHECK_THROWS_WITH(protocols_of(lines),
                      sentence("lines 1 and 5 are of different versions, ", here, " and ", there,
                               ", which are never averaged; choose one with --version-of-lines ",
                               there)
                          .c_str());
    CHECK(protocols_of(lines, there).size() == 1);
    lines = five();
    lines[4].data_checksum = "other";
    CHECK_THROWS_WITH(protocols_of(lines),
                      doctest::Contains("lines 1 and 5 call different images"));
    lines = five();
    lines[2].cell.epochs = 9;
    CHECK(protocols_of(lines).size() == 2);
    lines = five();
    lines[2].cell.alpha = 0.9;
    const auto all = protocols_of(lines);
    REQUIRE(all.size() == 1);
    CHECK(all[0].best("cl", 0)->lines.size() == 4);
}

TEST_CASE("lines of a search, failed ones and repetitions do not count") {
    std::vector<StudyLine> lines = five();
    lines.push_back(lines[2]);
    lines[5].role = "search";
    lines[8].failed = "the loss of A became inf";
    const auto all = protocols_of(lines);
    CHECK(all[0].best("cl", 0)->lines.size() == 3);
}

TEST_CASE("of several settings the validation images choose") {
    std::vector<StudyLine> lines = five();
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        StudyLine l = made_line("cl", seed, 0.9, 0.9);  // better on test images
        l.cell.alpha = 1;
        l.networks[0].validation_accuracy = 0.1;
        lines.push_back(l);
    }
    const auto all = protocols_of(lines);
    CHECK(all[0].best("cl", 0)->settings.find("\"alpha\":0.2") != std::string::npos);
}

TEST_CASE("the page holds the numbers of the lines") {
    const std::vector<StudyLine> lines = five();
    const StudyPage page = study_page(lines, "", {.seeds = 5});
    const std::string text = markdown(page);
    CHECK(text.find("| A, cl | 5 | +3.00 | +1.04 to +4.96 | 0.0132 | 5 / 0 | 0.0625 | helps |") !=
          std::string::npos);
    CHECK(text.find("| A, il | 5 | 60.30 | 0.16 | 59.30 |") != std::string::npos);
    REQUIRE(page.pictures.size() == 1);
    CHECK(svg(page.pictures[0]).starts_with("<svg"));
    CHECK(page.page.charts.size() == 2);
}
