// SPDX-License-Identifier: Apache-2.0
// statistics: means over seeds, and how sure a paired difference is: Student's interval and the
// sign test.
#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <collab/core/error.hpp>

namespace collab {

/// The mean, and the standard deviation of a sample: nan for fewer than two values.
struct Moments {
    double mean = std::numeric_limits<double>::quiet_NaN();
    double stddev = std::numeric_limits<double>::quiet_NaN();
    int n = 0;
};
inline Moments moments(const std::vector<double>& values) {
    Moments m;
    m.n = int(values.size());
    if (m.n == 0)
        return m;
    double sum = 0;
    for (const double v : values)
        sum += v;
    m.mean = sum / m.n;
    if (m.n < 2)
        return m;
    double squares = 0;
    for (const double v : values)
        squares += (v - m.mean) * (v - m.mean);
    m.stddev = std::sqrt(squares / (m.n - 1));
    return m;
}

namespace detail {
/// The continued fraction of the incomplete beta function (Lentz's method; Press et al., Numerical
/// Recipes, section 6.4).
inline double beta_fraction(double a, double b, double x) {
    const double tiny = 1e-300;
    const auto away = [&](double v) { return std::fabs(v) < tiny ? tiny : v; };
    double c = 1;
    double d = 1 / away(1 - (a + b) * x / (a + 1));
    double h = d;
    for (int m = 1; m <= 500; ++m) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / away(1 + even * d);
        c = away(1 + even / c);
        h *= d * c;
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / away(1 + odd * d);
        c = away(1 + odd / c);
        h *= d * c;
        if (std::fabs(d * c - 1) < 1e-15)
            break;
    }
    return h;
}
/// I_x(a, b), the regularized incomplete beta function.
inline double incomplete_beta(double a, double b, double x) {
    if (x <= 0 || x >= 1)
        return x <= 0 ? 0 : 1;
    const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) +
                                  a * std::log(x) + b * std::log1p(-x));
    return x < (a + 1) / (a + b + 2) ? front * beta_fraction(a, b, x) / a
                                     : 1 - front * beta_fraction(b, a, 1 - x) / b;
}
}  // namespace detail

/// The probability that |t| of Student's distribution is at least this large.
inline double student_two_sided(double t, double degrees) {
    return detail::incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t));
}

/// The t that |t| exceeds with probability 1 - `level`: 2.262 for 0.95 and 9 degrees of freedom.
inline double student_quantile(double level, double degrees) {
    if (!(level > 0 && level < 1) || !(degrees >= 1))
        fail("a quantile of Student's distribution needs a level between 0 and 1 and at least 1 "
             "degree of freedom, not ",
             level, " and ", degrees);
    double low = 0;
    double high = 1;
    while (student_two_sided(high, degrees) > 1 - level)
        high *= 2;
    for (int i = 0; i < 200; ++i) {
        const double middle = (low + high) / 2;
        (student_two_sided(middle, degrees) > 1 - level ? low : high) = middle;
    }
    return (low + high) / 2;
}

/// What paired differences say. Nan where there are too few of them.
struct PairedDifference {
    Moments moments{};
    /// half of the interval around the mean
    double half_width = std::numeric_limits<double>::quiet_NaN();
    double p_student = std::numeric_limits<double>::quiet_NaN();  ///< two-sided, against 0
    int above = 0;
    int below = 0;      ///< of the differences; those of exactly 0 count for neither
    double p_sign = 1;  ///< two-sided sign test

    double low() const { return moments.mean - half_width; }
    double high() const { return moments.mean + half_width; }
};

/// The probability of a split at least as uneven as `above` to `below` if both are equally likely.
inline double sign_test(int above, int below) {
    const int n = above + below;
    double tail = 0;
    for (int k = 0; k <= std::min(above, below); ++k)
        tail += std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) -
                         n * std::log(2.0));
    return std::min(1.0, 2 * tail);
}

inline PairedDifference paired_difference(const std::vector<double>& differences,
                                          double level = 0.95) {
    PairedDifference d;
    d.moments = moments(differences);
    for (const double v : differences) {
        d.above += v > 0;
        d.below += v < 0;
    }
    d.p_sign = sign_test(d.above, d.below);
    if (d.moments.n < 2)
        return d;
    const double error = d.moments.stddev / std::sqrt(double(d.moments.n));
    d.half_width = student_quantile(level, d.moments.n - 1) * error;
    d.p_student = error > 0 ? student_two_sided(d.moments.mean / error, d.moments.n - 1)
                            : (d.moments.mean == 0 ? 1 : 0);
    return d;
}

}  // namespace collab
