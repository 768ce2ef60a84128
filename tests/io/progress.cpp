// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <collab/io/progress.hpp>

#include "terminal.hpp"

using namespace collab;
using Network = Progress::Network;

namespace {
double now_ = 0;
double fake_clock() {
    return now_;
}

const Network pair_[] = {{"SmallNet", 0.412, 0.851}, {"ResNet", 0.388, 0.86}};

Progress::Snapshot status(int epoch = 3, long step = 30) {
    return {.label = "together",
            .epoch = epoch,
            .epochs = 20,
            .step = step,
            .steps = 200,
            .networks = pair_,
            .images_per_second = 1234.5};
}
/// What a stream that is no terminal receives.
struct Captured {
    std::FILE* file = std::tmpfile();
    ~Captured() { std::fclose(file); }
    std::string text() {
        std::string s;
        std::rewind(file);
        for (int c; (c = std::fgetc(file)) != EOF;)
            s += static_cast<char>(c);
        return s;
    }
};
/// Sets variables of the environment for one test.
struct Environment {
    std::vector<std::pair<std::string, std::string>> before;
    explicit Environment(std::initializer_list<std::pair<const char*, const char*>> values) {
        for (const auto& [name, value] : values) {
            const char* old = std::getenv(name);
            before.emplace_back(name, old ? old : "");
            ::setenv(name, value, 1);
        }
    }
    Environment(const Environment&) = delete;
    ~Environment() {
        for (const auto& [name, value] : before)
            value.empty() ? ::unsetenv(name.c_str()) : ::setenv(name.c_str(), value.c_str(), 1);
    }
};
int lines(std::string_view s) {
    int n = 0;
    for (const char c : s)
        n += c == '\n';
    return n;
}
}  // namespace

TEST_CASE("the whole line") {
    CHECK(Progress::line(status(), 754, 101, {}) ==
          "together  epoch  3/20  [#       ]  SmallNet 0.412 85.1% | ResNet 0.388 86.0%  1,234 "
          "img/s  12:34 left");
    CHECK(Progress::line(status(), 754, 101, {.unicode = true}) ==
          "together  epoch  3/20  ▕█▏      ▏  SmallNet 0.412 85.1% │ ResNet 0.388 86.0%  1,234 "
          "img/s  12:34 left");
}

TEST_CASE(
    "a narrow line drops speed, loss, bar, names, label, time left and accuracy, in this order") {
    const std::vector<std::string> expected = {
        "together  epoch  3/20  [#       ]  SmallNet 0.412 85.1% | ResNet 0.388 86.0%  1,234 img/s "
        " 12:34 left",
        "together  epoch  3/20  [#       ]  SmallNet 0.412 85.1% | ResNet 0.388 86.0%  12:34 left",
        "together  epoch  3/20  [#       ]  SmallNet 85.1% | ResNet 86.0%  12:34 left",
        "together  epoch  3/20  SmallNet 85.1% | ResNet 86.0%  12:34 left",
        "together  epoch  3/20  85.1% | 86.0%  12:34 left",
        "epoch  3/20  85.1% | 86.0%  12:34 left",
        "epoch  3/20  85.1% | 86.0%",
        "epoch  3/20",
    };
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const int width = static_cast<int>(expected[i].size());
        CHECK(Progress::line(status(), 754, width, {}) == expected[i]);
        const std::string less = Progress::line(status(), 754, width - 1, {});
        if (i + 1 == expected.size())
            CHECK(less == "epoch  3/2");
        else if (expected[i + 1].find('[') == std::string::npos)
            CHECK(less == expected[i + 1]);
        // the bar takes what became free
        else
            CHECK((less.size() == std::size_t(width - 1) &&
                   less.starts_with("together  epoch  3/20  [##")));
    }
    CHECK(Progress::line(status(), 754, 5, {}) == "epoch");
    CHECK(Progress::line(status(), 754, 0, {}).empty());
    CHECK(Progress::line(status(), 754, -1, {}).empty());
}

TEST_CASE("no line is wider than the terminal") {
    const Network wide[] = {
        {"網路", 12345.678, 1}, {"Zürich", 1e-7, 0}, {"", std::nan(""), std::nan("")}};
    for (int width = 0; width < 200; ++width)
        for (const bool unicode : {false, true}) {
            Progress::Snapshot s = status();
            s.networks = wide;
            s.label = "zusammen für 長い";
            CHECK(columns(Progress::line(s, 1e5, width, {.unicode = unicode})) <= width);
        }
}

