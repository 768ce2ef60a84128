// SPDX-License-Identifier: Apache-2.0
// check: findings as failures of a test.
#include "check.hpp"

namespace collab::random {

void check(const Case& c) {
    const Report r = compared(c);
    CHECK(r.quantities > r.void_quantities);
    CHECK(r.refused.empty() != c.refuses_weights);
    for (const Finding& f : r.findings) {
        const bool agrees = f.error <= 1;
        CHECK_MESSAGE(agrees, c.name << ", " << f.way << ": " << f.kind << ", " << f.name
                                     << " differs by " << f.distance << " of itself, " << f.error
                                     << " times what is allowed");
    }
}

}  // namespace collab::random
