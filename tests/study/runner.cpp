// SPDX-License-Identifier: Apache-2.0
#include <collab/study/runner.hpp>

#include <algorithm>
#include <csignal>
#include <doctest/doctest.h>
#include <sys/wait.h>

#include "study/made_lines.hpp"

using namespace collab;

namespace {
const char* const twelve = "[settings]\nvalidation = 10\n[[grid]]\nname = \"a\"\n"
                           "method = [\"il\", \"cl\"]\nseed = \"1-4\"\n";
StudyOptions options_in(const Folder& folder) {
    StudyOptions o;
    o.results = folder / "lines.jsonl";
    o.work = folder / "work";
    return o;
}
/// What the lines of a file say, without times, in any order.
std::vector<std::string> said(const std::string& path) {
    std::vector<std::string> all;
    for (const StudyLine& l : read_results(path).lines)
        all.push_back(cell_text(l.cell) + l.outcome_text());
    std::sort(all.begin(), all.end());
    return all;
}
pid_t started(const Folder& folder, int milliseconds) {
    const pid_t child = ::fork();
    if (child == 0) {
        MadeTrainer trainer;
        trainer.milliseconds = milliseconds;
        const Grid grid = grid_of(twelve, "g");
        run_study(grid, trainer, options_in(folder));
        ::_exit(0);
    }
    return child;
}
bool empty(const std::string& folder) {
    std::error_code none;  // a folder that is not there yet is empty, too
    return std::filesystem::directory_iterator(folder, none) ==
           std::filesystem::directory_iterator();
}
/// Waits until a process works on a cell, for half a minute at most.
void wait_for_work(const std::string& locks) {
    for (int k = 0; k < 3000 && empty(locks); ++k)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
}
}  // namespace

TEST_CASE("every cell of a grid gets one line, and nothing is left behind") {
    const Folder folder;
    MadeTrainer trainer;
    const Grid grid = grid_of(twelve, "g");
    StudyOptions o = options_in(folder);
    o.at_most = 5;
    StudyState s = run_study(grid, trainer, o);
    CHECK(s.trained == 5);
    CHECK(s.left == 7);
    o.at_most = 0;
    s = run_study(grid, trainer, o);
    CHECK(s.trained == 7);
    CHECK(s.finished == 12);
    CHECK(trainer.trained.size() == 12);
    CHECK(read_results(o.results).lines.size() == 12);
    CHECK(empty(o.work + "/cells"));
    CHECK(empty(o.work + "/locks"));
    CHECK(run_study(grid, trainer, o).trained == 0);
}

TEST_CASE("two processes share a grid without doing a training twice") {
    const Folder alone;
    const Folder shared;
    const pid_t one = started(alone, 1);
    const pid_t first = started(shared, 20);
    const pid_t second = started(shared, 20);
    for (const pid_t p : {one, first, second}) {
        int status = -1;
        ::waitpid(p, &status, 0);
        CHECK(status == 0);
    }
    CHECK(said(alone / "lines.jsonl").size() == 12);
    CHECK(said(shared / "lines.jsonl") == said(alone / "lines.jsonl"));
}

TEST_CASE("a killed process keeps no lock and loses no line") {
    const Folder alone;
    const Folder killed;
    int status = 0;
    ::waitpid(started(alone, 1), &status, 0);
    for (int k = 0; k < 3; ++k) {
        const bool last = k == 2;  // killed in the middle of a cell that would take a minute
        const pid_t p = started(killed, last ? 60'000 : 30);
        if (last)
            wait_for_work(killed / "work/locks");
        else
            std::this_thread::sleep_for(std::chrono::milliseconds(75));
        ::kill(p, SIGKILL);
        ::waitpid(p, &status, 0);
    }
    CHECK_FALSE(empty(killed / "work/locks"));  // it was killed while it trained
    ::waitpid(started(killed, 1), &status, 0);
    CHECK(said(killed / "lines.jsonl") == said(alone / "lines.jsonl"));
}

TEST_CASE("a lock is held once and taken over from the dead") {
    const Folder folder;
    FileLock first = FileLock::try_take(folder / "lock");
    CHECK(first.held());
    CHECK(contents(folder / "lock").starts_with(sentence("process ", long(::getpid()), " on ")));
    CHECK_FALSE(FileLock::try_take(folder / "lock").held());
    first.release();
    CHECK(FileLock::try_take(folder / "lock").held());
}

TEST_CASE("a loss that is no number is a line; another error ends the run") {
    const Folder folder;
    MadeTrainer trainer;
    const Grid grid =
        grid_of("[[grid]]\nname = \"a\"\nvalidation = 1\nmethod = \"bad\"\nseed = 1\n", "g");
    trainer.loss_error = "the disk is full";
    CHECK_THROWS_WITH(run_study(grid, trainer, options_in(folder)), "the disk is full");
    CHECK(read_results(folder / "lines.jsonl").lines.empty());
    trainer.loss_error = "the loss of A became inf at step 3";
    CHECK(run_study(grid, trainer, options_in(folder)).trained == 2);
    CHECK(read_results(folder / "lines.jsonl").lines.at(0).failed == trainer.loss_error);
}

TEST_CASE("the time left follows lines of the same method, and scales with images and epochs") {
    MadeTrainer trainer;
    const Grid grid = grid_of("[[grid]]\nname = \"a\"\nvalidation = 1\nmethod = \"cl\"\n"
                              "train = 100\nepochs = [2, 4]\nseed = \"1-3\"\n",
                              "g");
    StudyLine l = made_line("cl", 1, 0.5, 0.5);
    CHECK(std::isnan(minutes_left(plan_of(grid, {}, trainer), {})));
    l.cell = grid.blocks[0].rows[0];
    l.minutes = 3;  // for 2 epochs of 100 images
    CHECK(minutes_left(plan_of(grid, {l}, trainer), {l}) == doctest::Approx(2 * 3 + 3 * 6));
}

TEST_CASE("a repeated training is compared to the last digit") {
    const Folder folder;
    MadeTrainer trainer;
    const Grid grid = grid_of(twelve, "g");
    const StudyOptions o = options_in(folder);
    run_study(grid, trainer, o);
    StudyLines read = read_results(o.results);
    CHECK(repeat_line(read.lines[0], trainer, o)->same);
    read.lines[0].networks[0].test_loss += 1e-15;
    CHECK_FALSE(repeat_line(read.lines[0], trainer, o)->same);
}
