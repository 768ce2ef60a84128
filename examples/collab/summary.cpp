// SPDX-License-Identifier: Apache-2.0
// summary: means and spreads over seeds, differences, steps to the same accuracy, and curves.
#include "summary.hpp"

#include <algorithm>
#include <cmath>

#include <collab/io/format.hpp>

namespace program {

using collab::decimal, collab::sentence;

Mean mean_of(const std::vector<double>& v) {
    Mean m{0, 0, v.size()};
    if (v.empty())
        return {std::nan(""), 0, 0};
    for (const double x : v)
        m.mean += x / double(v.size());
    if (v.size() > 1) {
        for (const double x : v)
            m.stddev += (x - m.mean) * (x - m.mean) / double(v.size() - 1);
        m.stddev = std::sqrt(m.stddev);
    }
    return m;
}
std::string percent(const Mean& m, bool sign) {
    if (m.n == 0)
        return "-";
    std::string s = sentence(sign && m.mean >= 0 ? "+" : "", decimal(100 * m.mean, 2));
    if (m.n > 1)
        s += " \u00b1 " + decimal(100 * m.stddev, 2);
    return s;
}
collab::Chart::Series over_runs(const std::string& name, int color, bool dashed,
                                const std::vector<std::vector<collab::Chart::Point>>& all) {
    collab::Chart::Series s{.name = name, .color = color, .dashed = dashed, .points = {}};
    if (all.empty())
        return s;
    std::size_t length = all[0].size();
    for (const auto& p : all)
        length = std::min(length, p.size());
    for (std::size_t i = 0; i < length; ++i) {
        std::vector<double> y;
        for (const auto& p : all)
            y.push_back(p[i].y);
        s.points.push_back({all[0][i].x, mean_of(y).mean});
        if (all.size() > 1) {
            s.lower.push_back(*std::min_element(y.begin(), y.end()));
            s.upper.push_back(*std::max_element(y.begin(), y.end()));
        }
    }
    return s;
}

namespace {
bool has(const collab::History& h) {
    return !h.records.empty();
}
double last_accuracy(const collab::History& h, std::size_t column) {
    return h.records.back().networks[column].test_score();
}

template <class Pick>
collab::Chart::Series over_seeds(const std::vector<SeedRun>& runs, const char* name, int color,
                                 bool dashed, Pick&& pick) {
    std::vector<std::vector<collab::Chart::Point>> all;
    for (const SeedRun& r : runs)
        if (auto points = pick(r); !points.empty())
            all.push_back(std::move(points));
    return over_runs(name, color, dashed, all);
}
}  // namespace

std::vector<collab::Chart::Point> accuracy_curve(const collab::History& history,
                                                 std::size_t column) {
    std::vector<collab::Chart::Point> points;
    for (const auto& r : history.records)
        points.push_back({double(r.step), r.networks[column].test_score()});
    return points;
}

long steps_to(const collab::History& history, std::size_t column, double accuracy) {
    for (const auto& r : history.records)
        if (r.networks[column].test_score() >= accuracy)
            return r.step;
    return -1;
}

collab::Scatter space_of(const std::vector<std::string>& names,
                         const std::vector<std::vector<float>>& embeddings,
                         const std::vector<int>& labels, const collab::Splits& data,
                         const std::string& method) {
    std::vector<std::string> classes = data.test.class_names;
    if (classes.empty())
        for (int c = 0; c < data.test.classes; ++c)
            classes.push_back(std::to_string(c));
    collab::Scatter s = collab::mutual_space(names, embeddings, labels, std::move(classes));
    if (!method.empty())
        s.title += ", " + method;
    return s;
}

namespace {
/// What the seeds say of one network.
struct Comparison {
    std::vector<double> alone, together, difference;
    std::vector<double> steps_alone, steps_together;
    int reached = 0;  ///< seeds in which it reached, together, its best accuracy alone
    int asked = 0;    ///< seeds of both trainings
};
Comparison compared(const std::vector<SeedRun>& runs, std::size_t i) {
    Comparison c;
    for (const SeedRun& r : runs) {
        if (has(r.alone[i]))
            c.alone.push_back(last_accuracy(r.alone[i], 0));
        if (has(r.together))
            c.together.push_back(last_accuracy(r.together, i));
        if (!has(r.alone[i]) || !has(r.together))
            continue;
        c.difference.push_back(c.together.back() - c.alone.back());
        double best = 0;
        for (const auto& record : r.alone[i].records)
            best = std::max(best, record.networks[0].test_score());
        c.steps_alone.push_back(double(steps_to(r.alone[i], 0, best)));
        ++c.asked;
        if (const long s = steps_to(r.together, i, best); s >= 0) {
            c.steps_together.push_back(double(s));
            ++c.reached;
        }
    }
    return c;
}

/// "SmallNet gained 1.20 points by learning together (one seed: ...)."
std::string gain_of(const std::string& network, const Mean& d) {
    const std::string points = decimal(100 * std::abs(d.mean), 2);
    std::string s = points == "0.00" ? network + " neither gained nor lost by learning together"
                                     : sentence(network, d.mean > 0 ? " gained " : " lost ", points,
                                                " points by learning together");
    if (d.n > 1)
        s += sentence(" (mean over ", d.n, " seeds, stddev ", decimal(100 * d.stddev, 2), ")");
    else
        s += " (one seed: differences of a few tenths are within chance)";
    return s + ".";
}
}  // namespace

Findings find(const std::vector<std::string>& names, const std::vector<SeedRun>& runs) {
    Findings f;
    f.headline.caption = "Test accuracy in per cent at the end of training, and steps to the best "
                         "accuracy that the network reached alone";
    f.headline.columns = {{"network"},           {"alone", true},
                          {"together", true},    {"difference", true, true},
                          {"steps alone", true}, {"steps together", true}};
    for (std::size_t i = 0; i < names.size(); ++i) {
        const Comparison c = compared(runs, i);
        const auto steps = [](const Mean& m) {
            return m.n ? collab::grouped(m.mean) : std::string("-");
        };
        std::string met = steps(mean_of(c.steps_together));
        if (c.asked > 0 && c.reached == 0)
            met = "not reached";
        else if (c.reached < c.asked)
            met += sentence(" (", c.reached, " of ", c.asked, " seeds)");
        const Mean d = mean_of(c.difference);
        f.headline.rows.push_back({names[i], percent(mean_of(c.alone)),
                                   percent(mean_of(c.together)), percent(d, true),
                                   steps(mean_of(c.steps_alone)), met});
        if (d.n == 0)
            continue;
        f.highlights.push_back(
            {(d.mean >= 0 ? "+" : "") + decimal(100 * d.mean, 2) + " points",
             names[i] + ", together against alone",
             percent(mean_of(c.alone)) + " % to " + percent(mean_of(c.together)) + " %, " +
                 (d.n == 1 ? std::string("one seed") : sentence("mean of ", d.n, " seeds")),
             int(i)});
        f.sentences.push_back(gain_of(names[i], d));
    }
    return f;
}

void write_page(const collab::Report& report, const std::string& path) {
    collab::write(report, path);
}
std::string picture_of(const collab::Chart& chart, collab::Theme theme) {
    return collab::svg(chart, theme);
}
std::string picture_of(const collab::Dots& dots) {
    return collab::svg(dots);
}

std::string as_text(const collab::Table& table) {
    std::vector<std::size_t> width;
    const auto columns_of = [](const std::string& s) {
        return std::size_t(collab::columns(collab::one_line(s, 1000)));
    };
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
        width.push_back(columns_of(table.columns[c].title));
        for (const auto& row : table.rows)
            width[c] = std::max(width[c], columns_of(row[c]));
    }
    std::string s;
    const auto line = [&](const auto& cell) {
        for (std::size_t c = 0; c < width.size(); ++c) {
            const std::string text = collab::one_line(cell(c), 1000);
            const std::string space(width[c] - columns_of(text), ' ');
            s += "  " + (c == 0 ? text + space : space + text);
        }
        s += '\n';
    };
    line([&](std::size_t c) { return table.columns[c].title; });
    line([&](std::size_t c) { return std::string(width[c], '-'); });
    for (const auto& row : table.rows)
        line([&](std::size_t c) { return row[c]; });
    return s;
}

