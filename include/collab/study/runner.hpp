// SPDX-License-Identifier: Apache-2.0
// runner: works off the cells of a grid, beside any number of other processes that do the same.
#pragma once
#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <collab/io/format.hpp>
#include <collab/study/grid.hpp>
#include <collab/study/lock.hpp>
#include <collab/study/results.hpp>
#include <collab/study/trainer.hpp>

namespace collab {

struct StudyOptions {
    std::string results{};  ///< file of lines
    std::string work{};     ///< folder for locks, checkpoints and weights
    std::string command{};  ///< written into the lines
    int at_most = 0;        ///< trainings; 0: all
    std::function<bool()> stop = [] { return false; };
    std::function<void(const std::string&)> say = [](const std::string&) {};
};
/// What a run leaves.
struct StudyState {
    int trained = 0;  ///< by this run
    int finished = 0;
    int left = 0;     ///< known and not finished; other processes may be at some of them
    int waiting = 0;  ///< their settings are not chosen yet
    bool stopped = false;
};

/// Minutes that the unfinished cells of a plan will take one after the other: as long as finished
/// ones of the same data, pair, method and network did for each image; nan while nothing is known.
inline double minutes_left(const StudyPlan& plan, const std::vector<StudyLine>& lines) {
    const auto work = [](const Cell& c) { return double(c.epochs) * std::max(1, c.train); };
    const auto names = [](const Cell& c) {
        return std::vector<std::string>{
            sentence(c.data, "/", c.pair, "/", c.method, "/", c.network, "/", c.train == 0),
            sentence(c.data, "/", c.pair, "/", c.network < 0, "/", c.train == 0)};
    };
    std::map<std::string, std::pair<double, double>> known;  // minutes and work
    for (const StudyLine& l : lines)
        if (l.failed.empty())
            for (const std::string& name : names(l.cell)) {
                known[name].first += l.minutes;
                known[name].second += work(l.cell);
            }
    const detail::FinishedLines finished = detail::finished_lines(lines);
    double minutes = 0;
    double guessed = 0;  // work whose speed is not known
    double total = 0;
    for (const PlannedCell& p : plan.cells) {
        if (finished.count(p.key))
            continue;
        const auto all = names(p.cell);
        const auto at = std::find_if(all.begin(), all.end(),
                                     [&](const std::string& n) { return known.count(n) > 0; });
        if (at == all.end()) {
            guessed += work(p.cell);
            continue;
        }
        minutes += known[*at].first / known[*at].second * work(p.cell);
        total += work(p.cell);
    }
    if (guessed > 0 && total == 0)
        return std::numeric_limits<double>::quiet_NaN();
    return guessed > 0 ? minutes * (total + guessed) / total : minutes;
}

namespace detail {
inline std::string utc_now() {
    const std::time_t now = std::time(nullptr);
    char text[32];
    const std::size_t n = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&now));
    return {text, n};
}
inline std::string left_text(double minutes) {
    return std::isnan(minutes) ? "unknown" : duration(60 * minutes);
}

class StudyRunner {
public:
    StudyRunner(const Grid& grid, Trainer& trainer, const StudyOptions& options)
        : grid_(grid),
          trainer_(trainer),
          options_(options) {
        namespace fs = std::filesystem;
        std::error_code code;
        for (const char* part : {"/cells", "/locks", "/weights"})
            fs::create_directories(options.work + part, code);
        if (code)
            fail("cannot make the folder ", options.work, ": ", code.message());
    }

    StudyState run() {
        while (look()) {
            const Pick picked = pick();
            if (picked == Pick::wait)
                std::this_thread::sleep_for(std::chrono::milliseconds(500));
            else if (picked == Pick::none)
                break;
        }
        state_.stopped = options_.stop();
        look();
        return state_;
    }

private:
    enum class Pick { trained, wait, none };