TEST_CASE("color adds nothing but color") {
    std::string s = Progress::line(status(), 754, 120, {.color = true});
    CHECK(s.find("\x1b[1mtogether\x1b[0m") == 0);
    for (std::size_t at; (at = s.find('\x1b')) != s.npos;)
        s.erase(at, s.find('m', at) + 1 - at);
    CHECK(s == Progress::line(status(), 754, 120, {}));
}

TEST_CASE("the bar moves by eighths and is full only at the end") {
    CHECK(Progress::bar(0, 6, true) == "▕    ▏");
    CHECK(Progress::bar(1.0 / 32, 6, true) == "▕▏   ▏");
    CHECK(Progress::bar(0.5, 6, true) == "▕██  ▏");
    CHECK(Progress::bar(0.999, 6, true) == "▕███▉▏");
    CHECK(Progress::bar(1, 6, true) == "▕████▏");
    CHECK(Progress::bar(7, 6, false) == "[####]");
    CHECK(Progress::bar(0.999, 6, false) == "[### ]");
    CHECK(Progress::bar(std::nan(""), 6, false) == "[    ]");
    CHECK(Progress::bar(-1, 6, false) == "[    ]");
}

TEST_CASE("what is no number is called nan or inf, never a percentage") {
    const double inf = std::numeric_limits<double>::infinity();
    const double nan = std::nan("");
    const Network n[] = {{"A", nan, nan}, {"B", inf, 0.5}};
    Progress::Snapshot s = status();
    s.networks = n;
    s.images_per_second = nan;
    CHECK(Progress::plain_line(s, nan) ==
          "together  epoch  3/20  A   nan   nan | B   inf 50.0%  --:-- left");
}

TEST_CASE("very large and very small losses stay readable") {
    const auto loss = [](double v) {
        const Network n[] = {{"", v, 0.5}};
        Progress::Snapshot s = status();
        s.networks = n;
        const std::string line = Progress::plain_line(s, 1);
        return line.substr(23, line.find(" 50.0%") - 23);
    };
    CHECK(loss(0) == "loss 0.000");
    CHECK(loss(2.302585) == "loss 2.303");
    CHECK(loss(123.456) == "loss 123.5");
    CHECK(loss(1234567) == "loss 1.2e+06");
    CHECK(loss(0.00004) == "loss 4.0e-05");
}

TEST_CASE("a stream that is no terminal gets a line at each epoch's end and every ten seconds") {
    Captured out;
    now_ = 100;
    {
        Progress p(out.file, Progress::Style::automatic, &fake_clock);
        // 10 s in all
        for (long step = 1; step <= 20; ++step, now_ += 0.5)
            p.update(status(step <= 10 ? 1 : 2, step));
        now_ += 9.5;
        p.update(status(3, 21));
        p.update(status(3, 22));
        p.finish("together: done");
    }
    const std::string s = out.text();
    CHECK(lines(s) == 4);
    CHECK(s.find('\r') == s.npos);
    CHECK(s.find('\x1b') == s.npos);
    CHECK(s.starts_with("together  epoch  1/20  SmallNet 0.412 85.1% | ResNet 0.388 86.0%  1,234 "
                        "img/s   1:35 left\n"));
    CHECK(s.find("\ntogether  epoch  3/20  ") != s.npos);
    CHECK(s.ends_with("\ntogether: done\n"));
}

TEST_CASE("the same step is not told twice, the same epoch of the next phase is") {
    Captured out;
    Progress p(out.file, Progress::Style::plain, &fake_clock);
    p.update(status(1, 10));
    p.update(status(1, 10));
    CHECK(lines(out.text()) == 1);
    Progress::Snapshot next = status(1, 10);
    next.label = "alone";
    p.update(next);
    CHECK(lines(out.text()) == 2);
}

TEST_CASE("quiet is quiet, and so is a stream that does not exist") {
    Captured out;
    Progress p(out.file, Progress::Style::quiet, &fake_clock);
    Progress none(nullptr, Progress::Style::automatic, &fake_clock);
    for (Progress* q : {&p, &none}) {
        CHECK_FALSE(q->due());
        q->update(status(1, 10));
        q->finish("done");
    }
    CHECK(out.text().empty());
}

