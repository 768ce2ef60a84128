// expect: this item has a `Target` and is no Loss
// SPDX-License-Identifier: Apache-2.0
// not_a_loss: a loss of a task without a gradient.
#include <collab/collaboration/collaboration.hpp>
#include <collab/layer/conv.hpp>

using namespace collab;

struct A : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Flatten, Linear<3>> {};
struct Halves {
    using Target = float;
    using Scores = Pack<MeanAbsoluteError>;
    static constexpr const char* name = "halves";
    template <class T>
    T value(int, const T* z, const T* target) const {
        return z[0] - target[0];
    }
#ifdef ACCEPT
    template <class T>
    void gradient(int, const T*, const T*, T scale, T* dz) const {
        dz[0] += scale;
    }
#endif
};

using Alone = Collaboration<A, Halves>;
constexpr bool good = Alone::ok;
