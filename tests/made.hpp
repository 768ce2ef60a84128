// SPDX-License-Identifier: Apache-2.0
// made: pictures that are no Images, so that the host makes them when they are asked for.
#pragma once
#include <cstddef>
#include <string>

#include <collab/data/images.hpp>
#include <collab/data/loader.hpp>
#include <collab/data/transforms.hpp>

namespace collab::trial {

/// A PictureSource of the pictures of `images`.
struct Made {
    const Images& images;
    const std::string name = "made";
    int size() const { return images.size(); }
    Dims output(const Transform& t) const { return t.dims(images.dims); }
    PictureReader reader(const Transform& t) const {
        return [this, augmenter = Augmenter(t, images.dims)](int index, Random random,
                                                             bool training, float* out) {
            augmenter.apply(images, index, random, training, out);
            return images.labels[std::size_t(index)];
        };
    }
};

}  // namespace collab::trial