TEST_CASE("time left is steps left times the seconds of a step, pauses spread over an epoch") {
    Captured out;
    now_ = 0;
    Progress p(out.file, Progress::Style::plain, &fake_clock);
    CHECK(std::isnan(p.seconds_left()));
    p.update(status(1, 1));
    CHECK(std::isnan(p.seconds_left()));  // one moment is no speed
    for (long step = 2; step <= 100; ++step) {
        now_ += 0.5;
        p.update(status(1, step));
    }
    CHECK(p.seconds_left() == doctest::Approx(50));
    now_ += 5;  // an evaluation
    p.update(status(1, 101));
    CHECK(p.seconds_left() > 49.5);
    CHECK(p.seconds_left() < 80);
    // another speed is learnt
    for (long step = 102; step <= 190; ++step) {
        now_ += 1;
        p.update(status(1, step));
    }
    CHECK(p.seconds_left() == doctest::Approx(10).epsilon(0.05));
    p.finish("done");
    p.update(status(1, 1));
    CHECK(std::isnan(p.seconds_left()));  // a new phase knows nothing yet
}

TEST_CASE("on a terminal the line is rewritten in place, ten times a second at most, and fits at "
          "each size") {
    const Environment e{{"LC_ALL", "C.UTF-8"}, {"TERM", "xterm"}, {"NO_COLOR", "1"}};
    Terminal t;
    if (!t.file) {
        MESSAGE("no pseudo-terminal can be had here");
        return;
    }
    t.resize(60);
    now_ = 50;
    Progress p(t.file, Progress::Style::automatic, &fake_clock);
    p.update(status(1, 1));
    CHECK(t.read() == "\rtogether  epoch  1/20  85.1% │ 86.0%  --:-- left\x1b[K");
    now_ += 0.05;
    CHECK_FALSE(p.due());
    p.update(status(1, 2));
    CHECK(t.read().empty());
    t.resize(27);
    now_ += 0.06;
    CHECK(p.due());
    p.update(status(1, 3));
    CHECK(t.read() == "\repoch  1/20  85.1% │ 86.0%\x1b[K");
    t.resize(26);  // the last column stays free: a line that fills it would wrap
    now_ += 1;
    p.update(status(1, 3));
    CHECK(t.read() == "\repoch  1/20\x1b[K");
    t.resize(200);
    now_ += 1;
    p.update(status(1, 3));
    CHECK(t.read().find("▕") != std::string::npos);
    p.finish("together: done");
    CHECK(t.read() == "\r\x1b[Ktogether: done\r\n");
    t.resize(0);  // a terminal that does not know its size counts as 80 wide
    now_ += 1;
    p.update(status(1, 4));
    // of what is counted, \r and the escape that clears the rest show nothing
    CHECK(columns(t.read()) <= 79 + 4);
}

TEST_CASE(
    "an unfinished line ends when its progress does, so that an error begins on its own line") {
    const Environment e{{"TERM", "xterm"}};
    Terminal t;
    if (!t.file)
        return;
    t.resize(60);
    {
        Progress p(t.file, Progress::Style::automatic, &fake_clock);
        p.update(status());
    }
    CHECK(t.read().ends_with("\x1b[K\r\n"));
    { Progress p(t.file, Progress::Style::automatic, &fake_clock); }
    CHECK(t.read().empty());
}

TEST_CASE("locale, NO_COLOR, a dumb terminal and plain style are heeded") {
    const auto first = [](const char* locale, const char* no_color, const char* term,
                          Progress::Style style) {
        const Environment e{{"LC_ALL", locale}, {"NO_COLOR", no_color}, {"TERM", term}};
        Terminal t;
        if (!t.file)
            return std::string();
        t.resize(200);
        now_ += 100;
        Progress p(t.file, style, &fake_clock);
        p.update(status(1, 10));
        return t.read();
    };
    using enum Progress::Style;
    if (first("C", "", "xterm", automatic).empty())
        return;
    CHECK(first("C", "", "xterm", automatic).find("[#") != std::string::npos);
    CHECK(first("de_DE.utf8", "", "xterm", automatic).find("▕") != std::string::npos);
    CHECK(first("C", "", "xterm", automatic).find("\x1b[1m") != std::string::npos);
    CHECK(first("C", "1", "xterm", automatic).find("\x1b[1m") == std::string::npos);
    CHECK(first("C", "", "dumb", automatic).find('\x1b') == std::string::npos);
    CHECK(first("C", "", "xterm", plain).find('\x1b') == std::string::npos);
}

TEST_CASE("labels cannot move the cursor") {
    Progress::Snapshot s = status();
    s.label = "a\x1b[2J\nb";
    CHECK(Progress::line(s, 1, 200, {}).starts_with("a?[2J?b  epoch"));
}
