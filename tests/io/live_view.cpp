// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <collab/io/live_view.hpp>

#include "terminal.hpp"

using namespace collab;

namespace {
double now_ = 0;
double fake_clock() {
    return now_;
}
const LiveView::Network two[] = {{"SmallNet", 0.412, 0.12, 0.322, 0, 0.851, 0.84},
                                 {"ResNet", 0.388, 0.12, 0.3, 0, 0.86, 0.85}};
LiveView::Snapshot status(long step = 30) {
    return {.label = "together",
            .epoch = 3,
            .epochs = 20,
            .step = step,
            .steps = 200,
            .networks = two,
            .images_per_second = 1234,
            .learning_rate = 0.05};
}

/// A terminal of our own: what stands on its rows after what was written to it.
class Screen {
public:
    explicit Screen(int width) : width_(width) {}
    void write(std::string_view s) {
        for (std::size_t i = 0; i < s.size(); ++i) {
            if (s[i] == '\r')
                column_ = 0;
            else if (s[i] == '\n') {
                if (++row_ == rows_.size())
                    rows_.emplace_back();
                column_ = 0;  // as terminals do for programs that leave them their manners
            } else if (s[i] == '\x1b') {
                std::string number;
                for (i += 2; s[i] >= '0' && s[i] <= '9'; ++i)
                    number += s[i];
                const int n = number.empty() ? 0 : std::stoi(number);
                if (s[i] == 'A')
                    row_ -= std::size_t(n);
                else if (s[i] == 'K')
                    rows_[row_].resize(column_);
                else if (s[i] == 'J') {
                    rows_[row_].resize(column_);
                    rows_.resize(row_ + 1);
                } else
                    REQUIRE(s[i] == 'm');
            } else {
                if (column_ == std::size_t(width_)) {
                    if (++row_ == rows_.size())
                        rows_.emplace_back();
                    column_ = 0;
                }
                rows_[row_].resize(std::max(rows_[row_].size(), column_ + 1), ' ');
                rows_[row_][column_++] = s[i];
            }
        }
    }
    /// What stands on it is broken anew into rows.
    void resize(int width) {
        std::vector<std::string> broken;
        for (const std::string& r : rows_) {
            for (std::size_t at = 0; at == 0 || at < r.size(); at += std::size_t(width))
                broken.push_back(r.substr(at, std::size_t(width)));
            row_ = broken.size() - 1;
            column_ = broken.back().size();
        }
        rows_ = broken;
        width_ = width;
    }
    const std::vector<std::string>& rows() const { return rows_; }

private:
    int width_;
    std::vector<std::string> rows_{""};
    std::size_t row_ = 0;
    std::size_t column_ = 0;
};
}  // namespace

TEST_CASE("a line for all and one for each network, with the parts of its loss") {
    const auto all = LiveView::lines(status(), 754, 110, 24, {});
    REQUIRE(all.size() == 3);
    CHECK(all[0].starts_with("together  epoch  3/20  ["));
    CHECK(all[0].ends_with("1,234 img/s  12:34 left  rate 0.05"));
    CHECK(all[1] ==
          "  SmallNet  accuracy 85.1%  test 84.0%  loss 0.412  metric 0.120  verification 0.322");
    CHECK(all[2] ==
          "  ResNet    accuracy 86.0%  test 85.0%  loss 0.388  metric 0.120  verification 0.300");
}

TEST_CASE("what is not there is not shown") {
    const LiveView::Network one[] = {{.name = "alone", .task = 1.5, .score = 0.5}};
    LiveView::Snapshot s = status();
    s.networks = one;
    CHECK(LiveView::lines(s, 1, 100, 24, {})[1] == "  alone  accuracy 50.0%  loss 1.500");
    const LiveView::Network taught[] = {
        {.name = "taught", .task = 1.5, .coupling = 0.25, .score = 0.5}};
    s.networks = taught;
    CHECK(LiveView::lines(s, 1, 100, 24, {})[1] ==
          "  taught  accuracy 50.0%  loss 1.500  method 0.250");
}

TEST_CASE("no line is ever wider or higher than the terminal") {
    for (int width = 0; width < 130; ++width)
        for (int height = 1; height < 5; ++height) {
            const auto all = LiveView::lines(status(), 754, width, height, {});
            CHECK(int(all.size()) == std::min(height, 3));
            for (const std::string& line : all)
                CHECK(columns(line) <= width);
        }
    CHECK(LiveView::lines(status(), 754, 30, 24, {})[1] == "  SmallNet  accuracy 85.1%");
    CHECK(LiveView::lines(status(), 754, 15, 24, {})[1] == "SmallNet 85.1%");
}

TEST_CASE("where there is no terminal, one line tells all") {
    CHECK(LiveView::plain_line(status(), 754) ==
          "together  epoch  3/20  1,234 img/s  12:34 left  rate 0.05 | SmallNet accuracy 85.1% "
          "test 84.0% loss 0.412 metric 0.120 verification 0.322 | "
          "ResNet accuracy 86.0% test 85.0% loss 0.388 metric 0.120 verification 0.300");
    std::FILE* file = std::tmpfile();
    now_ = 0;
    {
        LiveView view(file, LiveView::Style::automatic, fake_clock);
        for (long step = 1; step <= 25; ++step) {
            now_ += 1;
            view.update(status(step));
        }
        view.finish("done");
        LiveView silent(file, LiveView::Style::quiet, fake_clock);
        silent.update(status());
        silent.finish("never");
    }
    std::string text;
    std::rewind(file);
    for (int c; (c = std::fgetc(file)) != EOF;)
        text += char(c);
    std::fclose(file);
    // after 10 and 20 seconds, and the end
    CHECK(std::count(text.begin(), text.end(), '\n') == 3);
    CHECK(text.ends_with("\ndone\n"));
    CHECK(text.find('\x1b') == std::string::npos);
}

TEST_CASE("lines are rewritten in place, also after the terminal was resized") {
    ::setenv("TERM", "xterm", 1);
    ::setenv("NO_COLOR", "1", 1);
    ::setenv("LC_ALL", "C", 1);
    Terminal terminal;
    REQUIRE(terminal.file != nullptr);
    terminal.resize(100);
    Screen screen(100);
    screen.write("before\n");
    now_ = 0;
    LiveView view(terminal.file, LiveView::Style::automatic, fake_clock);
    const auto step = [&](long s) {
        now_ += 1;
        view.update(status(s));
        screen.write(terminal.read());
    };
    step(1);
    step(2);
    REQUIRE(screen.rows().size() == 4);
    CHECK(screen.rows()[0] == "before");
    CHECK(screen.rows()[3].starts_with("  ResNet    accuracy"));
    for (const int width : {50, 20, 33, 100, 12}) {
        terminal.resize(static_cast<unsigned short>(width));
        screen.resize(width);
        const std::size_t above = screen.rows().size();
        step(10 + width);
        CHECK_MESSAGE(screen.rows().size() <= std::max<std::size_t>(above, 4), width);
        REQUIRE(screen.rows().size() >= 4);
        CHECK(screen.rows()[screen.rows().size() - 4] == "before");
        CHECK(screen.rows()[screen.rows().size() - 2].find("SmallNet") != std::string::npos);
        step(11 + width);
        CHECK(screen.rows()[screen.rows().size() - 4] == "before");
    }
    view.finish("ended well");
    screen.write(terminal.read());
    CHECK(screen.rows() == std::vector<std::string>{"before", "ended well", ""});
}
