// expect: this metric or function of a method has settings and no `check() const`
// SPDX-License-Identifier: Apache-2.0
// part_ranges: a method that uses a metric that does not say which values its number may have.
#include <collab/backend/reference/reference.hpp>
#include <collab/collaboration/collaboration.hpp>
#include <collab/layer/conv.hpp>
#include <collab/train/training.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};

struct Weighted {
    double weight = 1;
#ifdef ACCEPT
    void check() const { Expect{"Weighted"}.not_negative("weight", weight); }
#endif
    template <class T>
    T value(int, const T*, const T*) const {
        return T(weight);
    }
    template <class T>
    void gradient(int, const T*, const T*, T, T*) const {}
};
struct Coupled {
    template <class G>
    void build(G& g) const {
        g.loss(0, "weighted", Weighted{}, g.logits(Index<0>{}), g.constant(g.logits(Index<1>{})));
    }
};
void train() {
    Training<Collaboration<A, A, Coupled>, Reference<float>> training;
}
