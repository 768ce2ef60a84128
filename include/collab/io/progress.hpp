// SPDX-License-Identifier: Apache-2.0
// progress: one line that tells how a training goes, rewritten in place on a terminal, plain lines
// elsewhere.
#pragma once
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#if __has_include(<sys/ioctl.h>) && __has_include(<unistd.h>)
#include <sys/ioctl.h>
#include <unistd.h>
#endif

#include <collab/io/format.hpp>

namespace collab {

class LiveView;

/// Shows one training phase at a time. Not thread-safe, starts no thread, and ignores a stream that
/// cannot be written.
///
///     Progress progress(stderr);
///     const Progress::Network networks[] = {{"SmallNet", 0.412, 0.851}, {"ResNet", 0.388, 0.860}};
///     progress.update({.label = "together", .epoch = 3, .epochs = 20, .step = 900, .steps = 7820,
///                    .networks = networks, .images_per_second = 1240});
///     progress.finish("together: SmallNet 86.9 %, ResNet 88.0 %");
class Progress {
public:
    /// automatic: in place on a terminal, plain elsewhere. plain: lines only. quiet: nothing at
    /// all, not even the final line.
    enum class Style { automatic, plain, quiet };

    /// What is known of one network in the running epoch. The name may be empty; accuracy is in
    /// 0..1; nan where nothing is known yet.
    struct Network {
        std::string_view name{};
        double loss = 0;
        double accuracy = 0;
    };

    struct Snapshot {
        std::string_view label{};  ///< the phase: "SmallNet alone", "together"
        int epoch = 0;
        int epochs = 0;  ///< counted from 1
        long step = 0;
        long steps = 0;                       ///< of the whole phase, not of the epoch
        std::span<const Network> networks{};  ///< those trained together
        double images_per_second = 0;         ///< left out where it is not positive
    };

    /// What the terminal can show.
    struct Look {
        bool unicode = false;
        bool color = false;
    };

    /// `clock` gives seconds from any origin; tests pass their own.
    explicit Progress(std::FILE* out = stderr, Style style = Style::automatic,
                      double (*clock)() = &seconds_now)
        : out_(out),
          clock_(clock) {
        quiet_ = style == Style::quiet || out == nullptr;
        terminal_ = !quiet_ && style == Style::automatic && is_terminal(out);
        if (terminal_)
            look_ = {.unicode = utf8_locale(), .color = environment("NO_COLOR").empty()};
    }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    /// An unfinished line stays, and whatever is written next (an error, say) begins on its own
    /// line.
    ~Progress() {
        if (on_screen_) {
            std::fputc('\n', out_);
            std::fflush(out_);
        }
    }

    /// Whether update() would draw now: lets a caller skip reading the loss back from a device.
    /// Ends of epochs are worth an update in any case.
    bool due() const { return !quiet_ && clock_() - last_ >= interval(); }

    /// Takes the new numbers in; draws at most ten times a second on a terminal, and elsewhere once
    /// in ten seconds and at the end of an epoch.
    void update(const Snapshot& status) {
        if (quiet_)
            return;
        const double now = clock_();
        estimate(status, now);
        const bool epoch_ends = !terminal_ && status.step > 0 && status.step != printed_step_ &&
                                static_cast<long long>(status.step) * status.epochs ==
                                    static_cast<long long>(status.epoch) * status.steps;
        if (now - last_ < interval() && !epoch_ends)
            return;
        last_ = now;
        printed_step_ = status.step;
        if (terminal_)
            std::fprintf(out_, "\r%s\x1b[K",
                         line(status, seconds_left(), terminal_width(out_) - 1, look_).c_str());
        else
            std::fprintf(out_, "%s\n", plain_line(status, seconds_left()).c_str());
        on_screen_ = terminal_;
        std::fflush(out_);
    }

    /// Ends the phase: its line is replaced by `text`, which stays.
    void finish(std::string_view text) {
        if (quiet_)
            return;
        std::fprintf(out_, "%s%.*s\n", on_screen_ ? "\r\x1b[K" : "", static_cast<int>(text.size()),
                     text.data());
        std::fflush(out_);
        on_screen_ = false;
        started_ = false;
        printed_step_ = -1;
    }

