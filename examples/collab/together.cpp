// SPDX-License-Identifier: Apache-2.0
// together: see together.hpp.
#include "together.hpp"

#include <chrono>
#include <cstdio>

#include "summary.hpp"

namespace {

/// What the trainings together and alone have left.
struct Results {
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
    report.title = "Two networks that learn from each other";
    report.subtitle = collab::sentence("SmallNet and ResNet-20 on ", data.train.name,
                                       ": each alone, and both around a mutual knowledge base. ",
                                       collab::grouped(data.train.size()), " training and ",
                                       collab::grouped(data.test.size()), " test images, ",
                                       o.epochs, o.epochs == 1 ? " epoch, " : " epochs, ",
                                       runs.size(), runs.size() == 1 ? " seed." : " seeds.");
    report.highlights = found.highlights;
    report.caveats.push_back("Together, each network carries its half of the knowledge base with "
                             "it (about 150,000 parameters more); the comparison here does not "
                             "separate that from the collaboration itself.");
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
    report.charts = program::curves(runs);
    report.paragraphs = found.sentences;
    if (!last.seen.empty())
        report.scatters.push_back(program::space_of(
            program::network_names, {last.embeddings[0], last.embeddings[1]}, last.seen, data, ""));
    for (std::size_t i = 0; i < last.scores.size(); ++i)
        report.confusions.push_back(
            collab::confusion(last.scores[i], data.test.class_names,
                              program::network_names[i] + ", together: what is taken for what"));
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
        {"metric, merge", o.metric + ", " + o.merge},
        {"time", collab::duration(seconds)}};
    const auto how = program::manifest_of(o, job);
    report.manifest.insert(report.manifest.end() - 1, how.begin(), how.end());
    collab::write(report, o.report);
}

/// Each network alone, unless that is not asked for, and both together, for each seed.
Results train_all(const program::TogetherOptions& o, const collab::Splits& data,
                  const program::PairEntry& pair, program::Job& job) {
    using program::MethodId;
    const MethodId together = o.merge == "sum" ? MethodId::cl_sum : MethodId::cl;
    collab::LiveView progress(stderr, o.quiet ? collab::LiveView::Style::quiet
                                              : collab::LiveView::Style::automatic);
    Results all;
    for (int s = 0; s < o.seeds && !program::interrupted(); ++s) {
        program::SeedRun result;
        result.seed = job.seed = o.first_seed + std::uint64_t(s);
        const std::string suffix = o.seeds > 1 ? collab::sentence(" (seed ", result.seed, ")") : "";
        const auto phase = [&](MethodId method, int network, const std::string& label,
                               std::vector<std::string> names, collab::History& to) {
            if (program::interrupted())
                return;
            program::Watcher watcher(progress, label + suffix, std::move(names));
            job.method = method;
            job.network = network;
            job.watch = [&](const collab::FitEvent& e) { return watcher(e); };
            program::Outcome outcome = program::train(data, pair, job);
            watcher.finish(outcome.history);
            to = std::move(outcome.history);
            all.backend = outcome.backend;
            if (method == together)
                all.last = std::move(outcome);
        };
        const auto& names = pair.networks;
        if (!o.only_together)
            phase(MethodId::individual, 0, names[0] + " alone", {names[0]}, result.alone[0]);
        if (!o.only_together)
            phase(MethodId::individual, 1, names[1] + " alone", {names[1]}, result.alone[1]);
        phase(together, 0, "together", names, result.together);
        all.runs.push_back(std::move(result));
    }
    return all;
}

void write_picture(const std::string& name, const std::vector<program::SeedRun>& runs) {
    const auto charts = program::curves(runs);
    if (name.empty() || charts.empty())
        return;
    const std::string stem = name.ends_with(".svg") ? name.substr(0, name.size() - 4) : name;
    collab::detail::replace_file(stem + ".svg", collab::svg(charts[0], collab::Theme::light),
                                 "the picture");
    collab::detail::replace_file(stem + "-dark.svg", collab::svg(charts[0], collab::Theme::dark),
                                 "the picture");
}

}  // namespace

namespace program {

void add_together(CLI::App& app, TogetherOptions& o) {
    add_basics(app, o);
    app.add_option("--merge", o.merge, "how knowledge enters a network: product or sum")
        ->capture_default_str()
        ->check(CLI::IsMember({"product", "sum"}));
    app.add_flag("--only-together", o.only_together, "do not train the networks alone first");
    app.add_option("--picture", o.picture, "draw the accuracies to NAME.svg and NAME-dark.svg");
    take_last(app);
}

int together(const TogetherOptions& o, const std::string& command) {
    const auto begin = std::chrono::steady_clock::now();
    const auto seconds = [&] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    };
    const collab::Splits data = open_basics(o);

    Job job = job_of(o, data);
    job.look = !o.report.empty();
    const PairEntry& pair = pair_named("smallnet+resnet20");
    if (!o.quiet) {
        std::printf("%s: %d training and %d test images, %d classes. %d epochs, batch %d, %d "
                    "seed%s. Learning rate %g, alpha %g, metric %s, merge %s.\n",
                    data.train.name.c_str(), data.train.size(), data.test.size(),
                    data.train.classes, o.epochs, o.batch, o.seeds, o.seeds == 1 ? "" : "s",
                    o.learning_rate, o.alpha, o.metric.c_str(), o.merge.c_str());
        std::fflush(stdout);
    }

    const Results results = train_all(o, data, pair, job);
    const Findings found = find(results.runs);
    std::printf("\n%s\n", as_text(found.headline).c_str());
    for (const auto& s : found.sentences)
        std::printf("%s\n", s.c_str());
    if (o.subset > 0)
        std::printf("Trained on a subset of %d images for %d epochs: these are not the accuracies "
                    "of a full training.\n",
                    data.train.size(), o.epochs);
    if (interrupted())
        std::printf("Interrupted; the figures are those reached by then.\n");
    write_picture(o.picture, results.runs);
    if (!o.report.empty()) {
        write_report(o, data, results, found, job, seconds(), command);
        std::printf("\nThe curves: %s\n", o.report.c_str());
    }
    return interrupted() ? 130 : 0;
}

}  // namespace program
