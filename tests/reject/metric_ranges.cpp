// expect: this metric has settings and no `check() const`
// SPDX-License-Identifier: Apache-2.0
// metric_ranges: a metric that does not say which values its number may have.
#include <collab/collaboration/collaboration.hpp>
#include <collab/layer/conv.hpp>

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
using Pair = Collaboration<A, A, MKB<Encoder<4>, Transfer<4>, Decoder>, Weighted>;
constexpr bool good = Pair::ok;
