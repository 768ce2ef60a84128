// SPDX-License-Identifier: Apache-2.0
// report: the findings of a study as tables, curves, pictures, and a page in HTML and in Markdown.
#pragma once
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <collab/io/format.hpp>
#include <collab/report/chart.hpp>
#include <collab/report/dots.hpp>
#include <collab/report/report.hpp>
#include <collab/study/findings.hpp>

namespace collab {

/// A study for people.
struct StudyPage {
    Report page{};
    std::vector<Dots> pictures{};  ///< one for each protocol
};

namespace detail {

inline std::string points(double share, bool sign) {
    return std::isnan(share) ? "-"
                             : sentence(sign && share >= 0 ? "+" : "", decimal(100 * share, 2));
}
inline std::string protocol_title(const Cell& c) {
    return sentence(c.pair, " on ", c.data, ", ",
                    c.train > 0 ? grouped(c.train) : std::string("all other"), " training images, ",
                    c.epochs, " epochs");
}
inline std::string settings_title(const Treatment& t) {
    const Cell& c = t.lines.begin()->second->cell;
    return sentence("rate ", c.learning_rate, ", warm-up ", c.warm_up, ", alpha ", c.alpha, ", ",
                    c.metric);
}
/// Methods in the order of their first lines, the controls in front.
inline std::vector<std::string> methods_of(const Protocol& p) {
    std::vector<std::string> all;
    for (const char* first : {"il", "il-wide", "il-wide-cost", "mkb"})
        if (p.best(first, 0) || p.best(first, 1))
            all.emplace_back(first);
    for (const Treatment& t : p.treatments)
        if (std::find(all.begin(), all.end(), t.method) == all.end())
            all.push_back(t.method);
    return all;
}
/// Calls f(method, treatment) for the best of each method, network by network.
template <class F>
void each_best(const Protocol& p, F&& f) {
    for (int place = 0; place < 2; ++place)
        for (const std::string& method : methods_of(p))
            if (const Treatment* t = p.best(method, place))
                f(*t);
}

inline Table accuracy_table(const Protocol& p) {
    Table t;
    t.caption = protocol_title(p.example) +
                ": test accuracy in per cent at the end, of the settings with the best validation "
                "accuracy";
    t.columns = {{"network and method"}, {"seeds", true},      {"test", true, true},
                 {"deviation", true},    {"validation", true}, {"settings"}};
    each_best(p, [&](const Treatment& best) {
        const Moments test = moments(best.values(&NetworkResult::test_accuracy));
        const Moments validation = moments(best.values(&NetworkResult::validation_accuracy));
        t.rows.push_back({best.network + ", " + best.method, std::to_string(test.n),
                          points(test.mean, false), points(test.stddev, false),
                          points(validation.mean, false), settings_title(best)});
    });
    return t;
}
inline Table difference_table(const Protocol& p, const std::string& against,
                              const DecisionRule& rule) {
    Table t;
    t.caption =
        sentence(protocol_title(p.example), ": test accuracy minus that of ", against,
                 " with the same seed, in points, with the ", 100 * rule.level, " % interval");
    t.columns = {
        {"network and method"}, {"pairs", true},          {"mean", true, true}, {"interval", true},
        {"p (Student)", true},  {"better / worse", true}, {"p (sign)", true},   {"verdict"}};
    each_best(p, [&](const Treatment& best) {
        const Treatment* base = p.best(against, best.place);
        if (!base || best.method == against)
            return;
        const PairedDifference d = paired_difference(differences_of(best, *base), rule.level);
        if (d.moments.n == 0)
            return;
        t.rows.push_back({best.network + ", " + best.method, std::to_string(d.moments.n),
                          points(d.moments.mean, true),
                          sentence(points(d.low(), true), " to ", points(d.high(), true)),
                          decimal(d.p_student, 4), sentence(d.above, " / ", d.below),
                          decimal(d.p_sign, 4), verdict(d, rule)});
    });
    return t;
}
inline Table cost_table(const Protocol& p) {
    Table t;
    t.caption = protocol_title(p.example) + ": what it costs, and epochs to the validation "
                                            "accuracy that the network alone ended with";
    t.columns = {{"network and method"},
                 {"parameters deployed", true},
                 {"multiply-adds deployed", true},
                 {"parameters in training", true},
                 {"minutes of training", true},
                 {"epochs", true},
                 {"reached", true}};
    each_best(p, [&](const Treatment& best) {
        const StudyLine& line = *best.lines.begin()->second;
        const NetworkResult& n = best.result(line);
        double minutes = 0;
        for (const auto& [seed, l] : best.lines)
            minutes += l->minutes / double(best.lines.size());
        const Treatment* alone = p.best("il", best.place);
        const Reached r = alone ? epochs_to_end_of(*alone, best) : Reached{};
        t.rows.push_back({best.network + ", " + best.method, grouped(double(n.parameters)),
                          grouped(double(n.multiply_adds)),
                          grouped(double(line.training_parameters)), decimal(minutes, 2),
                          r.reached ? decimal(r.epochs, 1) : "-",
                          sentence(r.reached, " of ", r.asked)});
    });
    return t;
}
/// Every setting that was tried, where a method has more than one.
inline Table settings_table(const Protocol& p, const std::string& against) {
    Table t;
    t.caption = sentence(protocol_title(p.example), ": all settings, and differences from ",
                         against, " at its best, in points");
    t.columns = {{"network and method"}, {"settings"},         {"seeds", true},
                 {"validation", true},   {"test", true, true}, {"difference", true},
                 {"interval", true}};
    for (const Treatment& one : p.treatments) {
        const auto same = [&](const Treatment& o) {
            return o.method == one.method && o.place == one.place;
        };
        if (std::count_if(p.treatments.begin(), p.treatments.end(), same) < 2)
            continue;
        const Treatment* base = p.best(against, one.place);
        const PairedDifference d =
            base ? paired_difference(differences_of(one, *base)) : PairedDifference{};
        t.rows.push_back(
            {one.network + ", " + one.method, settings_title(one), std::to_string(one.lines.size()),
             points(moments(one.values(&NetworkResult::validation_accuracy)).mean, false),
             points(moments(one.values(&NetworkResult::test_accuracy)).mean, false),
             points(d.moments.mean, true),
             sentence(points(d.low(), true), " to ", points(d.high(), true))});
    }
    return t;
}
inline std::vector<Chart> study_charts(const Protocol& p) {
    std::vector<Chart> charts;
    for (int place = 0; place < 2; ++place) {
        Chart chart{.title = "Validation accuracy",
                    .x_label = "epochs",
                    .y_label = "accuracy",
                    .percent = true,
                    .series = {},
                    .note = protocol_title(p.example) + ". Means over seeds. Dashed: alone."};
        chart.focus = true;
        for (const std::string& method : methods_of(p)) {
            const Treatment* t = p.best(method, place);
            if (!t || chart.series.size() == 6)
                continue;
            chart.title = t->network + ", validation accuracy";
            Chart::Series s{.name = method,
                            .color = int(chart.series.size()),
                            .dashed = method == "il",
                            .points = {}};
            const StudyLine& first = *t->lines.begin()->second;
            for (std::size_t k = 0; k < first.curve.size(); ++k) {
                double mean = 0;
                for (const auto& [seed, line] : t->lines)
                    mean += t->curve(*line).at(k) / double(t->lines.size());
                s.points.push_back({double(first.curve[k].epoch), mean});
            }
            chart.series.push_back(std::move(s));
        }
        if (!chart.series.empty())
            charts.push_back(std::move(chart));
    }
    return charts;
}
inline Dots study_dots(const Protocol& p, const std::string& against) {
    Dots dots{.title = "Test accuracy, difference from " + against,
              .unit = "points",
              .note = protocol_title(p.example) + "; each dot a seed; bars are means",
              .names = {},
              .panels = {}};
    for (const std::string& method : methods_of(p))
        if (method != against)
            dots.names.push_back(method);
    for (int place = 0; place < 2; ++place) {
        const Treatment* base = p.best(against, place);
        if (!base)
            continue;
        Dots::Panel panel{base->network, {}, place};
        for (const std::string& method : dots.names) {
            std::vector<double> all;
            if (const Treatment* t = p.best(method, place))
                for (const double d : differences_of(*t, *base))
                    all.push_back(100 * d);
            panel.rows.push_back(std::move(all));
        }
        dots.panels.push_back(std::move(panel));
    }
    return dots;
}
inline void add_remarks(const std::vector<StudyLine>& lines, Report& page) {
    std::set<std::string> instructions;
    std::set<std::string> machines;
    double minutes = 0;
    int searched = 0;
    for (const StudyLine& l : lines) {
        instructions.insert(l.instructions);
        machines.insert(l.machine);
        minutes += l.minutes;
        searched += l.role == "search";
        if (!l.failed.empty())
            page.caveats.push_back(sentence("Failed, and not counted: line ", l.number, ", ",
                                            cell_text(l.cell), ": ", l.failed));
    }
    if (instructions.size() > 1)
        page.caveats.push_back("The lines come from several kinds of processors or compilers, "
                               "whose results differ in the last digits.");
    const auto joined = [](const std::set<std::string>& all) {
        std::string s;
        for (const std::string& one : all)
            s += (s.empty() ? "" : "; ") + one;
        return s;
    };
    page.manifest.push_back({"trainings", std::to_string(lines.size())});
    page.manifest.push_back({"of these for the search of settings", std::to_string(searched)});
    page.manifest.push_back({"instructions", joined(instructions)});
    page.manifest.push_back({"machines", joined(machines)});
    page.manifest.push_back({"hours of training", decimal(minutes / 60, 1)});
}
}  // namespace detail

/// Throws Error where lines may not be averaged.
inline StudyPage study_page(const std::vector<StudyLine>& lines, const std::string& version = "",
                            const DecisionRule& rule = {}) {
    const std::vector<Protocol> all = protocols_of(lines, version);
    StudyPage s;
    s.page.title = "Does collaboration help?";
    s.page.subtitle =
        sentence("A difference helps if its ", 100 * rule.level,
                 " % interval lies above 0 and its mean is "
                 "at least ",
                 100 * rule.least, " points, over ", rule.seeds, " pairs of seeds or more.");
    for (const Protocol& p : all) {
        s.page.tables.push_back(detail::accuracy_table(p));
        for (const char* against : {"il", "mkb"})
            if (Table t = detail::difference_table(p, against, rule); !t.rows.empty())
                s.page.tables.push_back(std::move(t));
        s.page.tables.push_back(detail::cost_table(p));
        if (Table t = detail::settings_table(p, "il"); !t.rows.empty())
            s.page.tables.push_back(std::move(t));
        for (Chart& c : detail::study_charts(p))
            s.page.charts.push_back(std::move(c));
        for (const char* against : {"il", "mkb"})
            if (Dots dots = detail::study_dots(p, against);
                !dots.panels.empty() && !dots.names.empty())
                s.pictures.push_back(std::move(dots));
    }
    detail::add_remarks(lines, s.page);
    if (!all.empty())
        s.page.manifest.push_back(
            {"version of library and study",
             detail::version_of(*all.front().treatments.front().lines.begin()->second)});
    return s;
}

/// The page as Markdown; pictures are linked as difference-1.svg and so on.
inline std::string markdown(const StudyPage& s) {
    const auto cell = [](std::string text) {
        for (std::size_t at = 0; (at = text.find('|', at)) != text.npos; at += 2)
            text.replace(at, 1, "\\|");
        return text;
    };
    std::string m = sentence("# ", s.page.title, "\n\n", s.page.subtitle, "\n");
    for (const std::string& c : s.page.caveats)
        m += "\n* " + c;
    for (std::size_t k = 0; k < s.pictures.size(); ++k)
        m += sentence("\n![", s.pictures[k].title, ": ", s.pictures[k].note, "](difference-", k + 1,
                      ".svg)\n");
    for (const Table& t : s.page.tables) {
        m += "\n**" + t.caption + "**\n\n|";
        for (const Table::Column& c : t.columns)
            m += " " + cell(c.title) + " |";
        m += "\n|";
        for (const Table::Column& c : t.columns)
            m += c.numeric ? "---:|" : "---|";
        for (const auto& row : t.rows) {
            m += "\n|";
            for (const std::string& text : row)
                m += " " + cell(text) + " |";
        }
        m += "\n";
    }
    m += "\n";
    for (const auto& [what, text] : s.page.manifest)
        m += sentence("* ", what, ": ", text, "\n");
    return m;
}

}  // namespace collab
