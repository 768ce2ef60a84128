// SPDX-License-Identifier: Apache-2.0
// features: what a student can learn from the features of a frozen teacher: AT, NST, FSP, VID, and
// any metric of batches (SP, CC, PKT, CKA).
#pragma once
#include <algorithm>

#include <collab/collaboration/method_value.hpp>
#include <collab/layer/activation.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/cut.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/parameter_layer.hpp>
#include <collab/layer/pool.hpp>
#include <collab/loss/contrastive.hpp>
#include <collab/loss/feature.hpp>
#include <collab/loss/metrics.hpp>
#include <collab/loss/similarity.hpp>

namespace collab {

namespace detail {
/// The value, averaged down to at most these extents.
template <int Height, int Width, class G, class V>
auto pooled(G& g, V v, int owner, const std::string& name) {
    if constexpr (V::dims.height <= Height && V::dims.width <= Width)
        return v;
    else {
        auto reduced = g.adapter(
            layers<
                AdaptiveAvgPool<std::min(Height, V::dims.height), std::min(Width, V::dims.width)>>,
            v, owner, name);
        if constexpr (V::attached)
            return reduced;
        else
            return g.constant(reduced);
    }
}
/// f(student's feature, teacher's feature as a constant), both of the smaller one's extents.
template <int Teacher, int Student, class Tag, class G, class F>
void with_features(G& g, int number, F&& f) {
    const auto s = g.feature(at<Tag>, Index<Student>{});
    const auto t = g.constant(g.feature(at<Tag>, Index<Teacher>{}));
    constexpr int height = std::min(decltype(s)::dims.height, decltype(t)::dims.height);
    constexpr int width = std::min(decltype(s)::dims.width, decltype(t)::dims.width);
    f(pooled<height, width>(g, s, Student, sentence("student", number)),
      pooled<height, width>(g, t, Student, sentence("teacher", number)));
}
}  // namespace detail

/// AT: mean over places of (Q_s - Q_t)^2, Q an AttentionMap, summed over the cuts.
template <int Teacher, int Student, class... Tags>
struct AttentionTransfer {
    using taps = Pack<Tags...>;
    static constexpr const char* name = "attention transfer";
    double weight = 1000;

    void check() const {
        const Expect expect{name};
        expect.not_negative("weight", weight);
    }

    template <class G>
    void build(G& g) const {
        int number = 0;
        ((detail::with_features<Teacher, Student, Tags>(
             g, number++,
             [&](auto s, auto t) {
                 using Map = Shape<decltype(s)::dims.area()>;
                 g.loss(Student, "attention", MeanSquares{}, g.combine(Map{}, AttentionMap{}, s),
                        g.constant(g.combine(Map{}, AttentionMap{}, t)), weight);
             })),
         ...);
    }
};

/// NST: StyleDiscrepancy, summed over the cuts.
template <int Teacher, int Student, class... Tags>
struct NeuronSelectivity {
    using taps = Pack<Tags...>;
    static constexpr const char* name = "neuron selectivity transfer";
    double weight = 50;

    void check() const {
        const Expect expect{name};
        expect.not_negative("weight", weight);
    }

    template <class G>
    void build(G& g) const {
        int number = 0;
        ((detail::with_features<Teacher, Student, Tags>(
             g, number++,
             [&](auto s, auto t) {
                 g.minimize(Student, "style", g.combine(Shape<1>{}, StyleDiscrepancy{}, s, t),
                            weight);
             })),
         ...);
    }
};

/// FSP: mean squares between the FlowMatrix of two maps of the student and that of the teacher's.
/// Both networks have as many channels at each cut.
template <int Teacher, int Student, class First, class Second>
struct Fsp {
    using taps = Pack<First, Second>;
    static constexpr const char* name = "flow of solution procedure";
    Weight weight = 50;

    void check() const { weight.check(name, "weight"); }

