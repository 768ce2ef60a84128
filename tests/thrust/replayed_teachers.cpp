// SPDX-License-Identifier: Apache-2.0
// replayed_teachers: captured steps of methods in which a network learns from one that is given, or
// from itself.
#include <collab/collaboration/method/distillation.hpp>
#include <collab/collaboration/method/features.hpp>
#include <collab/collaboration/method/relations.hpp>
#include <collab/collaboration/method/self.hpp>

#include "thrust/courses.hpp"

using namespace collab;
using namespace collab::courses;
using whole::early;
using whole::Other;
using whole::Small;

TEST_CASE("captured steps of distillation") {
    same<Collaboration<Small, Other, Frozen<0>, Distillation<0, 1>>>("KD");
    same<Collaboration<Small, Other, Frozen<0>, Hints<0, 1>>>("hints",
                                                              {.methods = {{.weight = 2}}});
    same<Collaboration<Other, Small, Frozen<0>, ContrastiveDistillation<0, 1, 5>>>("CRD");
}
TEST_CASE("captured steps of what a student learns from features") {
    same<Collaboration<Other, Small, Frozen<0>, AttentionTransfer<0, 1, early, mutual>>>(
        "AT", {.methods = {{.weight = 10}}});
    same<Collaboration<Other, Small, Frozen<0>, NeuronSelectivity<0, 1, mutual>>>(
        "NST", {.methods = {{.weight = 2}}});
    struct Wide : Sequential<Image, Conv2d<3, 3>, BatchNorm, Elu, Cut<early>, Conv2d<3, 3>, Sigmoid,
                             Cut<mutual>, Flatten, Linear<3>> {};
    same<Collaboration<Wide, Small, Frozen<0>, Fsp<0, 1, early, mutual>>>("FSP");
    same<Collaboration<Other, Small, Frozen<0>, VariationalInformation<0, 1, mutual>>>("VID");
}
TEST_CASE("captured steps of relations of samples: no metric waits for its sums") {
    same<Collaboration<Other, Small, Frozen<0>, RelationalDistillation<0, 1>>>("RKD");
    same<Collaboration<Other, Small, Frozen<0>, Related<SimilarityPreserving, 0, 1, early>,
                       Related<ProbabilisticTransfer, 0, 1>, Related<KernelAlignment, 0, 1>,
                       Related<CorrelationCongruence, 0, 1, mutual>>>(
        "SP, PKT, CKA, CC", {.methods = {{30}, {300}, {2}, {2}}});
}
TEST_CASE("captured steps of networks that learn from themselves") {
    same<Collaboration<Small, Other, TfKd>>("Tf-KD");
    using Shallow = Layers<Conv2d<4, 3>, BatchNorm, Elu, GlobalAvgPool>;
    struct Deep
        : Sequential<Image, Conv2d<3, 3>, BatchNorm, Elu, Cut<early>, Conv2d<4, 3>, BatchNorm, Relu,
                     Cut<mutual>, Conv2d<4, 3>, Relu, GlobalAvgPool, Linear<3>> {};
    same<Collaboration<Deep, Byot<Exit<early, Shallow>, Exit<mutual, Shallow>>>>("BYOT");
}

namespace {
/// A metric of batches as users write them, which looks at a sum.
struct Waits {
    static std::size_t scratch(int, Dims, Dims) { return 0; }
    template <class B, class T = typename B::Scalar>
    void evaluate(B& backend, const BatchPair<T>& pair) const {
        const int n = pair.samples;
        const int width = pair.dims_a.size();
        const T scale = pair.scale;
        const T* const a = pair.a;
        const T* const b = pair.b;
        T* const rows = pair.rows;
        T* const da = pair.da;
        const MeanSquares squares;
        backend.for_rows(
            n, [=](int i) { rows[i] = squares.value(width, a + i * width, b + i * width); });
        const T mean = T(backend.sum(std::size_t(n), rows)) / T(n);
        if (!da)
            return;
        backend.for_rows(n, [=](int i) {
            squares.gradient(width, a + i * width, b + i * width,
                             scale / T(n) * (mean > T(1) ? T(0.5) : T(1)), da + i * width);
        });
    }
};
}  // namespace

TEST_CASE("a step whose metric waits for a sum is not captured, and is right") {
    static_assert(BatchMetric<Waits, replay::Host<float>>);
    struct Same
        : Sequential<Image, Conv2d<3, 3>, Relu, MaxPool<2>, Cut<mutual>, Flatten, Linear<3>> {};
    using D = Collaboration<Same, Small, Frozen<0>, Related<Waits, 0, 1, mutual>>;
    const FitState asked = fitted<D>({}, false, 1);
    const FitState tried = fitted<D>({}, true, 16);
    CHECK(tried.refusals == 1);
    CHECK(tried.launches == 0);
    CHECK(tried.bits == asked.bits);
}
