// SPDX-License-Identifier: Apache-2.0
// together: see together.hpp.
#include "together.hpp"

#include <chrono>
#include <cstdio>

#include "summary.hpp"

namespace {

void write_report(const program::TogetherOptions& o, const collab::Splits& data,
                  const std::vector<program::SeedRun>& runs, const program::Findings& found,
                  const std::string& backend, const program::Job& job, double seconds,
                  const std::string& command, const program::Outcome& last) {
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
        {"backend", backend},
        {"loss",
         collab::sentence("classification + ", collab::decimal(o.alpha, 3),
                          " (metric + verification), peers detached, simultaneous updates")},
        {"metric, merge", o.metric + ", " + o.merge},
        {"time", collab::duration(seconds)}};
    const auto how = program::manifest_of(o, job);
    report.manifest.insert(report.manifest.end() - 1, how.begin(), how.end());
    collab::write(report, o.report);
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
    const MethodId together = o.merge == "sum" ? MethodId::cl_sum : MethodId::cl;
    const PairEntry& pair = pair_named("smallnet+resnet20");
    if (!o.quiet) {
        std::printf("%s: %d training and %d test images, %d classes. %d epochs, batch %d, %d "
                    "seed%s. Learning rate %g, alpha %g, metric %s, merge %s.\n",
                    data.train.name.c_str(), data.train.size(), data.test.size(),
                    data.train.classes, o.epochs, o.batch, o.seeds, o.seeds == 1 ? "" : "s",
                    o.learning_rate, o.alpha, o.metric.c_str(), o.merge.c_str());
        std::fflush(stdout);
    }

    collab::LiveView progress(stderr, o.quiet ? collab::LiveView::Style::quiet
                                              : collab::LiveView::Style::automatic);
    std::vector<SeedRun> runs;
    std::string backend;
    Outcome last;  // the last training together
    for (int s = 0; s < o.seeds && !interrupted(); ++s) {
        SeedRun result;
        result.seed = job.seed = o.first_seed + std::uint64_t(s);
        const std::string suffix = o.seeds > 1 ? collab::sentence(" (seed ", result.seed, ")") : "";
        const auto phase = [&](MethodId method, int network, const std::string& label,
                               std::vector<std::string> names, collab::History& to) {
            if (interrupted())
                return;
            Watcher watcher(progress, label + suffix, std::move(names));
            job.method = method;
            job.network = network;
            job.watch = [&](const collab::FitEvent& e) { return watcher(e); };
            Outcome outcome = train(data, pair, job);
            watcher.finish(outcome.history);
            to = std::move(outcome.history);
            backend = outcome.backend;
            if (method == together)
                last = std::move(outcome);
        };
        const auto& names = pair.networks;
        if (!o.only_together)
            phase(MethodId::individual, 0, names[0] + " alone", {names[0]}, result.alone[0]);
        if (!o.only_together)
            phase(MethodId::individual, 1, names[1] + " alone", {names[1]}, result.alone[1]);
        phase(together, 0, "together", names, result.together);
        runs.push_back(std::move(result));
    }
    const Findings found = find(runs);
    std::printf("\n%s\n", as_text(found.headline).c_str());
    for (const auto& s : found.sentences)
        std::printf("%s\n", s.c_str());
    if (o.subset > 0)
        std::printf("Trained on a subset of %d images for %d epochs: these are not the accuracies "
                    "of a full training.\n",
                    data.train.size(), o.epochs);
    if (interrupted())
        std::printf("Interrupted; the figures are those reached by then.\n");
    if (const auto charts = curves(runs); !o.picture.empty() && !charts.empty()) {
        const std::string stem =
            o.picture.ends_with(".svg") ? o.picture.substr(0, o.picture.size() - 4) : o.picture;
        collab::detail::replace_file(stem + ".svg", collab::svg(charts[0], collab::Theme::light),
                                     "the picture");
        collab::detail::replace_file(stem + "-dark.svg",
                                     collab::svg(charts[0], collab::Theme::dark), "the picture");
    }
    if (!o.report.empty()) {
        write_report(o, data, runs, found, backend, job, seconds(), command, last);
        std::printf("\nThe curves: %s\n", o.report.c_str());
    }
    return interrupted() ? 130 : 0;
}

}  // namespace program
