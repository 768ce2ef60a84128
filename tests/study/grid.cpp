// SPDX-License-Identifier: Apache-2.0
#include <collab/study/grid.hpp>

#include <doctest/doctest.h>

#include "study/made_lines.hpp"

using namespace collab;

namespace {
const std::string head = "[settings]\nvalidation = 10\n";
std::vector<StudyLine> trained(const Grid& grid, MadeTrainer& trainer) {
    std::vector<StudyLine> lines;
    for (const PlannedCell& p : plan_of(grid, {}, trainer).cells) {
        StudyLine l = *trainer.train(p.cell, {"/tmp", "", "", false});
        l.cell = p.cell;
        l.role = p.role;
        lines.push_back(l);
    }
    return lines;
}
}  // namespace

TEST_CASE("a grid is every combination of its values, seed by seed, each training once") {
    const Grid g = grid_of(head + "[[grid]]\nname = \"a\"\nmethod = [\"il\", \"cl\"]\n"
                                  "alpha = [0.1, 0.2]\nseed = \"1-3\"\n"
                                  "[[grid]]\nname = \"b\"\nmethod = \"cl\"\nseed = [3, 4]\n",
                           "g");
    CHECK(g.blocks[0].rows.size() == 12);
    CHECK(g.blocks[0].rows[3].seed == 1);
    CHECK(g.blocks[0].rows[4].seed == 2);
    CHECK(g.blocks[0].rows[0].validation == 10);
    MadeTrainer trainer;
    // il does not read alpha: 2 networks, 3 seeds. cl: 2 alphas, 3 seeds, and seed 4.
    CHECK(plan_of(g, {}, trainer).cells.size() == 6 + 6 + 1);
}

TEST_CASE("teachers come before those they teach, and are not trained twice") {
    const Grid g = grid_of(head + "[[grid]]\nname = \"a\"\nmethod = [\"taught\", \"il\"]\n", "g");
    MadeTrainer trainer;
    const StudyPlan plan = plan_of(g, {}, trainer);
    REQUIRE(plan.cells.size() == 4);
    CHECK(plan.cells[0].cell.method == "il");
    CHECK(plan.cells[0].needed);
    CHECK(plan.cells[1].cell.method == "taught");
    CHECK(plan.cells[1].before == std::vector<std::string>{plan.cells[0].key});
}

TEST_CASE("settings are chosen by the validation accuracy of a finished search") {
    const Grid g = grid_of(head + "[[grid]]\nname = \"s\"\nrole = \"search\"\nmethod = \"cl\"\n"
                                  "learning_rate = [0.05, 0.1, 0.2]\nseed = [101, 102]\n"
                                  "[[grid]]\nname = \"m\"\nchoose = \"s\"\nmethod = \"cl\"\n"
                                  "seed = \"1-4\"\n",
                           "g");
    MadeTrainer trainer;
    StudyPlan plan = plan_of(g, {}, trainer);
    CHECK(plan.cells.size() == 6);
    CHECK(plan.waiting == 4);
    std::vector<StudyLine> lines = trained(g, trainer);
    plan = plan_of(g, lines, trainer);
    CHECK(plan.waiting == 0);
    REQUIRE(plan.cells.size() == 10);
    CHECK(plan.cells[9].cell.learning_rate == 0.1);  // as the trainer likes it
    CHECK(plan.cells[9].role == "main");
    lines.pop_back();
    CHECK(plan_of(g, lines, trainer).waiting == 4);
    lines[0].version = 99;
    CHECK(plan_of(g, lines, trainer).cells.size() == 6);
}

TEST_CASE("what is no grid is an error that says why") {
    const auto refuses = [](const std::string& text, const char* sentence) {
        CHECK_THROWS_WITH(grid_of(text, "g"), doctest::Contains(sentence));
    };
    refuses("name = \"x\"\n", "g: has no [[grid]]");
    refuses("nam = \"x\"\n", "g: there is no 'nam'");
    refuses("[[grid]]\nname = \"a\"\nepoch = 3\n", "there is no setting 'epoch'; there are data");
    refuses("[[grid]]\nname = \"a\"\nnetwork = 0\n", "there is no setting 'network'");
    refuses("[[grid]]\nepochs = 3\n", "expected a name of its own");
    refuses("[[grid]]\nname = \"a\"\nepochs = 1.5\n", "expected a whole number");
    refuses("[[grid]]\nname = \"a\"\nseed = \"3-1\"\n", "expected seeds as");
    refuses("[[grid]]\nname = \"a\"\nseed = []\n", "is an empty array");
    refuses("[[grid]]\nname = \"a\"\nrole = \"x\"\n", "expected main or search");
    refuses("[[grid]]\nname = \"a\"\nchoose = \"x\"\n", "which is no block with role");
    refuses("[[grid]]\nname = \"s\"\nrole = \"search\"\n[[grid]]\nname = \"a\"\nchoose = \"s\"\n",
            "expected seeds that the search did not see");
}
