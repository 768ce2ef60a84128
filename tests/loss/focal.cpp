// SPDX-License-Identifier: Apache-2.0
// focal: against PyTorch's operations and by differences.
#include <collab/loss/focal.hpp>
#include <collab/test/gradient.hpp>

#include "task.hpp"

using namespace collab;

TEST_CASE("the focal loss is what PyTorch computes by its formula") {
    task::compare_classes(FocalLoss{}, {0.844022094349644, 2.427872362189021, 3.503588235500988},
                          {0.07574246873659941, -0.8443386113077582, 0.45607722887486696,
                           0.31251891369629187, 0.8328802125775324, 0.21301237963671787,
                           0.08260409846129503, -1.1284966906755454, -1.1023289012310753,
                           0.107656816920078, 0.36642293164393325, 0.6282491526670639});
    task::compare_classes(FocalLoss{.gamma = 1.5, .alpha = 0.25},
                          {0.24136468940047087, 0.6270303114524564, 0.8870871933625862},
                          {0.01910791537033216, -0.21300534558595066, 0.11505678699201889,
                           0.07884064322359965, 0.20053246103331293, 0.05128696308790862,
                           0.01988857810010654, -0.27170800222132807, -0.2679834054620666,
                           0.026172080208755243, 0.08907982449854242, 0.15273150075476893});
}

TEST_CASE("the gradient of the focal loss agrees with differences, and is finite at certainty") {
    for (const double gamma : {0.0, 0.5, 1.0, 2.0, 5.0}) {
        const GradientReport report = check_loss(FocalLoss{.gamma = gamma});
        CHECK_MESSAGE(report.passed(), report.describe());
        const float z[] = {1e4f, -1e4f};
        for (const int label : {0, 1}) {
            float dz[] = {0, 0};
            FocalLoss{.gamma = gamma}.gradient(2, z, label, 1.0f, dz);
            CHECK(dz[0] - dz[0] == 0);
            CHECK(dz[1] - dz[1] == 0);
        }
    }
    CHECK_THROWS_AS(FocalLoss{.gamma = -1}.check(), Error);
}
