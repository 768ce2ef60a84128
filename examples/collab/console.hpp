// SPDX-License-Identifier: Apache-2.0
// console: Ctrl-C, and progress on the terminal.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include <collab/train/live_progress.hpp>

namespace program {

/// Until a training begins there is nothing to be kept: Ctrl-C ends the program at once.
void end_at_interrupts();
/// From here on, Ctrl-C or a request to end (SIGTERM, SIGHUP) ends trainings at the next step; a
/// second one ends the program. Signals that were ignored when the program started stay so.
void finish_at_interrupts();
bool interrupted();
/// Thrown where there is nothing to be kept.
struct Interrupted {};
inline void end_if_interrupted() {
    if (interrupted())
        throw Interrupted{};
}

class Watcher {
public:
    Watcher(collab::LiveView& view, std::string label, std::vector<std::string> names)
        : shown_(view, std::move(label), std::move(names)) {}

    bool operator()(const collab::FitEvent& e) {
        shown_.show(e);
        return !interrupted();
    }
    void finish(const collab::History& h) {
        shown_.finish(shown_.last_line(h, " on the test images") + " (" +
                      collab::duration(h.records.empty() ? h.seconds : h.records.back().seconds) +
                      ", " + collab::grouped(h.images_per_second) + " images/s)");
    }

private:
    collab::LiveTraining shown_;
};

}  // namespace program