    template <class G>
    void build(G& g) const {
        const auto own = flow(g, Index<Student>{}, g.feature(at<First>, Index<Student>{}),
                              g.feature(at<Second>, Index<Student>{}));
        const auto target = flow(g, Index<Teacher>{}, g.feature(at<First>, Index<Teacher>{}),
                                 g.feature(at<Second>, Index<Teacher>{}));
        g.loss(Student, "flow", MeanSquares{}, own, g.constant(target), weight);
    }

private:
    template <class G, int Who, class A, class B>
    static auto flow(G& g, Index<Who>, A a, B b) {
        constexpr int height = std::min(A::dims.height, B::dims.height);
        constexpr int width = std::min(A::dims.width, B::dims.width);
        return g.combine(Shape<A::dims.channels * B::dims.channels>{}, FlowMatrix{},
                         detail::pooled<height, width>(g, a, Student, sentence("first", Who)),
                         detail::pooled<height, width>(g, b, Student, sentence("second", Who)));
    }
};

/// VID: GaussianLikelihood of the teacher's map, its mean three 1x1 convolutions of the student's,
/// summed over the cuts.
template <int Teacher, int Student, class... Tags>
struct VariationalInformation {
    using taps = Pack<Tags...>;
    static constexpr const char* name = "variational information distillation";
    double weight = 1;

    void check() const {
        const Expect expect{name};
        expect.not_negative("weight", weight);
    }

    template <class G>
    void build(G& g) const {
        int number = 0;
        ((detail::with_features<Teacher, Student, Tags>(
             g, number,
             [&](auto s, auto t) {
                 constexpr int channels = decltype(t)::dims.channels;
                 const auto mean = g.adapter(layers<Conv2d<channels, 1>, Relu, Conv2d<channels, 1>,
                                                    Relu, Conv2d<channels, 1>>,
                                             s, Student, sentence("mean", number));
                 const auto variance = g.adapter(layers<ParameterLayer<channels>>, t, Student,
                                                 sentence("variance", number));
                 g.minimize(Student, "information",
                            g.combine(Shape<1>{}, GaussianLikelihood{}, mean, variance, t), weight);
                 ++number;
             })),
         ...);
    }
};

/// A metric of batches between a student's and a teacher's value at a cut:
/// `Related<SimilarityPreserving, 0, 1, conv3_x>` is SP, `Related<ProbabilisticTransfer, 0, 1>`
/// PKT, `Related<KernelAlignment, 0, 1>` CKA, `Related<CorrelationCongruence, 0, 1>` CC.
template <class M, int Teacher, int Student, class Tag = penultimate>
struct Related {
    using taps = Pack<Tag>;
    static constexpr const char* name = "relations of samples";
    double weight = 1;
    M metric{};

    void check() const {
        const Expect expect{name};
        expect.not_negative("weight", weight);
        detail::check_settings(metric);
    }

    template <class G>
    void build(G& g) const {
        g.loss(Student, "relation", metric, g.feature(at<Tag>, Index<Student>{}),
               g.constant(g.feature(at<Tag>, Index<Teacher>{})), weight);
    }
};

/// CRD (Tian, Krishnan and Isola 2020) without its memory banks: in a mutual space of `Width`
/// numbers each sample of the student is to find itself among those of the teacher, and the other
/// way round; the negatives are the rest of the batch, whatever their class, instead of 16,384
/// samples of other classes. MkbPaths: a linear map for each side, both learned. Kept: the student
/// without them.
template <int Teacher = 0, int Student = 1, int Width = 128, class Tag = penultimate>
struct ContrastiveDistillation {
    using taps = Pack<Tag>;
    static constexpr const char* name = "contrastive distillation within the batch";
    double weight = 0.8;
    Contrast metric{};

    void check() const {
        const Expect expect{name};
        expect.not_negative("weight", weight);
        metric.check();
    }

    template <class G>
    void build(G& g) const {
        const auto own = g.adapter(layers<Flatten, Linear<Width>>,
                                   g.feature(at<Tag>, Index<Student>{}), Student, "student");
        const auto target =
            g.adapter(layers<Flatten, Linear<Width>>,
                      g.constant(g.feature(at<Tag>, Index<Teacher>{})), Student, "teacher");
        g.loss(Student, "contrast", metric, own, target, weight);
    }
};

}  // namespace collab