    /// The smoothed time in seconds that the phase still takes; nan while nothing is known.
    double seconds_left() const {
        return count_ > 0 ? seconds_ / count_ * static_cast<double>(steps_ - step_) : std::nan("");
    }

    /// The line itself, at most `width` columns. What is dropped when space is short, the first
    /// first: speed, loss, bar, names of networks, label, time left, accuracy.
    static std::string line(const Snapshot& s, double left, int width, Look look) {
        constexpr int gap = 2;
        constexpr int least_bar = 10;
        constexpr int most_bar = 34;
        Keep keep;
        for (bool Keep::* drop : {&Keep::speed, &Keep::loss, &Keep::bar, &Keep::names, &Keep::label,
                                  &Keep::left, &Keep::networks}) {
            const auto parts = compose(s, left, keep, look);
            int used = keep.bar ? gap + least_bar : 0;
            for (const Part& p : parts)
                used += columns(p.text) + (&p == parts.data() ? 0 : gap);
            if (used <= width)
                return join(parts, s, keep.bar ? std::min(most_bar, least_bar + width - used) : 0,
                            look);
            keep.*drop = false;
        }
        return one_line(epoch_text(s), std::max(width, 0));
    }

    /// The line for a log file: everything but the bar, whatever its length.
    static std::string plain_line(const Snapshot& s, double left) {
        Keep keep;
        keep.bar = false;
        return join(compose(s, left, keep, {}), s, 0, {});
    }

