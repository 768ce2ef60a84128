// SPDX-License-Identifier: Apache-2.0
// live_view: how a training goes, a line for each network under a line for all, rewritten in place;
// plain lines where there is no terminal.
#pragma once
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <collab/core/error.hpp>
#include <collab/io/progress.hpp>

namespace collab {

/// The same manners as Progress, with more to see. The terminal may be resized at any time.
///
///     LiveView view(stderr);
///     view.update({.label = "together", .epoch = 3, .epochs = 20, .step = 900, .steps = 7820,
///                    .networks = networks, .images_per_second = 1240, .learning_rate = 0.05});
///     view.finish("together: SmallNet 86.9 %, ResNet 88.0 %");
class LiveView {
public:
    using Style = Progress::Style;
    using Look = Progress::Look;

    /// One network in the running stretch; nan where nothing is known. Parts of the loss that are 0
    /// for all networks are not shown.
    struct Network {
        std::string_view name{};
        double task = 0;  ///< the loss of the task
        double metric = 0;
        double verification = 0;
        double coupling = 0;
        double score = 0;
        double test_score = std::nan("");  ///< of the last evaluation
    };
    struct Snapshot {
        std::string_view label{};
        int epoch = 0;
        int epochs = 0;  ///< counted from 1
        long step = 0;
        long steps = 0;  ///< of the whole phase
        std::span<const Network> networks{};
        double images_per_second = 0;
        double learning_rate = 0;  ///< left out where they are not positive
        /// What the score is called. Of one whose name ends with "accuracy", per cent are shown.
        std::string_view score_name = "accuracy";
    };

    explicit LiveView(std::FILE* out = stderr, Style style = Style::automatic,
                      double (*clock)() = &Progress::seconds_now)
        : timer_(out, style, clock) {}
    LiveView(const LiveView&) = delete;
    LiveView& operator=(const LiveView&) = delete;

    bool due() const { return timer_.due(); }
    /// Takes the new numbers in; draws at most ten times a second on a terminal, and elsewhere once
    /// in ten seconds and at the end of an epoch.
    void update(const Snapshot& s) {
        if (timer_.quiet_)
            return;
        const double now = timer_.clock_();
        const Progress::Snapshot time = head(s);
        timer_.estimate(time, now);
        const bool epoch_ends =
            !timer_.terminal_ && s.step > 0 && s.step != timer_.printed_step_ &&
            static_cast<long long>(s.step) * s.epochs == static_cast<long long>(s.epoch) * s.steps;
        if (now - timer_.last_ < timer_.interval() && !epoch_ends)
            return;
        timer_.last_ = now;
        timer_.printed_step_ = s.step;
        if (timer_.terminal_)
            draw(lines(s, timer_.seconds_left(), Progress::terminal_width(timer_.out_) - 1,
                       terminal_height() - 1, timer_.look_));
        else {
            std::fprintf(timer_.out_, "%s\n", plain_line(s, timer_.seconds_left()).c_str());
            std::fflush(timer_.out_);
        }
    }
    /// Ends the phase: its lines are replaced by `text`, which stays.
    void finish(std::string_view text) {
        if (timer_.quiet_)
            return;
        const std::string back = to_the_top(Progress::terminal_width(timer_.out_));
        if (timer_.on_screen_)
            std::fputs(back.c_str(), timer_.out_);
        drawn_.clear();
        timer_.finish(text);
    }
    /// The smoothed time in seconds that the phase still takes; nan while nothing is known.
    double seconds_left() const { return timer_.seconds_left(); }

