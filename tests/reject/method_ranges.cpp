// expect: this method has settings and no `check() const`
// SPDX-License-Identifier: Apache-2.0
// method_ranges: a method that does not say which values its number may have.
#include <collab/collaboration/collaboration.hpp>
#include <collab/layer/conv.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};

struct Weighted {
    double weight = 1;
#ifdef ACCEPT
    void check() const { Expect{"Weighted"}.not_negative("weight", weight); }
#endif
    template <class G>
    void build(G& g) const {
        g.classification_weight(0, weight);
    }
};
using Pair = Collaboration<A, A, Weighted>;
constexpr bool good = Pair::ok;
