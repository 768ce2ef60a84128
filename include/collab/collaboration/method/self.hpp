// SPDX-License-Identifier: Apache-2.0
// self: a network that learns from itself: from a snapshot or a made-up teacher (Tf-KD), or from
// its own end (BYOT).
#pragma once
#include <collab/collaboration/method/online.hpp>

namespace collab {

/// Tf-KD with a virtual teacher (Yuan et al. 2020), for every network that is not frozen:
/// (1 - a) CE + a m KL(softmax(u / T) || p), u = 0.99 at the label; no temperature on p and no T^2.
/// `multiplier` is for means over the batch: a multiplier of the paper's program, which also
/// divides by the classes, divided by their number. (Its other form, self-training, is Distillation
/// from a frozen snapshot.) Kept: the network.
struct TfKd {
    static constexpr const char* name = "Tf-KD, virtual teacher";
    double alpha = 0.1;
    double temperature = 20;
    double certainty = 0.99;
    double multiplier = 1;

    void check() const {
        const Expect expect{name};
        expect.fraction("alpha", alpha);
        expect.positive("temperature", temperature);
        expect.fraction("certainty", certainty);
        expect.not_negative("multiplier", multiplier);
    }

    template <class G>
    void build(G& g) const {
        static_for<G::networks>([&](auto i) {
            if constexpr (!G::frozen(i)) {
                g.classification_weight(i, 1 - alpha);
                const auto teacher =
                    g.combine_for(i, Shape<G::classes>{}, Softened{{certainty}, temperature},
                                  g.constant(g.logits(i)));
                g.loss(i, "virtual", KullbackLeibler{}, g.logits(i), g.constant(teacher),
                       alpha * multiplier);
            }
        });
    }

private:
    struct Softened {  // u / T, as logits
        VirtualTeacher teacher;
        double temperature = 1;
        void check() const {
            teacher.check();
            Expect{name}.positive("temperature", temperature);
        }
        template <class R, class T>
        COLLAB_HD void forward(const R& row, T* y) const {
            teacher.forward(row, y);
            for (int c = 0; c < row.size(0); ++c)
                y[c] /= T(temperature);
        }
    };
};

/// BYOT (Zhang et al. 2019) on network 0: exits learn from its end: (1 - a) sum of all CE + a sum
/// T^2 KL_T(p_end || p_exit) + b sum of MaskedSquares between the vector of each exit and the one
/// before the network's last layer. `Head` of an Exit ends in a vector of that width; the
/// classifier behind it is added. (The program of a third party has H in place of KL: the same
/// gradient.) Kept: the network without exits.
template <class... Exits>
struct Byot {
    using taps = typename detail::Distinct<Pack<>, Pack<penultimate, typename Exits::tag...>>::type;
    static constexpr const char* name = "BYOT";
    double alpha = 0.1;
    double features = 1e-6;
    double temperature = 3;

    void check() const {
        const Expect expect{name};
        expect.fraction("alpha", alpha);
        expect.not_negative("features", features);
        expect.positive("temperature", temperature);
    }

    template <class G>
    void build(G& g) const {
        constexpr Index<0> net;
        g.classification_weight(net, 1 - alpha);
        const auto end = g.constant(g.feature(at<penultimate>, net));
        int number = 0;
        (exit<Exits>(g, net, end, number++), ...);
    }

private:
    template <class E, class G, class I, class V>
    void exit(G& g, I net, V end, int number) const {
        const auto vector = g.adapter(typename E::head{}, g.feature(at<typename E::tag>, net), net,
                                      sentence("exit", number));
        const auto z =
            g.adapter(layers<Linear<G::classes>>, vector, net, sentence("classifier", number));
        g.cross_entropy(net, "exit", z, 1 - alpha);
        g.loss(net, "end", KullbackLeibler{temperature}, z, g.constant(g.logits(net)), alpha);
        g.loss(net, "features", MaskedSquares{}, vector, end, features);
    }
};

}  // namespace collab
