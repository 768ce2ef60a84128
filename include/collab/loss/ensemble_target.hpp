// SPDX-License-Identifier: Apache-2.0
// ensemble_target: what several networks say together of a sample, as logits that one of them can
// learn from.
#pragma once
#include <array>
#include <cmath>
#include <memory>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/core/expect.hpp>
#include <collab/core/pack.hpp>
#include <collab/loss/divergence.hpp>

namespace collab {

/// The logits of the mean of the probabilities at a temperature: T log mean softmax(z / T).
struct MeanProbabilities {
    double temperature = 1;
    void check() const { Expect{"MeanProbabilities"}.positive("temperature", temperature); }
    template <class R, class T>
    COLLAB_HD void forward(const R& row, T* y) const {
        const int d = row.size(0);
        for (int c = 0; c < d; ++c)
            y[c] = 0;
        for (std::size_t k = 0; k < std::size_t(row.count); ++k) {
            const detail::SoftRow<T> s(d, row.x[k], temperature);
            for (int c = 0; c < d; ++c)
                y[c] += std::exp(s.log_p(row.x[k][c]));
        }
        for (int c = 0; c < d; ++c)
            y[c] = T(temperature) * std::log((y[c] > T(1e-30) ? y[c] : T(1e-30)) / T(row.count));
    }
};

/// The mean of the logits.
struct MeanLogits {
    template <class R, class T>
    COLLAB_HD void forward(const R& row, T* y) const {
        for (int c = 0; c < row.size(0); ++c) {
            y[c] = 0;
            for (std::size_t k = 0; k < std::size_t(row.count); ++k)
                y[c] += row.x[k][c];
            y[c] /= T(row.count);
        }
    }
    template <class R, class T>
    COLLAB_HD void backward(const R& row, const T*, const T* dy) const {
        for (std::size_t k = 0; k < std::size_t(row.count); ++k)
            for (int c = 0; row.dx[k] && c < row.size(0); ++c)
                row.dx[k][c] += dy[c] / T(row.count);
    }
};

/// KDCL-MinLogit (Guo et al. 2020): target_c = min over networks of (z_c - z_label), the most
/// cautious margin of each class.
struct MinimumLogits {
    static constexpr bool reads_label = true;
    template <class R, class T>
    COLLAB_HD void forward(const R& row, T* y) const {
        for (int c = 0; c < row.size(0); ++c) {
            y[c] = row.x[0][c] - row.x[0][row.label];
            for (std::size_t k = 1; k < std::size_t(row.count); ++k) {
                const T margin = row.x[k][c] - row.x[k][row.label];
                y[c] = margin < y[c] ? margin : y[c];
            }
        }
    }
};

/// KDCL-Naive: for each sample the logits of the network with the smallest cross entropy; of equals
/// the first.
struct BestLogits {
    static constexpr bool reads_label = true;
    template <class R, class T>
    COLLAB_HD void forward(const R& row, T* y) const {
        const int d = row.size(0);
        std::size_t best = 0;
        T least = 0;
        for (std::size_t k = 0; k < std::size_t(row.count); ++k) {
            const T loss = -detail::SoftRow<T>(d, row.x[k], 1).log_p(row.x[k][row.label]);
            if (k == 0 || loss < least) {
                best = k;
                least = loss;
            }
        }
        for (int c = 0; c < d; ++c)
            y[c] = row.x[best][c];
    }
};

/// KDCL-Linear: the convex mixture of the logits with the smallest cross entropy, by `steps` of
/// exponentiated gradient descent for each sample.
struct BestMixture {
    static constexpr bool reads_label = true;
    int steps = 50;
    double rate = 0.5;
    void check() const {
        Expect{"BestMixture"}.between("steps", steps, 0, 10000);
        Expect{"BestMixture"}.not_negative("rate", rate);
    }
    template <class R, class T>
    COLLAB_HD void forward(const R& row, T* y) const {
        const int d = row.size(0);
        T weight[R::most] = {};
        for (int k = 0; k < row.count; ++k)
            weight[k] = T(1) / T(row.count);
        mix(row, weight, y);
        for (int s = 0; s < steps; ++s) {  // d CE / d weight_k = <p - onehot, z_k>
            const detail::SoftRow<T> p(d, y, 1);
            T slope[R::most] = {};
            T least = 0;
            T sum = 0;
            for (int k = 0; k < row.count; ++k) {
                slope[k] = -row.x[std::size_t(k)][row.label];
                for (int c = 0; c < d; ++c)
                    slope[k] += std::exp(p.log_p(y[c])) * row.x[std::size_t(k)][c];
                least = k == 0 || slope[k] < least ? slope[k] : least;
            }
            for (int k = 0; k < row.count; ++k)
                sum += weight[k] *= std::exp(-T(rate) * (slope[k] - least));
            for (int k = 0; k < row.count; ++k)
                weight[k] /= sum;
            mix(row, weight, y);
        }
    }

private:
    template <class R, class T>
    COLLAB_HD static void mix(const R& row, const T* weight, T* y) {
        for (int c = 0; c < row.size(0); ++c) {
            y[c] = 0;
            for (int k = 0; k < row.count; ++k)
                y[c] += weight[k] * row.x[std::size_t(k)][c];
        }
    }
};

/// KDCL-General: a fixed mixture of the logits, whose weights somebody else renews while training
/// runs (see ensemble_weights). Equal shares while there are none.
struct WeightedLogits {
    std::shared_ptr<const std::vector<double>> weights{};
    void check() const {
        for (std::size_t k = 0; weights && k < weights->size(); ++k)
            Expect{"WeightedLogits"}.finite(sentence("weight ", k), (*weights)[k]);
    }
    /// The same, for so many networks.
    void check(int networks) const {
        check();
        if (weights && !weights->empty() && weights->size() != std::size_t(networks))
            fail("WeightedLogits: there are ", weights->size(), " weights; expected ", networks,
                 ", one for each network, or none");
    }
    /// The mixture of so many networks with the weights of this moment: what a step computes with,
    /// since a GPU cannot look at `weights`.
    struct Mixture {
        std::array<double, 16> share{};
        template <class R, class T>
        COLLAB_HD void forward(const R& row, T* y) const {
            for (int c = 0; c < row.size(0); ++c) {
                y[c] = 0;
                for (std::size_t k = 0; k < std::size_t(row.count); ++k)
                    y[c] += T(share[k]) * row.x[k][c];
            }
        }
    };
    COLLAB_COLD Mixture now(int networks) const {
        Mixture m;
        const bool given = weights && weights->size() == std::size_t(networks);
        for (std::size_t k = 0; k < std::size_t(networks); ++k)
            m.share.at(k) = given ? (*weights)[k] : 1.0 / networks;
        return m;
    }
    template <class R, class T>
    void forward(const R& row, T* y) const {
        now(row.count).forward(row, y);
    }
};

/// The virtual teacher of Tf-KD (Yuan et al. 2020): u_label = `certainty`, the rest shared by the
/// other classes. Used as logits: softmax(u / T).
struct VirtualTeacher {
    static constexpr bool reads_label = true;
    double certainty = 0.99;
    void check() const { Expect{"VirtualTeacher"}.fraction("certainty", certainty); }
    template <class R, class T>
    COLLAB_HD void forward(const R& row, T* y) const {
        const int d = row.size(0);
        for (int c = 0; c < d; ++c)
            y[c] = c == row.label ? T(certainty) : T((1 - certainty) / (d - 1));
    }
};

/// sum_k softmax(g)_k x_k: the first value holds as many numbers as values follow it (ONE's gate,
/// attention over learners). Differentiable.
struct GatedSum {
    template <class R, class T>
    COLLAB_HD void forward(const R& row, T* y) const {
        const detail::SoftRow<T> gate(row.size(0), row.x[0], 1);
        for (int c = 0; c < row.size(1); ++c) {
            y[c] = 0;
            for (int k = 0; k < row.size(0); ++k)
                y[c] += std::exp(gate.log_p(row.x[0][k])) * row.x[std::size_t(k + 1)][c];
        }
    }
    template <class R, class T>
    COLLAB_HD void backward(const R& row, const T*, const T* dy) const {
        const detail::SoftRow<T> gate(row.size(0), row.x[0], 1);
        T slope[R::most] = {};
        T mean = 0;
        for (int k = 0; k < row.size(0); ++k) {
            const T w = std::exp(gate.log_p(row.x[0][k]));
            const T* x = row.x[std::size_t(k + 1)];
            T* dx = row.dx[std::size_t(k + 1)];
            slope[k] = 0;
            for (int c = 0; c < row.size(1); ++c) {
                slope[k] += dy[c] * x[c];
                if (dx)
                    dx[c] += w * dy[c];
            }
            mean += w * slope[k];
        }
        for (int k = 0; row.dx[0] && k < row.size(0); ++k)
            row.dx[0][k] += std::exp(gate.log_p(row.x[0][k])) * (slope[k] - mean);
    }
};

namespace detail {
/// f of the logits of every network but I.
template <int I, class G, class F, int... J>
auto with_others(G& g, F&& f, std::integer_sequence<int, J...>) {
    return f(g.logits(Index<(J < I ? J : J + 1)>{})...);
}
template <int I, class G, class F>
auto others(G& g, F&& f) {
    return with_others<I>(g, f, std::make_integer_sequence<int, G::networks - 1>{});
}
/// f of the logits of networks First, First + 1, ..., Last - 1.
template <int First, class G, class F, int... J>
auto with_range(G& g, F&& f, std::integer_sequence<int, J...>) {
    return f(g.logits(Index<First + J>{})...);
}
template <int First, int Last, class G, class F>
auto range(G& g, F&& f) {
    return with_range<First>(g, f, std::make_integer_sequence<int, Last - First>{});
}
}  // namespace detail

}  // namespace collab
