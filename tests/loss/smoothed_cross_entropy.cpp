// SPDX-License-Identifier: Apache-2.0
// smoothed_cross_entropy: with and without weights of classes, against PyTorch and by differences.
#include <collab/loss/cross_entropy.hpp>
#include <collab/loss/smoothed_cross_entropy.hpp>
#include <collab/test/gradient.hpp>

#include "task.hpp"

using namespace collab;

TEST_CASE("the cross entropy of smoothed labels is PyTorch's") {
    task::compare_classes(SmoothedCrossEntropy{.smoothing = 0.1},
                          {1.4573308452374736, 2.6772695785047085, 3.5112848561242527},
                          {0.04355876485001408, -0.6892583252434261, 0.38782112940648106,
                           0.25787843098693103, 0.6665712063621889, 0.15187204730143858,
                           0.04358923427481589, -0.8620324879384433, -0.8999301855228168,
                           0.07021466812261853, 0.29907458094265155, 0.5306409364575466});
    const task::Values z = task::outputs();
    CHECK(SmoothedCrossEntropy{.smoothing = 0}.value(12, z.data(), 7) ==
          doctest::Approx(CrossEntropy{}.value(12, z.data(), 7)).epsilon(1e-15));
}

TEST_CASE("the cross entropy with weights of classes is PyTorch's") {
    task::compare_classes(WeightedCrossEntropy<4>{.weights = {0.5, 2, 1, 0.25}, .smoothing = 0.1},
                          {2.736795978176395, 0.7976545769036579, 1.8542402895927075},
                          {0.11733316093471417, -1.4035642034297382, 0.7567800138135236,
                           0.5294510286815007, 0.2079383220279477, 0.006377965077333538,
                           -0.0031371815749024375, -0.21117910553037883, -0.4488682883780316,
                           0.0017729757916738285, 0.15121555338756681, 0.295879759198791});
}

TEST_CASE("the gradients of both agree with differences, and wrong settings are refused") {
    for (const GradientReport& report :
         {check_loss(SmoothedCrossEntropy{.smoothing = 0.2}),
          check_loss(WeightedCrossEntropy<13>{.weights = {1, 2, 0, 0.5, 1, 1, 3, 1, 1, 1, 1, 1, 1},
                                              .smoothing = 0.3})})
        CHECK_MESSAGE(report.passed(), report.describe());
    CHECK_THROWS_AS(SmoothedCrossEntropy{.smoothing = 1.5}.check(), Error);
    CHECK_THROWS_AS(WeightedCrossEntropy<2>{}.check(), Error);
    CHECK_THROWS_AS((WeightedCrossEntropy<2>{.weights = {1, -1}}.check()), Error);
}
