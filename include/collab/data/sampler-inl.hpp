// SPDX-License-Identifier: Apache-2.0
// sampler-inl: the bodies of sampler.
#pragma once
#include <algorithm>

#include <collab/core/error.hpp>
#include <collab/data/sampler.hpp>

namespace collab::detail {
/// Labels by which parts are made alike: of pictures whose targets are values, all are one class.
COLLAB_COMPILED COLLAB_COLD std::pair<std::vector<int>, int> strata(const Images& images) {
    if (images.target_size == 0)
        return {images.labels, images.classes};
    return {std::vector<int>(static_cast<std::size_t>(images.size()), 0), 1};
}
COLLAB_COMPILED COLLAB_COLD std::vector<std::vector<int>> shuffled_classes(
    const std::vector<int>& labels, int classes, Random random) {
    std::vector<std::vector<int>> of(static_cast<std::size_t>(std::max(0, classes)));
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (labels[i] < 0 || labels[i] >= classes)
            fail("label ", i, " is ", labels[i], "; expected 0 to ", classes - 1);
        of[static_cast<std::size_t>(labels[i])].push_back(static_cast<int>(i));
    }
    for (std::size_t c = 0; c < of.size(); ++c)
        shuffle(of[c], random.child(c + 1));
    return of;
}
COLLAB_COMPILED COLLAB_COLD std::vector<std::size_t> class_order(std::size_t classes,
                                                                 Random random) {
    std::vector<std::size_t> order(classes);
    for (std::size_t c = 0; c < classes; ++c)
        order[c] = c;
    shuffle(order, random.child(0));
    return order;
}
COLLAB_COMPILED COLLAB_COLD std::vector<int> gather(const std::vector<std::vector<int>>& of,
                                                    const std::vector<std::size_t>& quota) {
    std::vector<int> indices;
    for (std::size_t c = 0; c < of.size(); ++c)
        indices.insert(indices.end(), of[c].begin(),
                       of[c].begin() + static_cast<std::ptrdiff_t>(quota[c]));
    std::sort(indices.begin(), indices.end());
    return indices;
}
}  // namespace collab::detail

namespace collab {
COLLAB_COMPILED COLLAB_COLD std::vector<int> others(int size, const std::vector<int>& indices) {
    std::vector<bool> taken(static_cast<std::size_t>(std::max(0, size)));
    for (const int i : indices) {
        if (i < 0 || i >= size)
            fail("index ", i, "; expected 0 to ", size - 1);
        taken[static_cast<std::size_t>(i)] = true;
    }
    std::vector<int> rest;
    for (int i = 0; i < size; ++i)
        if (!taken[static_cast<std::size_t>(i)])
            rest.push_back(i);
    return rest;
}
COLLAB_COMPILED COLLAB_COLD std::vector<int> subset_indices(const std::vector<int>& labels,
                                                            int classes, int n,
                                                            std::uint64_t seed) {
    if (n < 1 || static_cast<std::size_t>(n) > labels.size())
        fail("a subset of ", n, " images was asked for; expected 1 to ", labels.size());
    const Random random{seed, 0x737562};
    const auto of = detail::shuffled_classes(labels, classes, random);
    const auto order = detail::class_order(of.size(), random);
    std::vector<std::size_t> quota(of.size());
    // one from each class in turn; an exhausted class is passed over
    for (int left = n; left > 0;)
        for (const std::size_t c : order)
            if (left > 0 && quota[c] < of[c].size()) {
                ++quota[c];
                --left;
            }
    return detail::gather(of, quota);
}
COLLAB_COMPILED COLLAB_COLD std::pair<std::vector<int>, std::vector<int>> split_indices(
    const std::vector<int>& labels, int classes, int n_second, std::uint64_t seed) {
    const int size = static_cast<int>(labels.size());
    if (n_second < 1 || n_second >= size)
        fail("a second part of ", n_second, " images was asked for; expected 1 to ", size - 1,
             ", so that neither part is empty");
    const Random random{seed, 0x73706c};
    const auto of = detail::shuffled_classes(labels, classes, random);
    auto order = detail::class_order(of.size(), random);
    const auto total = static_cast<std::uint64_t>(size);
    const auto wanted = static_cast<std::uint64_t>(n_second);
    std::vector<std::size_t> quota(of.size());
    std::uint64_t left = wanted;
    for (std::size_t c = 0; c < of.size(); ++c)
        left -= quota[c] = static_cast<std::size_t>(wanted * of[c].size() / total);
    const auto remainder = [&](std::size_t c) { return wanted * of[c].size() % total; };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return remainder(a) > remainder(b); });
    // fewer than the classes with a remainder, so no quota exceeds its class
    for (std::size_t k = 0; k < left; ++k)
        ++quota[order[k]];
    std::vector<int> second = detail::gather(of, quota);
    return {others(size, second), std::move(second)};
}
COLLAB_COMPILED COLLAB_COLD std::vector<std::vector<int>> fold_indices(
    const std::vector<int>& labels, int classes, int k, std::uint64_t seed) {
    if (k < 2 || static_cast<std::size_t>(k) > labels.size())
        fail(k, " folds were asked for; expected 2 to the number of images, ", labels.size());
    const Random random{seed, 0x666f6c};
    const auto of = detail::shuffled_classes(labels, classes, random);
    std::vector<std::vector<int>> folds(static_cast<std::size_t>(k));
    std::size_t next = 0;
    // dealt like cards, one class after another
    for (const std::size_t c : detail::class_order(of.size(), random))
        for (const int i : of[c])
            folds[next++ % folds.size()].push_back(i);
    for (auto& fold : folds)
        std::sort(fold.begin(), fold.end());
    return folds;
}
COLLAB_COMPILED COLLAB_COLD Images subset(const Images& images, int n, std::uint64_t seed) {
    check(images);
    if (n < 1 || n > images.size())
        fail(images.name, ": a subset of ", n, " images was asked for; expected 1 to ",
             images.size());
    const auto [labels, classes] = detail::strata(images);
    return pick(images, subset_indices(labels, classes, n, seed));
}
COLLAB_COMPILED COLLAB_COLD void hold_out(Splits& data, int count, std::uint64_t seed) {
    auto [rest, held] = split(data.train, count, seed);
    data.train = std::move(rest);
    data.validation = std::move(held);
}
COLLAB_COMPILED COLLAB_COLD std::pair<Images, Images> split(const Images& images, int n_second,
                                                            std::uint64_t seed) {
    check(images);
    if (n_second < 1 || n_second >= images.size())
        fail(images.name, ": a second part of ", n_second, " images was asked for; expected 1 to ",
             images.size() - 1, ", so that neither part is empty");
    const auto [labels, classes] = detail::strata(images);
    const auto [first, second] = split_indices(labels, classes, n_second, seed);
    return {pick(images, first), pick(images, second)};
}
COLLAB_COMPILED COLLAB_COLD Splits fold(const Images& images, int k, int held_out,
                                        std::uint64_t seed) {
    check(images);
    if (k < 2 || k > images.size())
        fail(images.name, ": ", k, " folds were asked for; expected 2 to the number of images, ",
             images.size());
    if (held_out < 0 || held_out >= k)
        fail(images.name, ": fold ", held_out, " was asked for; expected 0 to ", k - 1);
    const auto [labels, classes] = detail::strata(images);
    const auto folds = fold_indices(labels, classes, k, seed);
    const auto& test = folds[static_cast<std::size_t>(held_out)];
    return {pick(images, others(images.size(), test)), pick(images, test)};
}
}  // namespace collab
