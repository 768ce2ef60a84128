// SPDX-License-Identifier: Apache-2.0
// pictures: batches that a backend forms in its own memory beside those that the host makes.
#pragma once
#include <doctest/doctest.h>

#include <cstring>
#include <vector>

#include <collab/train/device_dataset.hpp>

namespace collab::pictures {

inline const Transform transforms[] = {
    {},
    {.crop_padding = 4, .flip = true},
    {.pad = 2, .flip = true, .normalize = {{0.5, 0.25, 0.125}, {0.3, 0.2, 0.1}}},
    {.crop_padding = 3,
     .crop = 9,
     .flip = true,
     .normalize = {{0.1, 0.2, 0.3}, {1, 2, 3}},
     .cutout = 5},
    {.crop = 7, .cutout = 6},
};

/// Every bit is the same, for B::Scalar = float.
template <class B>
void formed_as_on_the_host(B backend) {
    using T = typename B::Scalar;
    const Images set = synthetic_images({3, 11, 13}, 4, 37, 5);
    constexpr std::uint64_t seed = 9;
    constexpr int batch = 24;
    const std::vector<int> indices{3, 36, 0, 17, 17, 5, 29, 11, 2, 8, 30, 1, 35, 4, 21, 22, 23};
    const int samples = int(indices.size());
    int moved = 0;
    for (const Transform& t : transforms)
        for (const bool training : {false, true}) {
            REQUIRE(detail::DeviceDataset<B>::takes(set, t));
            detail::DeviceDataset<B> kept(backend, set, t, batch, seed, training);
            const Augmenter augmenter(t, set.dims);
            const std::size_t size = std::size_t(augmenter.dims().size());
            const std::size_t count = size * indices.size();
            auto memory = backend.template allocate<T>(count + 1);
            std::vector<T> before;
            for (const int epoch : {0, 1, 7}) {
                INFO("transform " << (&t - transforms) << ", epoch " << epoch << ", training "
                                  << training);
                std::vector<T> expected(count + 1, T(77));
                std::vector<T> found(count + 1);
                // behind the last picture nothing is written
                backend.upload(expected.data(), count + 1, memory.data());
                for (int i = 0; i < samples; ++i) {
                    std::vector<float> picture(size);
                    augmenter.apply(set, indices[std::size_t(i)],
                                    sample_random(seed, epoch, indices[std::size_t(i)]), training,
                                    picture.data());
                    std::copy(picture.begin(), picture.end(),
                              expected.begin() + std::ptrdiff_t(std::size_t(i) * size));
                }
                kept.begin_epoch(epoch);
                kept.form(indices.data(), samples, memory.data());
                backend.download(static_cast<const T*>(memory.data()), count + 1, found.data());
                CHECK(std::memcmp(found.data(), expected.data(), (count + 1) * sizeof(T)) == 0);
                if (!before.empty())
                    moved += found != before;
                before = found;
            }
        }
    CHECK(moved == 8);  // every transform but the first, in training, chooses anew in every epoch
    CHECK_FALSE(detail::DeviceDataset<B>::takes(set, {.resize = 20}));
    CHECK_FALSE(detail::DeviceDataset<B>::takes(set, {.resized_crop = 8}));
    CHECK_FALSE(detail::DeviceDataset<B>::takes(set, {.color = {.brightness = 0.1}}));
}

}  // namespace collab::pictures
