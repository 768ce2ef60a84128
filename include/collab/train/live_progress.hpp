// SPDX-License-Identifier: Apache-2.0
// live_progress: a callback that shows how a training goes: a LiveView that `fit` draws.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include <collab/core/number_text.hpp>
#include <collab/io/format.hpp>
#include <collab/io/live_view.hpp>
#include <collab/train/history.hpp>

namespace collab {

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
        names_.clear();
        for (int i = 0; i < Training::networks; ++i)
            names_.push_back(training.name(i));
        task_ = detail::task_of<Training>();
        test_.assign(names_.size(), std::nan(""));
    }
    template <class Training>
    bool stepped(Training&, const FitEvent& event) {
        draw(event);
        return true;
    }
    template <class Training>
    bool evaluated(Training&, const FitEvent& event) {
        for (std::size_t i = 0; i < test_.size(); ++i)
            test_[i] = event.record->networks[i].test_score();
        draw(event);
        return true;
    }
    template <class Training>
    void end(Training&, const History& history) {
        view_.finish(last_line(history));
    }

private:
    void draw(const FitEvent& event) {
        std::vector<LiveView::Network> networks;
        for (std::size_t i = 0; i < names_.size(); ++i) {
            const NetworkRecord& n = event.record->networks[i];
            networks.push_back(
                {names_[i], n.task, n.metric, n.verification, n.coupling, n.score(), test_[i]});
        }
        view_.update({.label = label_,
                      .epoch = event.epoch,
                      .epochs = event.epochs,
                      .step = event.step,
                      .steps = event.steps,
                      .networks = networks,
                      .images_per_second = event.images_per_second,
                      .learning_rate = event.record->learning_rate,
                      .score_name = task_.score[0].name});
    }
    std::string last_line(const History& history) const {
        std::string line = label_ + ":";
        if (history.records.empty())
            return line + " ended before the first evaluation";
        for (std::size_t i = 0; i < names_.size(); ++i)
            line += (i > 0 ? ", " : " ") + names_[i] + " " + score_text(test_[i]);
        return line;
    }
    std::string score_text(double score) const {
        const std::string word = task_.score[0].name;
        return word.ends_with("accuracy") ? decimal(100 * score, 2) + " %"
                                          : word + " " + detail::number_text(score);
    }

    std::string label_;
    LiveView view_;
    TaskWords task_;
    std::vector<std::string> names_;
    std::vector<double> test_;  // as last evaluated
};

}  // namespace collab