    /// Reads what is finished; false where there is no more to do.
    bool look() {
        read_ = read_results(options_.results);
        if (!read_.remark.empty() && read_.remark != remark_)
            options_.say(remark_ = read_.remark);
        plan_ = plan_of(grid_, read_.lines, trainer_);
        finished_ = finished_lines(read_.lines);
        state_.finished = 0;
        for (const PlannedCell& p : plan_.cells)
            state_.finished += finished_.count(p.key) > 0;
        state_.left = int(plan_.cells.size()) - state_.finished;
        state_.waiting = plan_.waiting;
        return !options_.stop() && state_.left > 0 &&
               (options_.at_most == 0 || state_.trained < options_.at_most);
    }
    /// Trains the first cell that is neither finished nor in other hands.
    Pick pick() {
        bool blocked = plan_.waiting > 0;
        for (const PlannedCell& p : plan_.cells) {
            if (finished_.count(p.key))
                continue;
            if (!std::all_of(p.before.begin(), p.before.end(),
                             [&](const std::string& k) { return finished_.count(k) > 0; })) {
                blocked = true;
                continue;
            }
            const FileLock lock = FileLock::try_take(options_.work + "/locks/" + p.key + ".lock");
            if (!lock.held())
                continue;
            // Another process may have finished it between our reading and our lock.
            const StudyLines now = read_results(options_.results);
            if (finished_lines(now.lines).count(p.key))
                return Pick::trained;
            train(p);
            return Pick::trained;
        }
        return blocked ? Pick::wait : Pick::none;
    }
    void train(const PlannedCell& p) {
        const std::string folder = options_.work + "/cells/" + p.key;
        const std::size_t all = plan_.cells.size() + std::size_t(plan_.waiting);
        const std::string label =
            sentence(state_.finished + 1, "/", all, " ", p.cell.data, " ", p.cell.method,
                     p.cell.network < 0 ? "" : sentence(" ", p.cell.network + 1), " seed ",
                     p.cell.seed, " (left: ", left_text(minutes_left(plan_, read_.lines)), ")");
        std::optional<StudyLine> line;
        try {
            line = trainer_.train(p.cell, {folder, options_.work + "/weights", label, p.needed});
        } catch (const Error& e) {
            // A loss that is no number is a result of these settings. All else is a mistake of the
            // machine or of the options, which must not be taken for one.
            if (!std::string_view(e.what()).starts_with("the loss of "))
                throw;
            line = StudyLine{};
            line->failed = e.what();
        }
        if (!line)
            return;
        line->cell = p.cell;
        line->role = p.role;
        line->data_checksum = trainer_.data_checksum(p.cell);
        line->command = options_.command;
        line->instructions = trainer_.instructions();
        line->machine = trainer_.machine();
        line->date = utc_now();
        if (const std::string remark = append_result(options_.results, *line); !remark.empty())
            options_.say(remark);
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
        ++state_.trained;
    }

    const Grid& grid_;
    Trainer& trainer_;
    const StudyOptions& options_;
    StudyLines read_{};
    StudyPlan plan_{};
    FinishedLines finished_{};
    StudyState state_{};
    std::string remark_{};
};
}  // namespace detail

/// Trains what is not finished, until all is, `stop` says so, or other processes have the rest.
/// What was interrupted goes on where it was when it is called again.
inline StudyState run_study(const Grid& grid, Trainer& trainer, const StudyOptions& options) {
    return detail::StudyRunner(grid, trainer, options).run();
}

/// Two lines of one cell, which must agree.
struct Repetition {
    const StudyLine* line = nullptr;
    bool same = false;
};

/// Trains the cell of a finished line again, in a folder of its own, and compares to the last
/// digit. Nothing where it was interrupted.
inline std::optional<Repetition> repeat_line(const StudyLine& line, Trainer& trainer,
                                             const StudyOptions& options) {
    const std::string folder = options.work + "/cells/verify-" + line.key();
    std::error_code ignored;
    StudyLine again;
    try {
        const auto trained =
            trainer.train(line.cell, {folder, options.work + "/weights",
                                      sentence("again: line ", line.number), false});
        if (!trained)
            return {};
        again = *trained;
    } catch (const Error& e) {
        if (!std::string_view(e.what()).starts_with("the loss of "))
            throw;
        again.failed = e.what();
    }
    std::filesystem::remove_all(folder, ignored);
    // Through the text of a line, as the other has been.
    again.cell = line.cell;
    const StudyLine read = detail::line_of(detail::line_text(again), "the repeated line");
    return Repetition{&line, read.outcome_text() == line.outcome_text()};
}

}  // namespace collab
