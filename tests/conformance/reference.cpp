// SPDX-License-Identifier: Apache-2.0
// reference: Reference in float, and in slices, in place and without bias as it does plainly in
// double.
#include "suite.hpp"

TEST_CASE("Reference<float> computes what Reference<double> does") {
    collab::Reference<float> one, two;
    collab::conformance::conformance(one, two, 1e-5);
}
TEST_CASE("Reference<double> computes the same in slices and in place") {
    collab::Reference<double> one, two;
    collab::conformance::conformance(one, two, 1e-12);
}
TEST_CASE("FusedReference<float> computes what FusedReference<double> does") {
    collab::FusedReference<float> one, two;
    collab::conformance::conformance(one, two, 1e-5);
}
