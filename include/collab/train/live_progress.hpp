// SPDX-License-Identifier: Apache-2.0
// live_progress: how a training goes, in a LiveView: from the events of `fit`, and as a callback.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <collab/core/number_text.hpp>
#include <collab/io/format.hpp>
#include <collab/io/live_view.hpp>
#include <collab/train/history.hpp>

namespace collab {

/// Draws the events of one training in a view, and keeps what the last evaluation said.
class LiveTraining {
public:
    LiveTraining(LiveView& view, std::string label, std::vector<std::string> names,
                 const TaskWords& task = {})
        : view_(view),
          label_(std::move(label)),
          names_(std::move(names)),
          task_(task),
          test_(names_.size(), std::nan("")) {}

    void show(const FitEvent& event) {
        networks_.clear();
        for (std::size_t i = 0; i < names_.size(); ++i) {
            const NetworkRecord& n = event.record->networks[i];
            if (event.evaluated)
                test_[i] = n.test_score();
            networks_.push_back(
                {names_[i], n.task, n.metric, n.verification, n.coupling, n.score(), test_[i]});
        }
        view_.update({.label = label_,
                      .epoch = event.epoch,
                      .epochs = event.epochs,
                      .step = event.step,
                      .steps = event.steps,
                      .networks = networks_,
                      .images_per_second = event.images_per_second,
                      .learning_rate = event.record->learning_rate,
                      .score_name = task_.score[0].name});
    }
    /// "together: small 86.90 %, deeper 88.00 %": the scores of the last record, each followed by
    /// `behind`.
    std::string last_line(const History& history, const std::string& behind = "") const {
        std::string line = label_ + ":";
        if (history.records.empty())
            return line + " ended before the first evaluation";
        for (std::size_t i = 0; i < names_.size(); ++i)
            line += (i > 0 ? ", " : " ") + names_[i] + " " +
                    score_text(history.records.back().networks[i].test_score()) + behind;
        return line;
    }
    void finish(const std::string& line) { view_.finish(line); }

private:
    std::string score_text(double score) const {
        const std::string word = task_.score[0].name;
        return word.ends_with("accuracy") ? decimal(100 * score, 2) + " %"
                                          : word + " " + detail::number_text(score);
    }

    LiveView& view_;
    std::string label_;
    std::vector<std::string> names_;
    TaskWords task_;
    std::vector<double> test_;  // as last evaluated
    std::vector<LiveView::Network> networks_;
};

/// A callback: on a terminal one line for all networks and one for each, rewritten in place;
/// elsewhere a plain line every ten seconds. At the end one line with the last scores stays.
///
///     LiveProgress progress("together");
///     training.fit(data, {.epochs = 20}, progress);
class LiveProgress {
public:
    static constexpr const char* name = "LiveProgress";

    explicit LiveProgress(std::string label = "training", std::FILE* out = stderr,
                          LiveView::Style style = LiveView::Style::automatic)
        : label_(std::move(label)),
          view_(out, style) {}

    template <class Training>
    void begin(Training& training, const History&) {
        std::vector<std::string> names;
        for (int i = 0; i < Training::networks; ++i)
            names.push_back(training.name(i));
        shown_.emplace(view_, label_, std::move(names), detail::task_of<Training>());
    }
    template <class Training>
    bool stepped(Training&, const FitEvent& event) {
        shown_->show(event);
        return true;
    }
    template <class Training>
    bool evaluated(Training&, const FitEvent& event) {
        shown_->show(event);
        return true;
    }
    template <class Training>
    void end(Training&, const History& history) {
        shown_->finish(shown_->last_line(history));
    }

private:
    std::string label_;
    LiveView view_;
    std::optional<LiveTraining> shown_;  // from the beginning of a training on
};

}  // namespace collab
