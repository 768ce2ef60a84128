// SPDX-License-Identifier: Apache-2.0
#include <collab/study/results.hpp>

#include <set>

#include <doctest/doctest.h>

#include "study/made_lines.hpp"

using namespace collab;

TEST_CASE("a line is read as it was written, to the last digit") {
    const Folder folder;
    StudyLine l = made_line("cl", 3, 0.1 + 0.2, 1.0 / 3);
    l.networks[1].learned = false;
    l.curve[0].networks[1].clear();
    CHECK(append_result(folder / "lines", l).empty());
    const StudyLines read = read_results(folder / "lines");
    REQUIRE(read.lines.size() == 1);
    CHECK(read.remark.empty());
    CHECK(read.lines[0].outcome_text() == l.outcome_text());
    CHECK(read.lines[0].networks[0].test_accuracy == 0.1 + 0.2);
    CHECK(cell_text(read.lines[0].cell) == cell_text(l.cell));
    CHECK(read.lines[0].key() == l.key());
    CHECK(read.lines[0].number == 1);
    CHECK(read_results(folder / "none").lines.empty());
}

TEST_CASE("the key follows everything that determines the result") {
    const StudyLine l = made_line("cl", 3, 0.5, 0.5);
    std::set<std::string> keys{l.key()};
    const auto differs = [&](auto&& change) {
        StudyLine other = l;
        change(other);
        CHECK(keys.insert(other.key()).second);
    };
    differs([](StudyLine& o) { o.cell.data = "fashion"; });
    differs([](StudyLine& o) { o.cell.train = 7; });
    differs([](StudyLine& o) { o.cell.validation = 7; });
    differs([](StudyLine& o) { o.cell.test = 7; });
    differs([](StudyLine& o) { o.cell.augment = true; });
    differs([](StudyLine& o) { o.cell.pair = "other"; });
    differs([](StudyLine& o) { o.cell.epochs = 7; });
    differs([](StudyLine& o) { o.cell.batch = 7; });
    differs([](StudyLine& o) { o.cell.method = "il"; });
    differs([](StudyLine& o) { o.cell.network = 1; });
    differs([](StudyLine& o) { o.cell.learning_rate = 0.06; });
    differs([](StudyLine& o) { o.cell.warm_up = 7; });
    differs([](StudyLine& o) { o.cell.alpha = 0.7; });
    differs([](StudyLine& o) { o.cell.metric = "l2"; });
    differs([](StudyLine& o) { o.cell.label_smoothing = 0.1; });
    differs([](StudyLine& o) { o.cell.seed = 4; });
    differs([](StudyLine& o) { o.library = "9"; });
    differs([](StudyLine& o) { o.version = 99; });
    differs([](StudyLine& o) { o.data_checksum = "5"; });
    StudyLine same = l;
    same.minutes = 77;
    same.date = "today";
    same.instructions = "others";
    CHECK(same.key() == l.key());
}

TEST_CASE("a half line at the end is left out with a sentence, and cut off by the next one") {
    const Folder folder;
    const std::string path = folder / "lines";
    append_result(path, made_line("cl", 1, 0.5, 0.5));
    const std::string whole = contents(path);
    std::ofstream(path, std::ios::app) << whole.substr(0, whole.size() / 2);
    const StudyLines read = read_results(path);
    CHECK(read.lines.size() == 1);
    CHECK(read.remark.find("line 2: ends in the middle") != std::string::npos);
    const std::string remark = append_result(path, made_line("cl", 2, 0.6, 0.6));
    CHECK(remark.find(sentence(whole.size() / 2, " bytes of a line")) != std::string::npos);
    CHECK(read_results(path).lines.size() == 2);
    CHECK(read_results(path).remark.empty());
    CHECK(contents(path).starts_with(whole));
}

TEST_CASE("a changed digit is found") {
    const Folder folder;
    const std::string path = folder / "lines";
    append_result(path, made_line("cl", 1, 0.5, 0.5));
    append_result(path, made_line("cl", 2, 0.5, 0.5));
    std::string text = contents(path);
    text[text.find("\"test_accuracy\":0.5") + 18] = '6';
    std::ofstream(path, std::ios::trunc) << text;
    CHECK_THROWS_WITH(read_results(path),
                      (path + ", line 1: was changed or damaged since it was written; its checksum "
                              "does not fit")
                          .c_str());
}

TEST_CASE("the same training with another result is an error that names both lines") {
    const Folder folder;
    const std::string path = folder / "lines";
    StudyLine l = made_line("cl", 1, 0.5, 0.5);
    append_result(path, l);
    append_result(path, made_line("cl", 2, 0.7, 0.7));
    l.minutes = 9;
    append_result(path, l);
    CHECK(read_results(path).lines.size() == 3);  // the same to the last digit
    l.networks[0].test_accuracy += 1e-16 * 4;
    l.instructions = "of another processor";
    append_result(path, l);
    CHECK(read_results(path).lines.size() == 4);  // which may round otherwise
    l.instructions = "made";
    append_result(path, l);
    try {
        read_results(path);
        FAIL("two results of one training were accepted");
    } catch (const Error& e) {
        CHECK(std::string(e.what()).find("lines 1 and 5 are the same training") !=
              std::string::npos);
    }
}
