// SPDX-License-Identifier: Apache-2.0
// loss_recorder: the losses of batches as means over samples: at once, or noted on the backend and
// fetched later, many at a time.
#pragma once
#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <collab/backend/concepts.hpp>
#include <collab/collaboration/method_nodes.hpp>
#include <collab/core/error.hpp>
#include <collab/train/settings.hpp>

namespace collab::detail {

template <class Graph, class B>
class LossRecorder {
    static constexpr std::size_t n = std::size_t(Graph::networks);
    static constexpr std::size_t room = 64;

public:
    using Losses = std::array<NetworkLoss, n>;
    static constexpr bool waits = DeferringBackend<B>;

    /// Of the batch that the graph has seen last. Waits for the backend.
    Losses now(const Graph& graph, B& backend, int samples) const {
        check_batch(samples);
        return means(
            graph,
            [&](const auto* rows) { return backend.sum(std::size_t(samples), rows) / samples; },
            nullptr);
    }
    /// Keeps what `now` would say, on the backend where that saves waiting.
    COLLAB_COLD void note(const Graph& graph, B& backend, int samples, long step) {
        check_batch(samples);
        steps_.push_back(step);
        if constexpr (waits) {
            const std::size_t figures = count(graph);
            if (sums_.empty())
                sums_.push_back(backend.template allocate<double>(room * figures));
            if (waiting_.size() == room)
                fetch(graph, backend);
            double* to = sums_[0].data() + waiting_.size() * figures;
            waiting_.push_back({samples, weights(graph)});
            means(
                graph,
                [&](const auto* rows) {
                    backend.sum_into(std::size_t(samples), rows, to++);
                    return 0.0;
                },
                nullptr);
        } else {
            noted_.push_back(now(graph, backend, samples));
        }
    }
    /// What was noted, oldest first, and after which step each; both are forgotten.
    std::pair<std::vector<Losses>, std::vector<long>> take(const Graph& graph, B& backend) {
        if constexpr (waits)
            fetch(graph, backend);
        return {std::exchange(noted_, {}), std::exchange(steps_, {})};
    }

private:
    struct Waiting {
        int samples = 0;
        std::vector<double> weights;
    };

    static void check_batch(int samples) {
        if (samples == 0)
            fail("losses were asked for before the first batch");
    }
    static std::size_t count(const Graph& graph) {
        std::size_t figures = 0;
        means(
            graph,
            [&](const auto*) {
                ++figures;
                return 0.0;
            },
            nullptr);
        return figures;
    }
    static std::vector<double> weights(const Graph& graph) {
        std::vector<double> all;
        graph.each_loss([&](const auto& l) { all.push_back(l.last_weight); });
        return all;
    }
    /// mean(rows) gives the mean over samples. The weights are those of then, or of now.
    template <class F>
    static Losses means(const Graph& graph, F&& mean, const double* weights) {
        Losses all;
        graph.each_loss([&](const auto& l) {
            const double weight = weights ? *weights++ : l.last_weight;
            if (l.owner >= 0)
                add(all[std::size_t(l.owner)], l, weight, mean);
        });
        return all;
    }
    template <class L, class F>
    static void add(NetworkLoss& to, const L& l, double weight, F&& mean) {
        switch (l.part) {
        case LossPart::task:
            to.task = mean(l.rows);
            for (std::size_t k = 0; k < std::size_t(Graph::scores); ++k)
                to.scores[k] = mean(l.scores[k]);
            to.task_weight = weight;
            break;
        case LossPart::verification:
            to.verification += mean(l.rows);
            break;
        case LossPart::distance:
            if (n > 1)
                to.metric += mean(l.rows);
            break;
        case LossPart::method:
            to.coupling += weight * mean(l.rows);
            break;
        }
    }
    void fetch(const Graph& graph, B& backend) {
        if (waiting_.empty())
            return;
        std::vector<double> sums(waiting_.size() * count(graph));
        backend.download(static_cast<const double*>(sums_[0].data()), sums.size(), sums.data());
        const double* from = sums.data();
        for (const Waiting& w : waiting_)
            noted_.push_back(
                means(graph, [&](const auto*) { return *from++ / w.samples; }, w.weights.data()));
        waiting_.clear();
    }

    // on the backend: the sums of batches that nobody has looked at
    std::vector<decltype(std::declval<B&>().template allocate<double>(1))> sums_;
    std::vector<Waiting> waiting_;  // what the host knows of each
    std::vector<Losses> noted_;
    std::vector<long> steps_;  // of each, fetched or not
};

}  // namespace collab::detail
