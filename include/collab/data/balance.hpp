// SPDX-License-Identifier: Apache-2.0
// balance: classes of different size: weights for a loss, and orders that show each class equally
// often.
#pragma once
#include <array>
#include <cstddef>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/core/error.hpp>
#include <collab/core/random.hpp>
#include <collab/data/images.hpp>

namespace collab {

/// Weights of the classes from their counts n: proportional to (1 - beta) / (1 - beta^n), the
/// inverse of the effective number of pictures (Cui et al. 2019); with `beta` 1 to 1 / n. Their
/// mean over the pictures is 1 (with beta 1, scikit-learn's "balanced"). A class without pictures
/// has the weight 0. Throws for labels outside [0, classes) and for a beta outside [0, 1].
std::vector<double> class_weights(const std::vector<int>& labels, int classes, double beta = 1);

/// The same for WeightedCrossEntropy: `.loss = {.weights = class_weights<10>(data.train)}`.
template <int Classes>
std::array<double, std::size_t(Classes)> class_weights(const Images& images, double beta = 1) {
    if (images.target_size > 0 || images.classes != Classes)
        fail(images.name, ": weights of ", Classes, " classes were asked for; it has ",
             images.classes, " classes, with class numbers as targets");
    const std::vector<double> all = class_weights(images.labels, Classes, beta);
    std::array<double, std::size_t(Classes)> weights{};
    for (std::size_t c = 0; c < weights.size(); ++c)
        weights[c] = all[c];
    return weights;
}

namespace detail {
/// A place in an order: a picture, and how often it has come before.
struct Turn {
    int index = 0;
    int turn = 0;
};
/// n of the pictures `indices`, each class that has any as often as the others, up to one. The
/// pictures of a class come once before one comes twice. Class after class: to be shuffled.
std::vector<Turn> balanced_turns(const std::vector<int>& indices, const std::vector<int>& labels,
                                 int n, Random random);
}  // namespace detail

}  // namespace collab

#ifdef COLLAB_BODIES
#include <collab/data/balance-inl.hpp>
#endif