    /// A share of 0..1 drawn in `width` columns, frame included: eighths of a block where the
    /// terminal has them.
    static std::string bar(double share, int width, bool unicode) {
        static constexpr const char* eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
        const int cells = std::max(width - 2, 0);
        const int units = unicode ? 8 : 1;
        // rounded down: full means done
        const int filled = share > 0 ? static_cast<int>(std::min(share, 1.0) * cells * units) : 0;
        std::string s = unicode ? "▕" : "[";
        for (int i = 0; i < filled / units; ++i)
            s += unicode ? "█" : "#";
        s += eighths[filled % units];
        s.append(std::size_t(cells - (filled + units - 1) / units), ' ');
        return s + (unicode ? "▏" : "]");
    }
    /// Columns of the terminal behind `out`; 80 where there is none.
    static int terminal_width([[maybe_unused]] std::FILE* out) {
#ifdef TIOCGWINSZ
        ::winsize size{};
        if (::ioctl(::fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
            return size.ws_col;
#endif
        return 80;
    }

private:
    friend class LiveView;
    struct Keep {
        bool label = true;
        bool bar = true;
        bool networks = true;
        bool names = true;
        bool loss = true;
        bool speed = true;
        bool left = true;
    };
    struct Part {
        std::string text;
        const char* color;
        bool after_bar;
    };

    // equal widths keep the line from trembling
    static std::string pad(std::string s, std::size_t width) {
        if (s.size() < width)
            s.insert(0, width - s.size(), ' ');
        return s;
    }
    static std::string epoch_text(const Snapshot& s) {
        const std::string last = std::to_string(s.epochs);
        return "epoch " + pad(std::to_string(s.epoch), last.size()) + "/" + last;
    }
    static std::string loss_text(double loss) {
        if (!std::isfinite(loss))
            return pad(decimal(loss, 0), 5);
        const double size = std::fabs(loss);
        if (size >= 1e4 || (size > 0 && size < 5e-4)) {
            char buffer[32];
            return {buffer, std::to_chars(buffer, buffer + sizeof buffer, loss,
                                          std::chars_format::scientific, 1)
                                .ptr};
        }
        return decimal(loss, size >= 100 ? 1 : 3);
    }
    static std::string accuracy_text(double accuracy) {
        return pad(
            std::isfinite(accuracy) ? decimal(accuracy * 100, 1) + "%" : decimal(accuracy, 0), 5);
    }

    static std::string networks_text(const Snapshot& s, const Keep& keep, Look look) {
        std::string text;
        for (const Network& n : s.networks) {
            if (!text.empty())
                text += look.unicode ? " │ " : " | ";
            if (keep.names && !n.name.empty())
                text += one_line(n.name, 1000) + " ";
            else if (keep.loss && n.name.empty())
                text += "loss ";
            if (keep.loss)
                text += loss_text(n.loss) + " ";
            text += accuracy_text(n.accuracy);
        }
        return text;
    }
    static std::vector<Part> compose(const Snapshot& s, double left, const Keep& keep, Look look) {
        std::vector<Part> parts;
        if (keep.label && !s.label.empty())
            parts.push_back({one_line(s.label, 1000), "1", false});
        parts.push_back({epoch_text(s), "", false});
        if (keep.networks && !s.networks.empty())
            parts.push_back({networks_text(s, keep, look), "", true});
        if (keep.speed && s.images_per_second > 0)
            parts.push_back({pad(grouped(s.images_per_second), 5) + " img/s", "2", true});
        if (keep.left)
            parts.push_back({pad(duration(left), 5) + " left", "2", true});
        return parts;
    }
    static std::string join(const std::vector<Part>& parts, const Snapshot& s, int bar_width,
                            Look look) {
        const double done =
            s.steps > 0 ? static_cast<double>(s.step) / static_cast<double>(s.steps) : 0;
        std::string text;
        const auto add = [&](const std::string& part, const char* color) {
            if (!text.empty())
                text += "  ";
            text +=
                look.color && *color ? std::string("\x1b[") + color + "m" + part + "\x1b[0m" : part;
        };
        for (const Part& p : parts) {
            if (p.after_bar && bar_width > 0)
                add(bar(done, std::exchange(bar_width, 0), look.unicode), "36");
            add(p.text, p.color);
        }
        return text;
    }

    // Sums of seconds and steps in which older steps weigh exponentially less. Forgetting counts
    // steps, not seconds: a pause for evaluation is spread over the epoch it belongs to and does
    // not make the estimate jump.
    void estimate(const Snapshot& s, double now) {
        if (!started_ || s.step < step_ || s.label != label_) {
            started_ = true;
            label_ = s.label;
            time_ = now;
            seconds_ = count_ = 0;
            printed_step_ = -1;
            if (!terminal_)
                last_ = now;  // a log needs no line before there is something to tell
        } else if (s.step > step_) {
            const double steps = static_cast<double>(s.step - step_);
            const double memory =
                std::max(20.0, 1.5 * static_cast<double>(s.steps) / std::max(s.epochs, 1));
            const double old = std::exp(-steps / memory);
            seconds_ = seconds_ * old + (now - time_);
            count_ = count_ * old + steps;
            time_ = now;
        }
        step_ = s.step;
        steps_ = std::max(s.steps, s.step);
    }

    double interval() const { return terminal_ ? 0.1 : 10.0; }
    static double seconds_now() {
        return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
            .count();
    }
    static std::string_view environment(const char* name) {
        const char* value = std::getenv(name);
        return value ? value : "";
    }
    // The library never calls setlocale, so the C library would always answer "C": ask the
    // variables, in their order of precedence.
    static bool utf8_locale() {
        std::string_view name;
        for (const char* variable : {"LC_ALL", "LC_CTYPE", "LANG"})
            if (name = environment(variable); !name.empty())
                break;
        std::string lower(name);
        for (char& c : lower)
            c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        return lower.find("utf-8") != std::string::npos || lower.find("utf8") != std::string::npos;
    }
    static bool is_terminal([[maybe_unused]] std::FILE* out) {
#ifdef TIOCGWINSZ
        return ::isatty(::fileno(out)) && environment("TERM") != "dumb";
#else
        return false;
#endif
    }
    std::FILE* out_;
    double (*clock_)();
    bool quiet_ = false;
    bool terminal_ = false;
    bool on_screen_ = false;
    bool started_ = false;
    Look look_;
    std::string label_;
    double last_ = -1e300;
    double time_ = 0;
    double seconds_ = 0;
    double count_ = 0;
    long step_ = 0;
    long steps_ = 0;
    long printed_step_ = -1;
};

}  // namespace collab
