// SPDX-License-Identifier: Apache-2.0
// sampler: which pictures, and in which order: shuffles, subsets, splits and folds, the same ones
// for the same seed.
#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/core/random.hpp>
#include <collab/data/images.hpp>

namespace collab {
namespace detail {

template <class T>
void shuffle(std::vector<T>& values, Random random) {  // Fisher and Yates
    for (std::size_t i = values.size(); i > 1; --i)
        std::swap(values[i - 1], values[below(random.word(i), static_cast<std::uint32_t>(i))]);
}

/// The indices of each class, shuffled.
std::pair<std::vector<int>, int> strata(const Images& images);
std::vector<std::vector<int>> shuffled_classes(const std::vector<int>& labels, int classes,
                                               Random random);

/// The classes in a random order: who gets the remainder when a number does not divide evenly.
std::vector<std::size_t> class_order(std::size_t classes, Random random);

/// The first quota[c] of each class, in the order of the original.
std::vector<int> gather(const std::vector<std::vector<int>>& of,
                        const std::vector<std::size_t>& quota);

}  // namespace detail

/// The indices below `size` that are not among `indices`, rising. What remains for training when a
/// fold is held out.
std::vector<int> others(int size, const std::vector<int>& indices);

/// Indices of n pictures, the same number from each class as far as the classes go; rising.
std::vector<int> subset_indices(const std::vector<int>& labels, int classes, int n,
                                std::uint64_t seed);

/// Indices of a first part, the rest, and of a second part of n pictures that has, as nearly as
/// whole numbers allow, the proportions of the classes of the whole. Both rise.
std::pair<std::vector<int>, std::vector<int>> split_indices(const std::vector<int>& labels,
                                                            int classes, int n_second,
                                                            std::uint64_t seed);

/// The indices cut into k folds. Their sizes differ by at most one, and so does what they have of
/// each class. Each rises. Hold `folds[f]` out and train on `others(size, folds[f])`, for each f.
std::vector<std::vector<int>> fold_indices(const std::vector<int>& labels, int classes, int k,
                                           std::uint64_t seed);

/// n of the pictures, the same number from each class as far as the classes go; the same ones for
/// the same seed. They keep their order.
Images subset(const Images& images, int n, std::uint64_t seed);

/// Cut in two, for training and validation: the second part has n_second pictures and, as nearly as
/// whole numbers allow, the proportions of the classes of the whole. The first part is the rest.
/// The same cut for the same seed; both keep the order.
std::pair<Images, Images> split(const Images& images, int n_second, std::uint64_t seed);

/// Moves `count` of the training images to `validation`, with the proportions of the classes.
void hold_out(Splits& data, int count, std::uint64_t seed = 1);

/// One turn of a k-fold cross-validation: all folds but number `held_out` for training, and that
/// one for testing.
Splits fold(const Images& images, int k, int held_out, std::uint64_t seed);

}  // namespace collab

#ifdef COLLAB_BODIES
#include <collab/data/sampler-inl.hpp>
#endif
