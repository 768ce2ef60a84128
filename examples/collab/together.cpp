// SPDX-License-Identifier: Apache-2.0
// together: see together.hpp.
#include "together.hpp"

#include <chrono>
#include <cstdio>

#include "console.hpp"
#include "messages.hpp"
#include "summary.hpp"
#include "training.hpp"

namespace {

/// What the trainings together and alone have left.
struct Results {
    program::Plan plan;
    std::vector<std::string> names;
    std::vector<std::string> failures;
    std::vector<program::SeedRun> runs;
    std::string backend;
    program::Outcome last;  ///< of the last training together
};

void write_report(const program::TogetherOptions& o, const collab::Splits& data,
                  const Results& results, const program::Findings& found, const program::Job& job,
                  double seconds, const std::string& command) {
    const auto& runs = results.runs;
    const program::Outcome& last = results.last;
    collab::Report report;
    report.title = "Networks that learn from each other";
    report.subtitle = collab::sentence(
        program::names_text(results.plan.networks), " on ", data.train.name,
        ": each alone, and all around a mutual knowledge base. ",
        collab::grouped(data.train.size()), " training and ", collab::grouped(data.test.size()),
        " test images, ", o.epochs, o.epochs == 1 ? " epoch, " : " epochs, ", runs.size(),
        runs.size() == 1 ? " seed." : " seeds.");
    report.highlights = found.highlights;
    report.caveats.push_back("Together, each network carries its half of the knowledge base with "
                             "it; the comparison here does not separate these layers from the "
                             "collaboration itself.");
    for (const std::string& f : results.failures)
        report.caveats.push_back("Failed, and not counted: " + f + ".");
    if (o.subset > 0)
        report.caveats.push_back(collab::sentence(
            "Trained on a subset of ", collab::grouped(data.train.size()), " images for ", o.epochs,
            " epochs: these are not the accuracies of a full training."));
    if (runs.size() == 1)
        report.caveats.push_back("One seed: a difference of a few tenths of a point can be chance. "
                                 "Ask for more with --seeds.");
    if (program::interrupted())
        report.caveats.push_back(
            "The run was interrupted; what had been reached by then is shown.");
    report.tables.push_back(found.headline);
    report.charts = program::curves(results.names, runs);
    report.paragraphs = found.sentences;
    if (!last.seen.empty())
        report.scatters.push_back(
            program::space_of(results.names, last.embeddings, last.seen, data, ""));
    for (std::size_t i = 0; i < last.scores.size(); ++i)
        report.confusions.push_back(
            collab::confusion(last.scores[i], data.test.class_names,
                              results.names[i] + ", together: what is taken for what"));
    if (runs.size() > 1)
        for (auto& c : report.confusions)
            c.note = collab::sentence("Seed ", runs.back().seed, ".");
    report.manifest = {
        {"command", command},
        {"collab", COLLAB_VERSION},
        {"backend", results.backend},
        {"loss",
         collab::sentence("classification + ", collab::decimal(o.alpha, 3),
                          " (metric + verification), peers detached, simultaneous updates")},
        {"metric, merge", o.metric + ", " + o.base.merge},
        {"time", collab::duration(seconds)}};
    const auto how = program::manifest_of(o, job, results.plan.task);
    report.manifest.insert(report.manifest.end() - 1, how.begin(), how.end());
    program::write_page(report, o.report);
}

/// Each network alone, unless that is not asked for, and all together, for each seed.
class Trainings {
public:
    Trainings(const program::TogetherOptions& o, const collab::Splits& data, program::Job job)
        : o_(o),
          data_(data),
          job_(std::move(job)),
          progress_(stderr,
                    o.quiet ? collab::LiveView::Style::quiet : collab::LiveView::Style::automatic) {
        all.plan = program::plan_of(o, program::task_of(o, data));
        for (const program::NetworkType& n : all.plan.networks)
            all.names.push_back(n.name);
        job_.seed = o.first_seed;
        std::vector<program::ModuleSource> sources;
        for (const program::MethodEntry* m : {&alone_, &together_}) {
            if (m == &alone_ && o.only_together)
                continue;
            add_sources(all.plan, *m, sources);
            if (!o.overwrite)
                check_unused(all.plan, *m, job_, o.seeds);
        }
        modules_of(sources, o.quiet);
    }
    void run() {
        for (int s = 0; s < o_.seeds && !program::interrupted(); ++s) {
            program::SeedRun result;
            result.alone.resize(all.names.size());
            result.seed = job_.seed = o_.first_seed + std::uint64_t(s);
            for (std::size_t i = 0; i < all.names.size() && !o_.only_together; ++i)
                phase(alone_, int(i), all.names[i] + " alone", result.alone[i]);
            phase(together_, 0, "together", result.together);
            all.runs.push_back(std::move(result));
        }
    }
    Results all;

private:
    /// One training. What fails is told and counts for nothing; the others go on.
    void phase(const program::MethodEntry& method, int network, const std::string& label,
               collab::History& to) {
        if (program::interrupted())
            return;
        const std::string title =
            label + (o_.seeds > 1 ? collab::sentence(" (seed ", job_.seed, ")") : "");
        program::Watcher watcher(progress_, title, learners_of(all.plan, method, network));
        job_.watch = [&](const collab::FitEvent& e) { return watcher(e); };
        try {
            program::Outcome outcome =
                program::train(data_, all.plan, method, network, job_, o_.quiet);
            watcher.finish(outcome.history);
            to = outcome.history;
            all.backend = outcome.backend;
            if (&method == &together_)
                all.last = std::move(outcome);
        } catch (const collab::Error& e) {
            all.failures.push_back(title + ": " + e.what());
            program::say(all.failures.back());
        }
    }

