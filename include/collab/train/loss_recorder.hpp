// SPDX-License-Identifier: Apache-2.0
// loss_recorder: the losses of batches as means over samples: at once, or noted on the backend and
// fetched later, many at a time.
#pragma once
#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <collab/backend/concepts.hpp>
#include <collab/collaboration/method_graph.hpp>
#include <collab/core/error.hpp>
#include <collab/train/settings.hpp>

namespace collab::detail {

/// Gives the mean over samples of a number that each has.
template <class T>
struct MeanOfRows {
    const void* self;
    double (*mean)(const void* self, const T* rows);

    template <class F>
    explicit MeanOfRows(const F& f)
        : self(&f),
          mean([](const void* of, const T* rows) {
              return double((*static_cast<const F*>(of))(rows));
          }) {}
    double operator()(const T* rows) const { return mean(self, rows); }
};

/// Adds one loss to those of its network. `scores`: how many the task has; `alone`: no network has
/// a peer.
template <class B>
COLLAB_COLD void add_loss(NetworkLoss& to, const LossNode<B>& l, double weight, int scores,
                          bool alone, const MeanOfRows<typename B::Scalar>& mean) {
    switch (l.part) {
    case LossPart::task:
        to.task = mean(l.rows);
        for (std::size_t k = 0; k < std::size_t(scores); ++k)
            to.scores[k] = mean(l.scores[k]);
        to.task_weight = weight;
        break;
    case LossPart::verification:
        to.verification += mean(l.rows);
        break;
    case LossPart::distance:
        if (!alone)
            to.metric += mean(l.rows);
        break;
    case LossPart::method:
        to.coupling += weight * mean(l.rows);
        break;
    }
}
/// The losses of `networks` networks. The weights are those of then, or of now where there are
/// none.
template <class B>
COLLAB_COLD void loss_means(const LossList<B>& losses, int networks, int scores,
                            const double* weights, const MeanOfRows<typename B::Scalar>& mean,
                            NetworkLoss* to) {
    for (const auto& l : losses) {
        const double weight = weights ? *weights++ : l->last_weight;
        if (l->owner >= 0)
            add_loss(to[l->owner], *l, weight, scores, networks == 1, mean);
    }
}

/// The same behind those in `to`.
template <class B>
COLLAB_COLD void note_means(const LossList<B>& losses, int networks, int scores,
                            const double* weights, const MeanOfRows<typename B::Scalar>& mean,
                            std::vector<NetworkLoss>& to) {
    to.resize(to.size() + std::size_t(networks));
    loss_means<B>(losses, networks, scores, weights, mean, &to.back() - (networks - 1));
}

template <class Graph, class B>
class LossRecorder {
    using T = typename B::Scalar;
    static constexpr std::size_t n = std::size_t(Graph::networks);
    static constexpr std::size_t room = 64;

public:
    using Losses = std::array<NetworkLoss, n>;
    static constexpr bool waits = DeferringBackend<B>;

    /// Of the batch that the graph has seen last. Waits for the backend.
    Losses now(const Graph& graph, B& backend, int samples) const {
        check_batch(samples);
        return means(
            graph, [&](const T* rows) { return backend.sum(std::size_t(samples), rows) / samples; },
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
                [&](const T* rows) {
                    backend.sum_into(std::size_t(samples), rows, to++);
                    return 0.0;
                },
                nullptr);
        } else {
            const auto mean = [&](const T* rows) {
                return backend.sum(std::size_t(samples), rows) / samples;
            };
            keep(graph, mean, nullptr);
        }
    }
    /// What was noted, oldest first, each network by network; it is forgotten.
    std::vector<NetworkLoss> take_list(const Graph& graph, B& backend) {
        if constexpr (waits)
            fetch(graph, backend);
        steps_.clear();
        return std::exchange(noted_, {});
    }
    /// The same batch by batch, and after which step each was noted.
    std::pair<std::vector<Losses>, std::vector<long>> take(const Graph& graph, B& backend) {
        std::vector<long> steps = steps_;
        const std::vector<NetworkLoss> list = take_list(graph, backend);
        std::vector<Losses> all(list.size() / n);
        for (std::size_t k = 0; k < list.size(); ++k)
            all[k / n][k % n] = list[k];
        return {std::move(all), std::move(steps)};
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
            [&](const T*) {
                ++figures;
                return 0.0;
            },
            nullptr);
        return figures;
    }
    static std::vector<double> weights(const Graph& graph) {
        std::vector<double> all;
        for (const auto& l : graph.losses())
            all.push_back(l->last_weight);
        return all;
    }
    /// mean(rows) gives the mean over samples. The weights are those of then, or of now.
    template <class F>
    static Losses means(const Graph& graph, const F& mean, const double* weights) {
        Losses all;
        loss_means<B>(graph.losses(), Graph::networks, Graph::scores, weights, MeanOfRows<T>(mean),
                      all.data());
        return all;
    }
    template <class F>
    void keep(const Graph& graph, const F& mean, const double* weights) {
        note_means<B>(graph.losses(), Graph::networks, Graph::scores, weights, MeanOfRows<T>(mean),
                      noted_);
    }
    void fetch(const Graph& graph, B& backend) {
        if (waiting_.empty())
            return;
        std::vector<double> sums(waiting_.size() * count(graph));
        backend.download(static_cast<const double*>(sums_[0].data()), sums.size(), sums.data());
        const double* from = sums.data();
        for (const Waiting& w : waiting_) {
            const auto mean = [&](const T*) { return *from++ / w.samples; };
            keep(graph, mean, w.weights.data());
        }
        waiting_.clear();
    }

    // on the backend: the sums of batches that nobody has looked at
    std::vector<decltype(std::declval<B&>().template allocate<double>(1))> sums_;
    std::vector<Waiting> waiting_;  // what the host knows of each
    std::vector<NetworkLoss> noted_;
    std::vector<long> steps_;  // of each, fetched or not
};

}  // namespace collab::detail
