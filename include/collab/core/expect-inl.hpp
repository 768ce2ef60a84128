// SPDX-License-Identifier: Apache-2.0
// expect-inl: the bodies of expect.
#pragma once
#include <cmath>

#include <collab/core/expect.hpp>

namespace collab {
COLLAB_COMPILED COLLAB_COLD void Expect::finite(std::string_view field, double v) const {
    if (!std::isfinite(float(v)))
        fail(of, ": ", field, " is ", v, "; expected a finite number");
}
COLLAB_COMPILED COLLAB_COLD void Expect::not_negative(std::string_view field, double v) const {
    at_least(field, v, 0);
}
COLLAB_COMPILED COLLAB_COLD void Expect::positive(std::string_view field, double v) const {
    if (!(v > 0))
        fail(of, ": ", field, " is ", v, "; expected a number above 0");
    if (v < 1e-12 || v > 1e12)
        fail(of, ": ", field, " is ", v, "; expected a number from 1e-12 to 1e12");
}
COLLAB_COMPILED COLLAB_COLD void Expect::fraction(std::string_view field, double v) const {
    if (!(v >= 0 && v <= 1))
        fail(of, ": ", field, " is ", v, "; expected a number from 0 to 1");
}
COLLAB_COMPILED COLLAB_COLD void Expect::below_one(std::string_view field, double v) const {
    if (!(v >= 0 && v < 1))
        fail(of, ": ", field, " is ", v, "; expected a number in [0, 1)");
}
COLLAB_COMPILED COLLAB_COLD void Expect::at_least(std::string_view field, double v,
                                                  double least) const {
    if (!(v >= least) || std::isinf(float(v)))
        fail(of, ": ", field, " is ", v, "; expected a finite number of at least ", least);
}
COLLAB_COMPILED COLLAB_COLD void Expect::between(std::string_view field, long v, long first,
                                                 long last) const {
    if (v < first || v > last)
        fail(of, ": ", field, " is ", v, "; expected a number from ", first, " to ", last);
}
}  // namespace collab