    const program::TogetherOptions& o_;
    const collab::Splits& data_;
    program::Job job_;
    const program::MethodEntry& alone_ = program::method_named("il");
    const program::MethodEntry& together_ = program::method_named("cl");
    collab::LiveView progress_;
};

/// NAME.svg and NAME-dark.svg; none for no name.
std::vector<std::string> picture_files(const std::string& name) {
    if (name.empty())
        return {};
    const std::string stem = name.ends_with(".svg") ? name.substr(0, name.size() - 4) : name;
    return {stem + ".svg", stem + "-dark.svg"};
}
void write_picture(const std::string& name, const Results& results) {
    const auto charts = program::curves(results.names, results.runs);
    if (name.empty() || charts.empty())
        return;
    const std::vector<std::string> files = picture_files(name);
    collab::detail::replace_file(files[0], program::picture_of(charts[0], collab::Theme::light),
                                 "the picture");
    collab::detail::replace_file(files[1], program::picture_of(charts[0], collab::Theme::dark),
                                 "the picture");
}

}  // namespace

namespace program {

void add_together(CLI::App& app, TogetherOptions& o) {
    add_training_options(app, o);
    app.add_flag("--overwrite", o.overwrite, "records and weights of an earlier training may go");
    app.add_flag("--only-together", o.only_together, "do not train the networks alone first");
    app.add_option("--picture", o.picture, "draw the accuracies to NAME.svg and NAME-dark.svg");
    take_last(app);
}

int together(const TogetherOptions& o, const std::string& command) {
    const auto begin = std::chrono::steady_clock::now();
    const auto seconds = [&] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    };
    check_options(o, picture_files(o.picture));
    const collab::Splits data = open_training_data(o);
    Job job = job_of(o, data, task_of(o, data));
    job.look = !o.report.empty();
    Trainings trainings(o, data, job);
    if (!o.quiet) {
        std::printf("%s: %d training and %d test images, %d classes. %d epochs, batch %d, %d "
                    "seed%s. Learning rate %g, alpha %g, metric %s, merge %s.\n",
                    data.train.name.c_str(), data.train.size(), data.test.size(),
                    data.train.classes, o.epochs, o.batch, o.seeds, o.seeds == 1 ? "" : "s",
                    o.learning_rate, o.alpha, o.metric.c_str(), o.base.merge.c_str());
        std::fflush(stdout);
    }

    write_settings(o);
    finish_at_interrupts();
    trainings.run();
    const Results& results = trainings.all;
    const Findings found = find(results.names, results.runs);
    std::printf("\n%s\n", as_text(found.headline).c_str());
    for (const auto& s : found.sentences)
        std::printf("%s\n", s.c_str());
    if (o.subset > 0)
        std::printf("Trained on a subset of %d images for %d epochs: these are not the accuracies "
                    "of a full training.\n",
                    data.train.size(), o.epochs);
    if (interrupted())
        std::printf("Interrupted; the figures are those reached by then.\n");
    write_picture(o.picture, results);
    if (!o.report.empty()) {
        write_report(o, data, results, found, job, seconds(), command);
        std::printf("\nThe curves: %s\n", o.report.c_str());
    }
    return interrupted() ? 130 : results.failures.empty() ? 0 : 1;
}

}  // namespace program
