// SPDX-License-Identifier: Apache-2.0
// compare: see compare.hpp.
#include "compare.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <utility>

#include <collab/report/dots.hpp>

#include "console.hpp"
#include "messages.hpp"
#include "summary.hpp"
#include "training.hpp"

namespace program {

namespace {
using collab::sentence;

/// What one method gave with one seed: for each network a curve and its last accuracy, NaN where it
/// did not learn.
struct Result {
    explicit Result(std::size_t networks) : accuracy(networks, std::nan("")), curve(networks) {}
    std::vector<double> accuracy;
    std::vector<std::vector<collab::Chart::Point>> curve;
};
struct Runs {
    const MethodEntry* method;
    std::vector<Result> seeds;  ///< in the order of the seeds
    std::vector<collab::ClassificationReport>
        scores{};               ///< of the first seed; no classes where there is none
    collab::Facts semantics{};  ///< as the library has them
};

std::string menu(const auto& entries) {
    std::string s;
    for (const auto& e : entries)
        s += (s.empty() ? "" : ", ") + std::string(e.name);
    return s;
}

class Comparison {
public:
    Comparison(const CompareOptions& o, const collab::Splits& data)
        : o_(o),
          data_(data),
          plan_(plan_of(o, task_of(o, data))),
          job_(job_of(o, data, plan_.task)),
          progress_(stderr,
                    o.quiet ? collab::LiveView::Style::quiet : collab::LiveView::Style::automatic) {
        bool alone = o.against_alone;
        for (const std::string& name : o.methods) {
            const MethodEntry& m = method_named(name);
            if (is_alone(m))
                alone = true;
            else if (std::none_of(all.begin(), all.end(),
                                  [&](const Runs& r) { return r.method == &m; }))
                all.push_back(runs_of(m));
        }
        if (alone)
            all.insert(all.begin(), runs_of(methods().front()));
        job_.look = !o.report.empty();
        job_.seed = o.first_seed;
        if (all.empty())
            collab::fail("no method was named; there are ", menu(methods()));
        std::vector<ModuleSource> sources;
        for (const Runs& r : all) {
            add_sources(plan_, *r.method, sources);
            if (!o.overwrite)
                check_unused(plan_, *r.method, job_, o.seeds);
        }
        modules_of(sources, o.quiet);
    }

