// SPDX-License-Identifier: Apache-2.0
// ensemble_weights: how much to trust each of several networks, by their errors on images that are
// not trained on (KDCL-General, Guo et al. 2020).
#pragma once
#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include <collab/data/images.hpp>
#include <collab/data/loader.hpp>
#include <collab/data/transforms.hpp>
#include <collab/loss/divergence.hpp>
#include <collab/train/fit.hpp>

namespace collab {

/// w = C^-1 1 / (1^T C^-1 1), where C_ij is the mean over samples of <p_i - t, p_j - t>, p the
/// probabilities of network i and t one at the label: the mixture of the networks with the smallest
/// error, were errors what they were here. Weights may be negative, and their sum is 1. `errors` is
/// C, row by row. Networks that err alike cannot be told apart: a ten-thousandth of the mean error
/// is added to the diagonal.
inline std::vector<double> least_error_weights(std::vector<double> errors, int networks) {
    const std::size_t n = std::size_t(networks);
    if (networks < 1 || errors.size() != n * n)
        fail("the errors of ", networks, " networks are ", networks * networks, " numbers, not ",
             errors.size());
    double trace = 0;
    for (std::size_t i = 0; i < n; ++i)
        trace += errors[i * n + i] / networks;
    for (std::size_t i = 0; i < n; ++i)
        errors[i * n + i] += 1e-4 * trace + 1e-12;
    std::vector<double> w(n, 1);
    // elimination with pivots; C is positive definite by now
    for (std::size_t k = 0; k < n; ++k) {
        std::size_t pivot = k;
        for (std::size_t i = k + 1; i < n; ++i)
            if (std::abs(errors[i * n + k]) > std::abs(errors[pivot * n + k]))
                pivot = i;
        for (std::size_t j = 0; j < n; ++j)
            std::swap(errors[k * n + j], errors[pivot * n + j]);
        std::swap(w[k], w[pivot]);
        for (std::size_t i = 0; i < n; ++i) {
            if (i == k)
                continue;
            const double f = errors[i * n + k] / errors[k * n + k];
            for (std::size_t j = k; j < n; ++j)
                errors[i * n + j] -= f * errors[k * n + j];
            w[i] -= f * w[k];
        }
    }
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i)
        sum += w[i] /= errors[i * n + i];
    for (double& x : w)
        x /= sum;
    return w;
}

/// The same, from what the networks of a training say of a set, in inference mode.
template <class Training, class Set>
std::vector<double> ensemble_weights(Training& training, const Set& images,
                                     const std::optional<Transform>& transform = {}) {
    constexpr std::size_t n = std::size_t(Training::networks);
    Loader loader(images, detail::transform_for(transform, images, Training::input),
                  {.batch = training.settings().batch,
                   .shuffle = false,
                   .training = false,
                   .threads = detail::loader_threads(images)});
    std::vector<double> errors(n * n);
    loader.start(0);
    while (const Batch* batch = loader.next()) {
        training.evaluate_batch(batch->images, batch->labels, batch->size);
        std::vector<std::vector<double>> off(n);  // p - t
        for (std::size_t i = 0; i < n; ++i) {
            const auto z = training.logits(int(i));
            const std::size_t classes = z.size() / std::size_t(batch->size);
            for (int s = 0; s < batch->size; ++s) {
                const detail::SoftRow<typename Training::Scalar> row(
                    int(classes), z.data() + std::size_t(s) * classes, 1);
                for (std::size_t c = 0; c < classes; ++c)
                    off[i].push_back(std::exp(double(row.log_p(z[std::size_t(s) * classes + c]))) -
                                     (int(c) == batch->labels[s] ? 1 : 0));
            }
        }
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < n; ++j)
                for (std::size_t k = 0; k < off[i].size(); ++k)
                    errors[i * n + j] += off[i][k] * off[j][k] / images.size();
    }
    return least_error_weights(std::move(errors), int(n));
}

}  // namespace collab