    /// At most `height` lines of at most `width` columns: one for all, then one for each network.
    static std::vector<std::string> lines(const Snapshot& s, double left, int width, int height,
                                          Look look) {
        std::vector<std::string> all{head_line(s, left, width, look)};
        int names = 0;
        for (const Network& n : s.networks)
            names = std::max(names, columns(one_line(n.name, 1000)));
        for (const Network& n : s.networks)
            if (int(all.size()) < height)
                all.push_back(network_line(s, n, names, width, look));
        return all;
    }
    /// The line for a log file.
    static std::string plain_line(const Snapshot& s, double left) {
        std::string text = Progress::plain_line(head(s), left);
        if (s.learning_rate > 0)
            text += "  rate " + rate_text(s.learning_rate);
        for (const Network& n : s.networks) {
            text += " | " + one_line(n.name, 1000);
            for (const auto& [word, value] : parts(s, n))
                text += " " + std::string(word) + " " + value;
        }
        return text;
    }

private:
    struct Part {
        std::string_view word;
        std::string value;
    };
    static Progress::Snapshot head(const Snapshot& s) {
        return {.label = s.label,
                .epoch = s.epoch,
                .epochs = s.epochs,
                .step = s.step,
                .steps = s.steps,
                .networks = {},
                .images_per_second = s.images_per_second};
    }
    static std::string rate_text(double rate) {
        char buffer[32];
        return {
            buffer,
            std::to_chars(buffer, buffer + sizeof buffer, rate, std::chars_format::general, 3).ptr};
    }
    static std::string head_line(const Snapshot& s, double left, int width, Look look) {
        const std::string rate = s.learning_rate > 0 ? "  rate " + rate_text(s.learning_rate) : "";
        if (rate.empty() || width < 60 + int(rate.size()))
            return Progress::line(head(s), left, width, look);
        return Progress::line(head(s), left, width - int(rate.size()), look) + rate;
    }
    /// What is known of one network, in the order of what one wants to see; the last is left out
    /// first where space is short.
    static std::vector<Part> parts(const Snapshot& s, const Network& n) {
        const auto used = [&](double Network::* part) {
            return std::any_of(s.networks.begin(), s.networks.end(), [&](const Network& m) {
                return m.*part != 0 && !std::isnan(m.*part);
            });
        };
        const auto text = [&](double score) {
            return s.score_name.ends_with("accuracy") ? Progress::accuracy_text(score)
                                                      : Progress::loss_text(score);
        };
        std::vector<Part> all{{s.score_name, text(n.score)}};
        if (used(&Network::test_score))
            all.push_back({"test", text(n.test_score)});
        all.push_back({"loss", Progress::loss_text(n.task)});
        if (used(&Network::metric))
            all.push_back({"metric", Progress::loss_text(n.metric)});
        if (used(&Network::verification))
            all.push_back({"verification", Progress::loss_text(n.verification)});
        if (used(&Network::coupling))
            all.push_back({"method", Progress::loss_text(n.coupling)});
        return all;
    }
    static std::string network_line(const Snapshot& s, const Network& n, int names, int width,
                                    Look look) {
        std::string name = one_line(n.name, 1000);
        name += std::string(std::size_t(std::max(0, names - columns(name))), ' ');
        auto all = parts(s, n);
        const auto length = [&] {
            int used = 2 + names;
            for (const Part& p : all)
                used += 3 + int(p.word.size()) + columns(p.value);
            return used;
        };
        while (all.size() > 1 && length() > width)
            all.pop_back();
        if (length() > width)
            return one_line(name + " " + all[0].value, std::max(width, 0));
        std::string text = "  " + name;
        for (const Part& p : all)
            text += (look.color ? "  \x1b[2m" : "  ") + std::string(p.word) +
                    (look.color ? "\x1b[0m " : " ") + p.value;
        return text;
    }

    /// Columns of a line, without what sets colors.
    static int shown(const std::string& line) {
        std::string text;
        for (std::size_t i = 0; i < line.size(); ++i) {
            if (line[i] == '\x1b')
                while (i < line.size() && line[i] != 'm')
                    ++i;
            else
                text += line[i];
        }
        return columns(text);
    }
    /// Back to where the first line begins: a terminal that has become narrower has broken the
    /// lines that stand there into several rows.
    std::string to_the_top(int width) const {
        int rows = 0;
        for (const int w : drawn_)
            rows += std::max(1, (w + width - 1) / std::max(width, 1));
        return rows > 1 ? sentence("\r\x1b[", rows - 1, "A\x1b[J") : rows == 1 ? "\r\x1b[J" : "";
    }
    void draw(const std::vector<std::string>& all) {
        const int width = Progress::terminal_width(timer_.out_);
        std::string text = to_the_top(width);
        drawn_.clear();
        for (const std::string& line : all) {
            text += (drawn_.empty() ? "" : "\n") + line;
            drawn_.push_back(shown(line));
        }
        std::fputs(text.c_str(), timer_.out_);
        std::fflush(timer_.out_);
        timer_.on_screen_ = true;
    }
    int terminal_height() const {
#ifdef TIOCGWINSZ
        ::winsize size{};
        if (::ioctl(::fileno(timer_.out_), TIOCGWINSZ, &size) == 0 && size.ws_row > 1)
            return size.ws_row;
#endif
        return 24;
    }

    Progress timer_;
    std::vector<int> drawn_;  // columns of the lines on the screen
};

}  // namespace collab
