// SPDX-License-Identifier: Apache-2.0
// divergence: how far two rows of logits are apart as distributions over classes.
#pragma once
#include <cmath>
#include <string>

#include <collab/core/config.hpp>
#include <collab/core/error.hpp>
#include <collab/core/expect.hpp>
#include <collab/loss/concepts.hpp>

namespace collab {

namespace detail {
/// The largest of d numbers and the logarithm of sum_c exp((z_c - largest) / temperature): log
/// softmax(z / T)_c = (z_c - largest) / T - logarithm.
template <class T>
struct SoftRow {
    T largest, logarithm, inverse;
    COLLAB_HD SoftRow(int d, const T* z, double temperature)
        : largest(z[0]),
          logarithm(0),
          inverse(T(1 / temperature)) {
        for (int c = 1; c < d; ++c)
            largest = z[c] > largest ? z[c] : largest;
        T sum = 0;
        for (int c = 0; c < d; ++c)
            sum += std::exp((z[c] - largest) * inverse);
        logarithm = std::log(sum);
    }
    COLLAB_HD T log_p(T z) const { return (z - largest) * inverse - logarithm; }
};
}  // namespace detail

/// What distillation multiplies its divergence with. Gradients of softened rows shrink as 1 / T^2,
/// which the first makes up for.
enum class Factor { temperature_squared, one };

namespace detail {
inline void check_softening(std::string_view of, double temperature, Factor factor) {
    Expect{of}.positive("temperature", temperature);
    Expect{of}.between("factor", long(factor), 0, 1);
}
inline std::string softened(const char* what, double temperature, Factor factor) {
    if (temperature == 1)
        return what;
    return sentence(factor == Factor::one ? "" : "T\u00b2 ", what,
                    ", T = ", plain_number(temperature),
                    factor == Factor::one ? ", without T\u00b2" : "");
}
}  // namespace detail

/// KL(t || s) of t = softmax(b / T), the target, and s = softmax(a / T), the one that learns: sum_c
/// t_c (log t_c - log s_c), times T^2 unless `factor` says otherwise. `gradient` is with respect to
/// a, `target_gradient` with respect to b.
struct KullbackLeibler {
    static constexpr Domain domain = Domain::logits;
    double temperature = 1;
    Factor factor = Factor::temperature_squared;
    void check() const { detail::check_softening("KullbackLeibler", temperature, factor); }

    template <class T>
    COLLAB_HD T value(int d, const T* a, const T* b) const {
        const detail::SoftRow<T> s(d, a, temperature);
        const detail::SoftRow<T> t(d, b, temperature);
        T sum = 0;
        for (int c = 0; c < d; ++c) {
            const T log_t = t.log_p(b[c]);
            sum += std::exp(log_t) * (log_t - s.log_p(a[c]));
        }
        return T(multiplier()) * sum;
    }
    template <class T>
    COLLAB_HD void gradient(int d, const T* a, const T* b, T scale, T* da) const {  // (s - t) / T
        const detail::SoftRow<T> s(d, a, temperature);
        const detail::SoftRow<T> t(d, b, temperature);
        const T k = scale * T(multiplier() / temperature);
        for (int c = 0; c < d; ++c)
            da[c] += k * (std::exp(s.log_p(a[c])) - std::exp(t.log_p(b[c])));
    }
    template <class T>
    // t ((log t - log s) - KL) / T
    COLLAB_HD void target_gradient(int d, const T* a, const T* b, T scale, T* db) const {
        const detail::SoftRow<T> s(d, a, temperature);
        const detail::SoftRow<T> t(d, b, temperature);
        const T k = scale * T(multiplier() / temperature);
        const T kl = value(d, a, b) / T(multiplier());
        for (int c = 0; c < d; ++c) {
            const T log_t = t.log_p(b[c]);
            db[c] += k * std::exp(log_t) * (log_t - s.log_p(a[c]) - kl);
        }
    }

    std::string describe() const {
        return detail::softened("KL(target || own)", temperature, factor);
    }

private:
    COLLAB_HD double multiplier() const {
        return factor == Factor::one ? 1 : temperature * temperature;
    }
};

/// Cross entropy H(t, s) of softened rows: -sum_c t_c log s_c, times T^2 unless `factor` says
/// otherwise. Its gradient with respect to a is that of KullbackLeibler; the value also holds the
/// entropy of the target.
struct SoftCrossEntropy {
    static constexpr Domain domain = Domain::logits;
    double temperature = 1;
    Factor factor = Factor::temperature_squared;
    void check() const { detail::check_softening("SoftCrossEntropy", temperature, factor); }

    template <class T>
    COLLAB_HD T value(int d, const T* a, const T* b) const {
        const detail::SoftRow<T> s(d, a, temperature);
        const detail::SoftRow<T> t(d, b, temperature);
        T sum = 0;
        for (int c = 0; c < d; ++c)
            sum -= std::exp(t.log_p(b[c])) * s.log_p(a[c]);
        return (factor == Factor::one ? T(1) : T(temperature * temperature)) * sum;
    }
    template <class T>
    COLLAB_HD void gradient(int d, const T* a, const T* b, T scale, T* da) const {
        KullbackLeibler{temperature, factor}.gradient(d, a, b, scale, da);
    }
    std::string describe() const { return detail::softened("H(target, own)", temperature, factor); }
};

}  // namespace collab
