// SPDX-License-Identifier: Apache-2.0
// merge: Eq. 3 in its two readings, against values computed independently.
#include <doctest/doctest.h>
#include <initializer_list>

#include <cmath>

#include <collab/collaboration/merge.hpp>

using namespace collab;

TEST_CASE("the two readings of Eq. 3 have the values that were computed independently") {
    CHECK(SumMerge{}(0.5, -1.0) == doctest::Approx(0.8678794411714423).epsilon(1e-14));
    CHECK(SumMerge{}(0.5, 0.3) == doctest::Approx(1.8).epsilon(1e-14));
    CHECK(ProductMerge{}(0.5, -1.0) == doctest::Approx(0.18393972058572117).epsilon(1e-14));
    CHECK(ProductMerge{}(0.5, 0.3) == doctest::Approx(0.65).epsilon(1e-14));
    CHECK(ProductMerge{}(0.5f, -1.0f) == doctest::Approx(0.18393972058572117).epsilon(1e-6));
}

TEST_CASE("without knowledge a product leaves the feature as it is and a sum adds one") {
    for (const double x : {-3.5, -1.0, 0.0, 0.25, 7.0}) {
        CHECK(ProductMerge{}(x, 0.0) == x);
        CHECK(SumMerge{}(x, 0.0) == x + 1);
        CHECK(ProductMerge{}(float(x), 0.0f) == float(x));
        CHECK(SumMerge{}(float(x), 0.0f) == float(x) + 1);
        CHECK(ProductMerge{}.dx(x, 0.0) == 1);
        CHECK(ProductMerge{}.du(x, 0.0) == x);
        CHECK(SumMerge{}.dx(x, 0.0) == 1);
        CHECK(SumMerge{}.du(x, 0.0) == 1);
    }
}

TEST_CASE("the gate of the product is never negative and grows with the knowledge") {
    double before = 0;
    for (double u = -30; u < 30; u += 0.5) {
        const double gate = ProductMerge{}(1.0, u);
        CHECK(gate >= 0);
        CHECK(gate >= before);
        before = gate;
    }
    CHECK(ProductMerge{}(1.0, 2.0) == 3);
    CHECK(ProductMerge{}(-2.0, 2.0) == -6);
}

TEST_CASE("the identity ignores knowledge") {
    CHECK(IdentityMerge{}(0.75, 123.0) == 0.75);
    CHECK(IdentityMerge{}.dx(0.75, 123.0) == 1);
    CHECK(IdentityMerge{}.du(0.75, 123.0) == 0);
}
