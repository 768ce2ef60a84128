// SPDX-License-Identifier: Apache-2.0
// relations: CTSL-MKT (Sun, Gou, Yu, Du and Tao 2021): mutual learning of responses and relations,
// and learning from an own snapshot.
#pragma once
#include <collab/collaboration/method_value.hpp>
#include <collab/loss/divergence.hpp>
#include <collab/loss/relational.hpp>

namespace collab {

/// L_k = a CE(z_k, y) + b [ DD + b1 AD + b2 KL(p_peer || p_k) ] + c t^2 KL_t(snapshot of k || p_k),
/// for `Students` networks; DD and AD compare distances and angles between samples
/// (RelationDistance, RelationAngle) of the vectors before the last layer, averaged over peers,
/// peers constant. The networks behind the students are the students' snapshots, and frozen:
///
///     // phase 1 trains networks 2 and 3 alone
///     using Pair = Collaboration<NetA, NetB, NetA, NetB, Frozen<2, 3>, CtslMkt<2>>;
///
/// Without them (as many networks as students) there is no self-distillation. The weights are ours,
/// the paper's could not be read: 25 DD + 50 AD + 1 KL, the proportions of RKD with the KL of
/// mutual learning. Kept: every student as it is.
template <int Students = 2>
struct CtslMkt {
    using taps = Pack<penultimate>;
    static constexpr const char* name = "CTSL-MKT";
    double classification = 1;
    double mutual = 25;
    double angle = 2;
    double response = 0.04;
    double self = 1;
    double self_temperature = 4;

    void check() const {
        const Expect expect{name};
        expect.not_negative("classification", classification);
        expect.not_negative("mutual", mutual);
        expect.not_negative("angle", angle);
        expect.not_negative("response", response);
        expect.not_negative("self", self);
        expect.positive("self_temperature", self_temperature);
    }

    template <class G>
    void build(G& g) const {
        static_assert(G::networks == Students || G::networks == 2 * Students,
                      "collab: CTSL-MKT needs its students, and behind them either a snapshot of "
                      "each or none");
        static_for<Students>([&](auto k) {
            g.classification_weight(k, classification);
            const auto own = g.feature(at<penultimate>, k);
            static_for<Students>([&](auto j) {
                if constexpr (k != j) {
                    const double share = mutual / (Students - 1);
                    const auto other = g.constant(g.feature(at<penultimate>, j));
                    g.loss(k, "distances", RelationDistance{}, own, other, share);
                    g.loss(k, "angles", RelationAngle{}, own, other, share * angle);
                    g.loss(k, "responses", KullbackLeibler{}, g.logits(k), g.constant(g.logits(j)),
                           share * response);
                }
            });
            if constexpr (G::networks == 2 * Students)
                g.loss(k, "self", KullbackLeibler{self_temperature}, g.logits(k),
                       g.constant(g.logits(Index<Students + k>{})), self);
        });
    }
};

/// RKD: a student's relations from a frozen teacher's, 25 distances + 50 angles on top of its cross
/// entropy.
template <int Teacher = 0, int Student = 1>
struct RelationalDistillation {
    using taps = Pack<penultimate>;
    static constexpr const char* name = "relational distillation";
    double distance = 25;
    double angle = 50;

    void check() const {
        const Expect expect{name};
        expect.not_negative("distance", distance);
        expect.not_negative("angle", angle);
    }

    template <class G>
    void build(G& g) const {
        constexpr Index<Student> student;
        const auto own = g.feature(at<penultimate>, student);
        const auto target = g.constant(g.feature(at<penultimate>, Index<Teacher>{}));
        g.loss(student, "distances", RelationDistance{}, own, target, distance);
        g.loss(student, "angles", RelationAngle{}, own, target, angle);
    }
};

}  // namespace collab