namespace {
/// The charts of `curves`, still without series.
struct Curves {
    collab::Chart accuracy, loss, mutual;
};
Curves empty_curves(std::size_t runs) {
    const std::string note =
        runs > 1 ? "Solid: together. Dashed: alone. Shaded: from the worst to the best seed."
                 : "Solid: together. Dashed: alone.";
    Curves curves{{.title = "Test accuracy",
                   .x_label = "steps",
                   .y_label = "accuracy",
                   .percent = true,
                   .series = {},
                   .note = note},
                  {.title = "Training loss (classification)",
                   .x_label = "steps",
                   .y_label = "cross entropy",
                   .series = {},
                   .note = note},
                  {.title = "In the mutual space",
                   .x_label = "steps",
                   .y_label = "loss",
                   .series = {},
                   .note =
                       "Means over training batches; the metric is the distance between the two "
                       "embeddings."}};
    curves.accuracy.focus = true;
    return curves;
}
}  // namespace

std::vector<collab::Chart> curves(const std::vector<std::string>& names,
                                  const std::vector<SeedRun>& runs) {
    auto [accuracy, loss, mutual] = empty_curves(runs.size());
    const auto training = [](const collab::History& h, std::size_t column,
                             double collab::NetworkRecord::* what) {
        std::vector<collab::Chart::Point> points;
        for (const auto& r : h.records)
            points.push_back({double(r.step), r.networks[column].*what});
        return points;
    };
    const auto add = [](collab::Chart& chart, collab::Chart::Series s) {
        if (!s.points.empty())
            chart.series.push_back(std::move(s));
    };
    for (std::size_t i = 0; i < names.size(); ++i) {
        const std::string& n = names[i];
        const std::string together = n + " together";
        const std::string alone = n + " alone";
        const std::string verification = n + " verification";
        add(accuracy, over_seeds(runs, together.c_str(), int(i), false,
                                 [&](const SeedRun& r) { return accuracy_curve(r.together, i); }));
        add(accuracy, over_seeds(runs, alone.c_str(), int(i), true,
                                 [&](const SeedRun& r) { return accuracy_curve(r.alone[i], 0); }));
        add(loss, over_seeds(runs, together.c_str(), int(i), false, [&](const SeedRun& r) {
                return training(r.together, i, &collab::NetworkRecord::task);
            }));
        add(loss, over_seeds(runs, alone.c_str(), int(i), true, [&](const SeedRun& r) {
                return training(r.alone[i], 0, &collab::NetworkRecord::task);
            }));
        add(mutual, over_seeds(runs, verification.c_str(), int(i), false, [&](const SeedRun& r) {
                return training(r.together, i, &collab::NetworkRecord::verification);
            }));
    }
    add(mutual, over_seeds(runs, "metric", int(names.size()), false, [&](const SeedRun& r) {
            return training(r.together, 0, &collab::NetworkRecord::metric);
        }));
    std::vector<collab::Chart> charts;
    for (auto* c : {&accuracy, &loss, &mutual})
        if (!c->series.empty())
            charts.push_back(std::move(*c));
    return charts;
}

}  // namespace program
