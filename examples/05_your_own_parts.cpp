// SPDX-License-Identifier: Apache-2.0
// 05_your_own_parts: a knowledge base of your own layers, a metric of your own and a merge of your
// own.
// prints: metric loss after training below [0-9.]+: yes
#include <cstdio>

#include <collab/collab.hpp>
using namespace collab;

struct middle;  // names the cut
struct Left : Sequential<Shape<1, 16, 16>, Conv2d<8, 3, Stride<2>>, BatchNorm, Relu, Cut<middle>,
                         GlobalAvgPool, Linear<4>> {};
struct Right : Sequential<Shape<1, 16, 16>, Conv2d<6, 5, Stride<2>>, BatchNorm, Relu, Cut<middle>,
                          Flatten, Linear<4>> {};

// A part is a list of layers; Each<> gives every network its own.
using Knowledge = MKB<Layers<Conv2d<10, 1>, BatchNorm, Elu>, Layers<Conv2d<10, 3>, BatchNorm>,
                      Each<Layers<Conv2d<8, 1>, BatchNorm>, Layers<Conv2d<6, 1>, BatchNorm>>,
                      At<middle>, struct Halfway, Embedding<GlobalAvgPool>>;

/// A metric is a value and its gradient with respect to the first vector.
struct Huber {
    template <class T>
    COLLAB_HD T value(int d, const T* a, const T* b) const {
        T sum = 0;
        for (int i = 0; i < d; ++i) {
            const T x = std::abs(a[i] - b[i]);
            sum += x < 1 ? x * x / 2 : x - T(0.5);
        }
        return sum / T(d);
    }
    template <class T>
    COLLAB_HD void gradient(int d, const T* a, const T* b, T scale, T* da) const {
        for (int i = 0; i < d; ++i)
            da[i] += scale / T(d) * std::clamp(a[i] - b[i], T(-1), T(1));
    }
};
/// A merge is a function of feature and knowledge, with its two derivatives.
struct Halfway {
    template <class T>
    COLLAB_HD T operator()(T x, T u) const {
        return (x + u) / 2;
    }
    template <class T>
    COLLAB_HD T dx(T, T) const {
        return T(0.5);
    }
    template <class T>
    COLLAB_HD T du(T, T) const {
        return T(0.5);
    }
};
static_assert(Metric<Huber> && Merge<Halfway>);

using Pair = Collaboration<Left, Right, Knowledge, Huber>;

int main() {
    const Splits data = synthetic({1, 16, 16}, 4, 800, 200);
    Training<Pair, Cpu<float>> training({.alpha = 0.5, .batch = 50});
    const History h = training.fit(data, {.epochs = 5, .learning_rate = MultiStepLR{.base = 0.05}});
    std::printf("metric loss by epoch:");
    for (const Record& r : h.records)
        std::printf(" %.4f", r.networks[0].metric);
    const double first = h.records.front().networks[0].metric;
    const double last = h.records.back().networks[0].metric;
    std::printf("\nmetric loss after training below %.4f: %s\n", first,
                last < first ? "yes" : "no");
}
