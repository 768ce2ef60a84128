// SPDX-License-Identifier: Apache-2.0
// study: see study.hpp.
#include "study.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include <collab/core/random.hpp>
#include <collab/data/sampler.hpp>
#include <collab/study/report.hpp>
#include <collab/study/runner.hpp>

#include "console.hpp"
#include "messages.hpp"
#include "study_trainer.hpp"
#include "summary.hpp"

namespace program {

using collab::sentence;

namespace {
/// Where the files of a grid are.
struct Places {
    std::string results, work;
};
Places places_of(const StudyCommand& o, const std::string& path, const collab::Grid& grid) {
    Places p;
    const std::filesystem::path file(path);
    p.results = o.results;
    if (p.results.empty())
        p.results = grid.results.empty()
                        ? std::filesystem::path(file).replace_extension(".jsonl").string()
                        : (file.parent_path() / grid.results).string();
    p.work = o.work.empty() ? p.results + ".work" : o.work;
    return p;
}
void add_machine(CLI::App& app, StudyCommand& o) {
    app.add_option("--data", o.data,
                   "where a data set of the grid lies, once for each: cifar10:DIR, fashion:DIR");
    app.add_option("--results", o.results,
                   "file of lines; by default the one that the grid names, beside it");
    app.add_option("--work", o.work,
                   "folder for locks, checkpoints and teachers; by default the results' name with "
                   ".work");
    app.add_option("--threads", o.threads, "0: one per core")
        ->capture_default_str()
        ->check(CLI::Range(0, 4096));
    app.add_flag("--quiet", o.quiet, "no progress line");
}
collab::StudyOptions options_of(const StudyCommand& o, const Places& places,
                                const std::string& command) {
    collab::StudyOptions options;
    options.results = places.results;
    options.work = places.work;
    options.command = command;
    options.at_most = o.at_most;
    options.stop = interrupted;
    options.say = [](const std::string& text) { say(text); };
    return options;
}

/// What the grid holds, without training.
void print_plan(const collab::Grid& grid, const Places& places, StudyTrainer& trainer) {
    const collab::StudyLines read = collab::read_results(places.results);
    const collab::StudyPlan plan = collab::plan_of(grid, read.lines, trainer);
    const auto finished = collab::detail::finished_lines(read.lines);
    std::map<std::string, std::pair<int, int>> counts;
    int done = 0;
    for (const collab::PlannedCell& p : plan.cells) {
        const bool is_done = finished.count(p.key) > 0;
        auto& [all, ready] =
            counts[sentence(p.cell.data, "  ", p.cell.pair, "  ", p.cell.method, "  ", p.role)];
        ++all;
        ready += is_done;
        done += is_done;
    }
    std::printf("%s: %zu trainings are known, %d finished; %d wait for a search.\n",
                grid.name.c_str(), plan.cells.size(), done, plan.waiting);
    for (const auto& [what, n] : counts)
        std::printf("  %-60s %4d of %4d\n", what.c_str(), n.second, n.first);
    std::printf("Time left for one process, without what waits: %s (h:mm:ss)\n",
                collab::detail::left_text(collab::minutes_left(plan, read.lines)).c_str());
    if (!read.remark.empty())
        say(read.remark);
}

int run_grid(const StudyCommand& o, const std::string& command) {
    const collab::Grid grid = collab::read_grid(o.grid);
    const Places places = places_of(o, o.grid, grid);
    StudyTrainer trainer(o.data, o.threads, o.quiet);
    if (o.plan)
        return print_plan(grid, places, trainer), 0;
    const collab::StudyState s = collab::run_study(grid, trainer, options_of(o, places, command));
    std::printf("%d trainings finished, %d of them now; %d left%s. Lines: %s\n", s.finished,
                s.trained, s.left + s.waiting,
                s.stopped ? "; the same command goes on where this one was interrupted" : "",
                places.results.c_str());
    return s.stopped ? 130 : 0;
}

int write_report(const StudyCommand& o, const std::string& command) {
    std::string results = o.results.empty() ? o.file : o.results;
    if (o.results.empty() && o.file.ends_with(".toml"))
        results = places_of(o, o.file, collab::read_grid(o.file)).results;
    const collab::StudyLines read = collab::read_results(results);
    if (!read.remark.empty())
        say(read.remark);
    if (read.lines.empty())
        collab::fail(results, ": holds no finished training");
    collab::StudyPage s = collab::study_page(read.lines, o.version);
    s.page.manifest.push_back({"lines", results});
    s.page.manifest.push_back({"command", command});
    std::filesystem::create_directories(o.out);
    write_page(s.page, o.out + "/report.html");
    collab::detail::replace_file(o.out + "/report.md", collab::markdown(s), "the report");
    for (std::size_t k = 0; k < s.pictures.size(); ++k)
        collab::detail::replace_file(sentence(o.out, "/difference-", k + 1, ".svg"),
                                     picture_of(s.pictures[k]), "the picture");
    for (const collab::Table& t : s.page.tables)
        std::printf("%s\n%s\n", t.caption.c_str(), as_text(t).c_str());
    std::printf("The page: %s/report.html and report.md\n", o.out.c_str());
    return 0;
}

int verify_lines(const StudyCommand& o, const std::string& command) {
    const collab::Grid grid = collab::read_grid(o.file);
    const Places places = places_of(o, o.file, grid);
    StudyTrainer trainer(o.data, o.threads, o.quiet);
    const collab::StudyLines read = collab::read_results(places.results);
    std::vector<const collab::StudyLine*> candidates;
    const auto finished = collab::detail::finished_lines(read.lines);
    for (const collab::PlannedCell& p : collab::plan_of(grid, read.lines, trainer).cells)
        if (const auto at = finished.find(p.key);
            at != finished.end() && at->second->instructions == trainer.instructions())
            candidates.push_back(at->second);
    if (candidates.empty())
        collab::fail(places.results, ": has no line of this grid that was made with ",
                     trainer.instructions(), ", version ", COLLAB_VERSION, "/",
                     collab::study_version);
    collab::detail::shuffle(candidates, collab::Random{o.seed, 0x766572});
    candidates.resize(std::min(candidates.size(), std::size_t(o.repeat)));
    int different = 0;
    for (const collab::StudyLine* line : candidates) {
        const auto repeated = collab::repeat_line(*line, trainer, options_of(o, places, command));
        if (!repeated)
            return 130;
        different += !repeated->same;
        std::printf("line %d, %s seed %d: %s\n", line->number, line->cell.method.c_str(),
                    int(line->cell.seed),
                    repeated->same ? "the same to the last digit" : "DIFFERENT");
        std::fflush(stdout);
    }
    std::printf("%zu trainings repeated, %d different\n", candidates.size(), different);
    return different > 0 ? 1 : 0;
}
}  // namespace

CLI::App* add_study(CLI::App& app, StudyCommand& o) {
    CLI::App* study = app.add_subcommand(
        "study", "Trains a grid of pairs, methods, settings and seeds, and compares them.");
    study->require_subcommand(0, 1);
    study->add_option("grid", o.grid, "a TOML file that lists the trainings");
    add_machine(*study, o);
    study->add_option("--at-most", o.at_most, "end after so many trainings (0: all)")
        ->check(CLI::NonNegativeNumber);
    study->add_flag("--plan", o.plan, "print what the grid holds and how long it takes, and end");
    o.report = study->add_subcommand("report", "Makes tables, pictures and a page of the lines.");
    o.report->add_option("file", o.file, "the grid, or a file of lines")->required();
    o.report->add_option("--out", o.out, "folder for the page")->capture_default_str();
    o.report->add_option("--results", o.results, "file of lines, if it is not the grid's");
    o.report->add_option("--version-of-lines", o.version,
                         "of lines of several versions only these, as 0.1.0/1");
    o.verify = study->add_subcommand("verify",
                                     "Repeats finished trainings and compares to the last digit.");
    o.verify->add_option("file", o.file, "the grid")->required();
    o.verify->add_option("count", o.repeat, "how many, chosen at random")
        ->capture_default_str()
        ->check(CLI::Range(1, 100000));
    o.verify->add_option("--seed", o.seed, "of the choice")->capture_default_str();
    add_machine(*o.verify, o);
    study->footer(
        "Interrupt it at any time, by Ctrl-C or harder: the same command goes on. Start it several "
        "times to use several processors.\n"
        "  collab study studies/main.toml --data cifar10:DIR --data fashion:DIR\n"
        "  collab study report studies/main.toml --out report\n"
        "  collab study verify studies/main.toml 10 --data cifar10:DIR --data fashion:DIR");
    return study;
}

int study(const StudyCommand& o, const std::string& command) {
    finish_at_interrupts();
    if (o.report->parsed())
        return write_report(o, command);
    if (o.verify->parsed())
        return verify_lines(o, command);
    if (o.grid.empty())
        collab::fail("collab study was given no grid; expected the name of a TOML file");
    return run_grid(o, command);
}

}  // namespace program
