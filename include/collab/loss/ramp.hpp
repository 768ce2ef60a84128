// SPDX-License-Identifier: Apache-2.0
// ramp: a weight that grows during training.
#pragma once
#include <cmath>

#include <collab/core/expect.hpp>

namespace collab {

/// A weight that rises along weight exp(-sharpness (1 - t)^2), t = epoch / epochs, and stays at
/// `weight` from `epochs` on: for a loss that should not speak before there is something to say
/// (Laine and Aila, Temporal Ensembling, ICLR 2017, section 3). The epoch may be a fraction: (step
/// + 1.0) / steps_per_epoch.
struct RampUp {
    double weight = 1;
    double epochs = 80;
    double sharpness = 5;

    void check() const {
        const Expect expect{"RampUp"};
        expect.not_negative("weight", weight);
        expect.not_negative("epochs", epochs);
        expect.not_negative("sharpness", sharpness);
    }

    double operator()(double epoch) const {
        if (!(epochs > 0) || epoch >= epochs)
            return weight;
        const double left = 1 - (epoch > 0 ? epoch / epochs : 0);
        return weight * std::exp(-sharpness * left * left);
    }
};

}  // namespace collab