    void run() {
        for (int s = 0; s < o_.seeds && !interrupted(); ++s) {
            job_.seed = o_.first_seed + std::uint64_t(s);
            suffix_ = o_.seeds > 1 ? sentence(" (seed ", job_.seed, ")") : "";
            Snapshots snapshots(count());
            const bool listed = is_alone(*all.front().method);
            const bool needed = listed || std::any_of(all.begin(), all.end(), [](const Runs& r) {
                                    return r.method->needs_alone;
                                });
            Result alone(count());
            for (std::size_t i = 0; i < count() && needed && !interrupted(); ++i)
                one(methods().front(),
                    [&] { snapshots[i] = apart(methods().front(), int(i), alone).weights; });
            if (listed)
                all.front().seeds.push_back(alone);
            job_.snapshots = &snapshots;
            for (Runs& r : all) {
                if (interrupted() || is_alone(*r.method))
                    continue;
                Result result(count());
                one(*r.method, [&] { finished(*r.method, result); });
                r.seeds.push_back(std::move(result));
            }
        }
    }
    const Plan& plan() const { return plan_; }
    const Job& job() const { return job_; }
    static bool is_alone(const MethodEntry& m) { return &m == &methods().front(); }
    std::vector<Runs> all;
    std::vector<std::string> failures;  ///< of single methods
    std::string backend;
    struct Seen {
        std::string title;
        std::vector<std::string> names;
        std::vector<std::vector<float>> embeddings;
        std::vector<int> seen;
    };
    Seen seen;  ///< the first mutual space that there was

private:
    std::size_t count() const { return plan_.networks.size(); }
    Runs runs_of(const MethodEntry& m) const {
        return {&m, {}, std::vector<collab::ClassificationReport>(count()), {}};
    }
    Outcome trained(const MethodEntry& m, int network) {
        const std::vector<std::string> names = learners_of(plan_, m, network);
        Watcher watcher(progress_, m.title + suffix_, names);
        job_.watch = [&](const collab::FitEvent& e) { return watcher(e); };
        const bool look = std::exchange(job_.look, job_.look || is_ensemble(m));
        Outcome outcome = train(data_, plan_, m, network, job_, o_.quiet);
        job_.look = look;
        watcher.finish(outcome.history);
        backend = outcome.backend;
        for (Runs& r : all) {
            if (r.method != &m)
                continue;
            // before the teachers among them are left out
            if (job_.seed == o_.first_seed && !is_ensemble(m))
                for (std::size_t i = 0; i < outcome.scores.size(); ++i)
                    if (const int who = m.apart ? network : int(i); m.learns(who))
                        r.scores[std::size_t(who)] = std::move(outcome.scores[i]);
            if (!outcome.seen.empty() && seen.seen.empty())
                seen = {m.title, names, outcome.embeddings, outcome.seen};
            for (const auto& line : outcome.semantics)
                if (std::find(r.semantics.begin(), r.semantics.end(), line) == r.semantics.end())
                    r.semantics.push_back(line);
        }
        return outcome;
    }
    void note(const Outcome& outcome, std::size_t column, std::size_t network, Result& to) {
        if (outcome.history.records.empty())
            return;
        to.accuracy[network] = outcome.history.records.back().networks[column].test_score();
        to.curve[network] = accuracy_curve(outcome.history, column);
    }
    Outcome apart(const MethodEntry& m, int network, Result& to) {
        Outcome outcome = trained(m, network);
        note(outcome, 0, std::size_t(network), to);
        return outcome;
    }
    /// One method. A training that fails, as by a loss that is no longer a number, is told and
    /// counts for nothing; the others go on.
    void one(const MethodEntry& m, const std::function<void()>& training) {
        try {
            training();
        } catch (const collab::Error& e) {
            failures.push_back(sentence(m.title, suffix_, ": ", e.what()));
            say(failures.back());
        }
    }
    static bool is_ensemble(const MethodEntry& m) { return &m == &method_named("el"); }
    void finished(const MethodEntry& m, Result& result) {
        if (m.apart) {
            for (std::size_t i = 0; i < count() && !interrupted(); ++i)
                apart(m, int(i), result);
            return;
        }
        const Outcome outcome = trained(m, 0);
        for (std::size_t i = 0; i < count(); ++i)
            if (m.learns(int(i)))
                note(outcome, i, i, result);
        if (is_ensemble(m)) {  // one number, of both
            result.accuracy.assign(count(), outcome.ensemble);
            result.curve.assign(count(), {});
        }
    }

