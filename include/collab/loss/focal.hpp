// SPDX-License-Identifier: Apache-2.0
// focal: the loss of classes that looks away from what is known.
#pragma once
#include <cmath>

#include <collab/core/config.hpp>
#include <collab/core/expect.hpp>
#include <collab/core/pack.hpp>
#include <collab/loss/divergence.hpp>
#include <collab/loss/scores.hpp>

namespace collab {

/// -alpha (1 - p)^gamma log p with p the probability of the true class (Lin et al. 2017, Eq. 5):
/// the surer a sample is told, the less it counts. gamma = 0 is the cross entropy.
struct FocalLoss {
    using Target = int;
    using Scores = Pack<Accuracy>;
    static constexpr const char* name = "focal";
    double gamma = 2;
    double alpha = 1;

    void check() const {
        const Expect expect{"FocalLoss"};
        expect.not_negative("gamma", gamma);
        expect.positive("alpha", alpha);
    }
    template <class T>
    COLLAB_HD T value(int d, const T* z, int label) const {
        const detail::SoftRow<T> soft(d, z, 1);
        const T log_p = soft.log_p(z[label]);
        return -T(alpha) * power(T(1) - std::exp(log_p), T(gamma)) * log_p;
    }
    /// With q = 1 - p: d loss / d z_c = alpha (gamma p log p q^(gamma - 1) - q^gamma) ([c = y] -
    /// p_c).
    template <class T>
    COLLAB_HD void gradient(int d, const T* z, int label, T scale, T* dz) const {
        const detail::SoftRow<T> soft(d, z, 1);
        const T log_p = soft.log_p(z[label]);
        const T p = std::exp(log_p);
        const T q = T(1) - p;
        // p log p q^(gamma - 1) tends to 0 as q does, for every gamma of at least 0
        const T first = q > T(0) ? T(gamma) * p * log_p * power(q, T(gamma - 1)) : T(0);
        const T slope = scale * T(alpha) * (first - power(q, T(gamma)));
        for (int c = 0; c < d; ++c)
            dz[c] += slope * (T(c == label) - std::exp(soft.log_p(z[c])));
    }

private:
    template <class T>
    COLLAB_HD static T power(T base, T exponent) {
        return exponent == T(0) ? T(1) : std::pow(base, exponent);
    }
};

}  // namespace collab
