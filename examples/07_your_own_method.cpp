// SPDX-License-Identifier: Apache-2.0
// 07_your_own_method: adds a collaboration method in which each network imitates the features of
// the other one, weighted by the other one's confidence.
// prints: the adapter learned: yes
#include <cmath>
#include <cstdio>

#include <collab/collab.hpp>
using namespace collab;

struct Left : Sequential<Shape<1, 16, 16>, Conv2d<8, 3, Stride<2>>, BatchNorm, Relu, Cut<mutual>,
                         GlobalAvgPool, Linear<4>> {};
struct Right : Sequential<Shape<1, 16, 16>, Conv2d<6, 5, Stride<2>>, BatchNorm, Relu, Cut<mutual>,
                          Flatten, Linear<4>> {};

/// Computes squared differences of two vectors, times the probability that the peer gives the
/// label. The values are the network's own vector, the peer's vector and the peer's logits.
struct SureSquares {
    template <class R, class T>
    void forward(const R& row, T* y) const {
        y[0] = 0;
        for (int i = 0; i < row.size(0); ++i)
            y[0] += sure<T>(row) * std::pow(row.x[0][i] - row.x[1][i], T(2)) / T(row.size(0));
    }
    template <class R, class T>
    void backward(const R& row, const T*, const T* dy) const {
        for (int i = 0; row.dx[0] && i < row.size(0); ++i)
            row.dx[0][i] += dy[0] * 2 * sure<T>(row) * (row.x[0][i] - row.x[1][i]) / T(row.size(0));
    }

private:
    template <class T, class R>
    static T sure(const R& row) {
        T sum = 0;
        for (int c = 0; c < row.size(2); ++c)
            sum += std::exp(row.x[2][c] - row.x[2][row.label]);
        return 1 / sum;  // softmax at the label
    }
};

/// Adds one such loss to each network.
struct SureTeaching {
    using taps = Pack<mutual>;  // the cuts it reads
    double weight = 0.5;
    void check() const { Expect{"SureTeaching"}.not_negative("weight", weight); }

    template <class G>
    void build(G& g) const {
        std::array<Value<Shape<5>>, std::size_t(G::networks)> seen;
        static_for<G::networks>([&](auto i) {
            seen[i] = g.adapter(layers<GlobalAvgPool, Linear<5>>, g.feature(at<mutual>, i), i,
                                sentence("adapter", int(i)));
        });
        static_for<G::networks>([&](auto i) {
            constexpr Index<1 - i> peer;
            const auto loss = g.combine(Shape<1>{}, SureSquares{}, seen[i], g.constant(seen[peer]),
                                        g.constant(g.logits(peer)));
            g.minimize(i, "sure", loss, weight);
        });
    }
};

using Pair = Collaboration<Left, Right, SureTeaching>;

int main() {
    const Splits data = synthetic({1, 16, 16}, 4, 800, 200);
    Training<Pair, Cpu<float>> training({.batch = 50, .methods = {SureTeaching{.weight = 0.3}}});
    const auto before = training.parameter("method0.adapter0.1.weight");
    const History h = training.fit(data, {.epochs = 4, .learning_rate = 0.05});
    for (const Record& r : h.records)
        std::printf("epoch %d: loss of the method %.4f and %.4f\n", r.epoch, r.networks[0].coupling,
                    r.networks[1].coupling);
    for (const Term& t : training.terms())
        std::printf("network %d: %s %.4f\n", t.owner, t.name.c_str(), t.value);
    std::printf("the adapter learned: %s\n",
                before != training.parameter("method0.adapter0.1.weight") ? "yes" : "no");
    const auto left = training.deploy<0>();  // a plain network without the adapter
    std::printf("%zu parameters are deployed\n", left.parameter_count());
}