    const CompareOptions& o_;
    const collab::Splits& data_;
    Plan plan_;
    Job job_;
    std::string suffix_;
    collab::LiveView progress_;
};

collab::Table table_of(const Comparison& c) {
    const bool against = Comparison::is_alone(*c.all.front().method) && c.all.size() > 1;
    collab::Table t;
    t.caption =
        sentence("Test accuracy in per cent at the end of training",
                 c.all.front().seeds.size() > 1 ? ", mean and stddev over seeds" : "",
                 against ? "; differences from individual learning with the same seed" : "");
    t.columns = {{"method"}};
    for (const NetworkType& n : c.plan().networks) {
        t.columns.push_back({n.name, true});
        if (against)
            t.columns.push_back({"difference", true, true});
    }
    for (const Runs& r : c.all) {
        std::vector<std::string> row{r.method->title};
        for (std::size_t i = 0; i < c.plan().networks.size(); ++i) {
            std::vector<double> values, differences;
            for (std::size_t s = 0; s < r.seeds.size(); ++s) {
                const double x = r.seeds[s].accuracy[i];
                if (std::isnan(x))
                    continue;
                values.push_back(x);
                if (against && s < c.all.front().seeds.size() &&
                    !std::isnan(c.all.front().seeds[s].accuracy[i]))
                    differences.push_back(x - c.all.front().seeds[s].accuracy[i]);
            }
            row.push_back(percent(mean_of(values)));
            if (against)
                row.push_back(&r == &c.all.front() ? "" : percent(mean_of(differences), true));
        }
        t.rows.push_back(row);
    }
    return t;
}

/// Seed by seed: what a method gave beyond learning alone, and how sure its mean is.
collab::Table pairs_of(const Comparison& c) {
    const Runs& alone = c.all.front();
    collab::Table t;
    t.caption = "Differences from learning alone, seed by seed, in points";
    t.columns = {{"method and network"}};
    for (std::size_t s = 0; s < alone.seeds.size(); ++s)
        t.columns.push_back({sentence("seed ", c.job().seed - alone.seeds.size() + 1 + s), true});
    t.columns.push_back({"mean", true, true});
    t.columns.push_back({"standard error", true});
    t.columns.push_back({"better in", true});
    for (const Runs& r : c.all) {
        if (&r == &alone)
            continue;
        for (std::size_t i = 0; i < c.plan().networks.size(); ++i) {
            std::vector<std::string> row{
                sentence(r.method->title, ", ", c.plan().networks[i].name)};
            std::vector<double> differences;
            for (std::size_t s = 0; s < alone.seeds.size(); ++s) {
                const double d = s < r.seeds.size()
                                     ? r.seeds[s].accuracy[i] - alone.seeds[s].accuracy[i]
                                     : std::nan("");
                row.push_back(std::isnan(d) ? "-" : percent({d, 0, 1}, true));
                if (!std::isnan(d))
                    differences.push_back(d);
            }
            if (differences.empty())
                continue;
            const Mean m = mean_of(differences);
            row.push_back(percent({m.mean, 0, 1}, true));
            row.push_back(m.n > 1 ? collab::decimal(100 * m.stddev / std::sqrt(double(m.n)), 2)
                                  : "-");
            row.push_back(sentence(std::count_if(differences.begin(), differences.end(),
                                                 [](double d) { return d > 0; }),
                                   " of ", m.n));
            t.rows.push_back(std::move(row));
        }
    }
    return t;
}

std::vector<collab::Chart> charts_of(const Comparison& c) {
    std::vector<collab::Chart> charts;
    std::string note = Comparison::is_alone(*c.all.front().method) && c.all.size() > 1
                           ? "Dashed: individual learning."
                           : "";
    if (c.all.front().seeds.size() > 1)
        note += sentence(note.empty() ? "" : " ",
                         "Means over seeds; shaded: from the worst to the best.");
    for (std::size_t i = 0; i < c.plan().networks.size(); ++i) {
        collab::Chart chart{.title = c.plan().networks[i].name + ", test accuracy",
                            .x_label = "steps",
                            .y_label = "accuracy",
                            .percent = true,
                            .series = {},
                            .note = note};
        chart.focus = true;
        int color = 0;
        for (const Runs& r : c.all) {
            std::vector<std::vector<collab::Chart::Point>> curves;
            for (const Result& s : r.seeds)
                if (!s.curve[i].empty())
                    curves.push_back(s.curve[i]);
            if (curves.empty())
                continue;
            chart.series.push_back(
                over_runs(r.method->title, color++ % 6, Comparison::is_alone(*r.method), curves));
        }
        if (!chart.series.empty())
            charts.push_back(std::move(chart));
    }
    return charts;
}

/// Differences from individual learning with the same seed, each a dot.
collab::Dots dots_of(const Comparison& c, const std::string& data) {
    const Runs& alone = c.all.front();
    collab::Dots dots{
        .title = "Test accuracy, difference from learning alone",
        .unit = "points",
        .note =
            sentence(data, "; each dot a seed, paired with the same seed alone; bars are means"),
        .names = {},
        .panels = {}};
    for (const Runs& r : c.all)
        if (&r != &alone)
            dots.names.push_back(r.method->title);
    for (std::size_t i = 0; i < c.plan().networks.size(); ++i) {
        collab::Dots::Panel panel{c.plan().networks[i].name, {}, int(i)};
        for (const Runs& r : c.all) {
            if (&r == &alone)
                continue;
            std::vector<double> differences;
            for (std::size_t s = 0; s < std::min(r.seeds.size(), alone.seeds.size()); ++s)
                differences.push_back(100 * (r.seeds[s].accuracy[i] - alone.seeds[s].accuracy[i]));
            panel.rows.push_back(std::move(differences));
        }
        dots.panels.push_back(std::move(panel));
    }
    return dots;
}

void write_comparison(const CompareOptions& o, const collab::Splits& data, const Comparison& c,
                      double seconds, const std::string& command) {
    collab::Report report;
    report.title = c.all.size() > 1 ? "Methods compared" : c.all.front().method->title;
    report.subtitle = sentence(names_text(c.plan().networks), " on ", data.train.name, ": ",
                               collab::grouped(data.train.size()), " training and ",
                               collab::grouped(data.test.size()), " test images, ", o.epochs,
                               o.epochs == 1 ? " epoch, " : " epochs, ", c.all.front().seeds.size(),
                               c.all.front().seeds.size() == 1 ? " seed." : " seeds.");
    if (o.subset > 0)
        report.caveats.push_back(
            sentence("Trained on a subset of ", collab::grouped(data.train.size()), " images for ",
                     o.epochs, " epochs: these are not the accuracies of a full training."));
    if (c.all.front().seeds.size() == 1)
        report.caveats.push_back("One seed: a difference of a few tenths of a point can be chance. "
                                 "Ask for more with --seeds.");
    report.caveats.push_back("Every method has the weights and temperatures of its source, none "
                             "was tuned for these data; methods with a teacher or a snapshot were "
                             "preceded by a training alone, which the others did not have.");
    for (const std::string& f : c.failures)
        report.caveats.push_back("Failed, and not counted: " + f + ".");
    if (interrupted())
        report.caveats.push_back(
            "The run was interrupted; what had been reached by then is shown.");
    report.tables.push_back(table_of(c));
    report.charts = charts_of(c);
    if (c.all.front().seeds.size() > 1 && Comparison::is_alone(*c.all.front().method) &&
        c.all.size() > 1)
        report.tables.push_back(pairs_of(c));
    if (!c.seen.seen.empty())
        report.scatters.push_back(space_of(c.seen.names, c.seen.embeddings, c.seen.seen, data,
                                           c.all.size() > 1 ? c.seen.title : ""));
    const Runs& last = c.all.back();  // of many methods, the one named last
    for (std::size_t i = 0; i < c.plan().networks.size(); ++i) {
        if (last.scores[i].classes == 0)
            continue;
        report.confusions.push_back(
            collab::confusion(last.scores[i], data.test.class_names,
                              sentence(c.plan().networks[i].name, ", ", last.method->title,
                                       ": what is taken for what")));
        if (o.seeds > 1)
            report.confusions.back().note = sentence("Seed ", o.first_seed, ".");
    }
    report.manifest = {{"command", command}, {"collab", COLLAB_VERSION}, {"backend", c.backend}};
    for (const Runs& r : c.all) {
        report.manifest.push_back({r.method->name, r.method->meaning});
        for (const auto& [heading, text] : r.semantics)
            report.manifest.push_back({sentence(r.method->name, ": ", heading), text});
    }
    for (auto& line : manifest_of(o, c.job(), c.plan().task))
        report.manifest.push_back(std::move(line));
    report.manifest.push_back({"time", collab::duration(seconds)});
    write_page(report, o.report);
}

void add_common(CLI::App& app, CompareOptions& o) {
    add_training_options(app, o);
    app.add_flag("--overwrite", o.overwrite, "records and weights of an earlier training may go");
}
}  // namespace

CLI::App* add_train(CLI::App& app, CompareOptions& o) {
    CLI::App* train = app.add_subcommand("train", "Trains networks by one method.");
    add_common(*train, o);
    train
        ->add_option("--method", o.methods,
                     "one of " + menu(methods()) +
                         ", or items in C++ as MutualLearning<Attached>; collab methods explains")
        ->expected(1)
        ->default_str("cl");
    o.methods = {"cl"};
    train->footer(
        "Examples: a collaboration with checkpoints, which goes on after Ctrl-C or a crash when it "
        "is started again;\n"
        "two others, on 100 classes; a network on its own\n"
        "  collab train --method cl --data fashion:fashion-mnist --epochs 20 --checkpoint run "
        "--resume --save trained --report cl.html\n"
        "  collab train --networks ResNet-56 MobileNetV2 --data cifar100:cifar --cut stage2 "
        "--encoder 128\n"
        "  collab train --method il --networks ResNet-20 --data fashion:fashion-mnist");
    take_last(*train);
    return train;
}
CLI::App* add_compare(CLI::App& app, CompareOptions& o) {
    CLI::App* compare = app.add_subcommand(
        "compare", "Trains networks by several methods, and alone, and compares them.");
    add_common(*compare, o);
    take_last(*compare);
    compare->add_option("--methods", o.methods, "separated by commas, of " + menu(methods()))
        ->delimiter(',')
        ->default_str("dml,cl");
    compare
        ->add_option("--picture", o.picture,
                     "draw the differences from learning alone to this SVG file")
        ->take_last();
    compare->footer("Example: mutual learning and collaboration against learning alone, three "
                    "seeds, on a tenth of the images\n"
                    "  collab compare --methods dml,cl --data fashion:fashion-mnist --subset 6000 "
                    "--epochs 4 --seeds 3 --report compare.html");
    o.methods = {"dml", "cl"};
    o.against_alone = true;
    return compare;
}

int compare(const CompareOptions& o, const std::string& command) {
    const auto begin = std::chrono::steady_clock::now();
    // better now than after data have been read
    std::vector<const MethodEntry*> named;
    for (const std::string& name : o.methods)
        named.push_back(&method_named(name));
    if (!named.empty())
        check_method_options(o, named);
    check_options(o, {o.picture});
    const collab::Splits data = open_training_data(o);
    Comparison c(o, data);
    if (!o.quiet) {
        std::printf("%s: %d training and %d test images, %d classes. %d epochs, batch %d, %d "
                    "seed%s, learning rate %g.\n",
                    data.train.name.c_str(), data.train.size(), data.test.size(),
                    data.train.classes, o.epochs, o.batch, o.seeds, o.seeds == 1 ? "" : "s",
                    o.learning_rate);
        for (const Runs& r : c.all)
            std::printf("  %-14s %s\n", r.method->name, r.method->meaning);
        std::fflush(stdout);
    }
    write_settings(o);
    finish_at_interrupts();
    c.run();
    std::printf("\n%s\n", as_text(table_of(c)).c_str());
    if (!o.picture.empty())
        collab::detail::replace_file(o.picture, picture_of(dots_of(c, data.train.name)),
                                     "the picture");
    if (interrupted())
        std::printf("Interrupted; the figures are those reached by then.%s\n",
                    o.checkpoints.empty() ? "" : " The same command with --resume goes on.");
    if (!o.weights.empty())
        std::printf("Networks: %s/seed-%d/; ask one: collab predict NETWORK PICTURE\n",
                    o.weights.c_str(), int(o.first_seed));
    if (!o.report.empty()) {
        write_comparison(
            o, data, c,
            std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(),
            command);
        std::printf("The curves: %s\n", o.report.c_str());
    }
    return interrupted() ? 130 : c.failures.empty() ? 0 : 1;
}

}  // namespace program
