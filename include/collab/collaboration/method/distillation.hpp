// SPDX-License-Identifier: Apache-2.0
// distillation: a student learns from a teacher that is given: what it says (Hinton, Vinyals and
// Dean 2015), or a feature of it (Romero et al. 2015).
#pragma once
#include <algorithm>

#include <collab/collaboration/method_value.hpp>
#include <collab/collaboration/policy.hpp>
#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/conv_transpose.hpp>
#include <collab/layer/cut.hpp>
#include <collab/loss/divergence.hpp>
#include <collab/loss/metrics.hpp>

namespace collab {

/// L_s = (1 - a) CE(z_s, y) + a T^2 KL(p_t || p_s), softened by T. Taps: logits. Kept: the student.
/// The teacher should be frozen:
///
///     using Distilled = Collaboration<Teacher, Student, Frozen<0>, Distillation<0, 1>>;
///     training.set_network_weights(0, teacher.network_weights(0));
template <int Teacher = 0, int Student = 1>
struct Distillation {
    static constexpr const char* name = "distillation";
    double alpha = 0.9;
    double temperature = 4;

    void check() const {
        const Expect expect{name};
        expect.fraction("alpha", alpha);
        expect.positive("temperature", temperature);
    }

    template <class G>
    void build(G& g) const {
        constexpr Index<Teacher> teacher;
        constexpr Index<Student> student;
        g.classification_weight(student, 1 - alpha);
        g.loss(student, "distillation", KullbackLeibler{temperature}, g.logits(student),
               g.constant(g.logits(teacher)), alpha);
    }
};

namespace detail {
/// The layers that bring a student's map to the extents of a teacher's (RepDistiller's rule): to
/// half by a convolution with stride 2, to twice by a transposed one, otherwise by a convolution
/// without padding that cuts the rest away.
template <class S, class T>
struct Regressor {
    static constexpr int s = S::dims.height;
    static constexpr int t = T::dims.height;
    static constexpr int c = T::dims.channels;
    static_assert(
        s >= t || 2 * s == t,
        "collab: a hint needs a student's map as large as the teacher's, larger, or half as large");
    template <int = 0>
    static auto choose() {
        if constexpr (s == t)
            return Layers<Conv2d<c, 1>, BatchNorm, Relu>{};
        else if constexpr (s == 2 * t)
            return Layers<Conv2d<c, 3, Stride<2>>, BatchNorm, Relu>{};
        else if constexpr (2 * s == t)
            return Layers<ConvTranspose2d<c, 4, Stride<2>, Pad<1>>, BatchNorm, Relu>{};
        else
            return Layers<Conv2d<c, 1 + s - t, Pad<0>>, BatchNorm, Relu>{};
    }
    using type = decltype(choose());
};
}  // namespace detail

/// L_s = CE(z_s, y) + weight mean (r(F_s) - F_t)^2, r a convolution with batch normalization and
/// ReLU. Taps: the feature maps at `Tag`. Kept: the student without r. With the weight a function
/// of the moment it may be 0 after some epochs.
template <int Teacher = 0, int Student = 1, class Tag = mutual>
struct Hints {
    using taps = Pack<Tag>;
    static constexpr const char* name = "hints";
    Weight weight = 100;

    void check() const { weight.check(name, "weight"); }

    template <class G>
    void build(G& g) const {
        constexpr Index<Teacher> teacher;
        constexpr Index<Student> student;
        const auto hint = g.feature(at<Tag>, teacher);
        const auto guided = g.feature(at<Tag>, student);
        using R = typename detail::Regressor<typename decltype(guided)::Shape,
                                             typename decltype(hint)::Shape>::type;
        g.loss(student, "hint", MeanSquares{}, g.adapter(R{}, guided, student, "regressor"),
               g.constant(hint), weight);
    }
};

}  // namespace collab
