// SPDX-License-Identifier: Apache-2.0
// images: labeled pictures held in memory, their statistics, and a made-up set that needs no
// files.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/core/random.hpp>
#include <collab/core/shape.hpp>

namespace collab {

/// Pictures of one size with one target each: a class number, or `target_size` values (a
/// distribution over classes, several labels at once, numbers to be predicted). Pixels are bytes in
/// NHWC order: channels of a pixel side by side.
struct Images {
    Dims dims;                         ///< of one picture
    int classes = 0;                   ///< labels are in [0, classes); 0 where targets are values
    std::vector<std::uint8_t> pixels;  ///< size() * dims.size() bytes
    std::vector<int> labels;           ///< class numbers; empty where targets are values
    std::string name;                  ///< appears in messages
    std::vector<std::string> class_names;  ///< one for each class, or none at all
    int target_size = 0;                   ///< values of one picture's target; 0: class numbers
    std::vector<float> targets{};          ///< size() * target_size values

    int size() const {
        return static_cast<int>(target_size > 0
                                    ? targets.size() / static_cast<std::size_t>(target_size)
                                    : labels.size());
    }
    const std::uint8_t* image(int i) const {
        return pixels.data() + static_cast<std::size_t>(i) * static_cast<std::size_t>(dims.size());
    }
};

/// What a benchmark data set comes as. `validation` may be empty: hold some of the training images
/// back (`hold_out`) where something is chosen by its results, and look at `test` once, at the end.
struct Splits {
    Images train, test;
    Images validation{};
};

/// Throws unless the parts of `images` agree with each other: sizes, labels, names. The readers
/// only return sets that pass.
void check(const Images& images);

/// The pictures with these indices, in this order.
Images pick(const Images& images, const std::vector<int>& indices);

/// Of each channel, over all pixels of all pictures, in units where black is 0 and white is 1.
struct Statistics {
    std::vector<double> mean, stddev;
};

/// The mean and the stddev (of the population) of each channel, to normalize by. Exact sums: the
/// order of the pictures does not matter. The stddev of a channel that never changes is given as 1,
/// since nothing can be divided by 0: such a channel is only centered.
Statistics statistics(const Images& images);

/// The same pictures with targets of one value for each class: 1 for the true class, 0 for the
/// others.
Images one_hot(const Images& images);

namespace detail {

/// The class number of a picture; 0 where targets are values.
inline int label_of(const Images& images, int i) {
    return images.labels.empty() ? 0 : images.labels[static_cast<std::size_t>(i)];
}
/// Throws unless there is one label for each picture, or one target.
void check_targets(const Images& images, const std::string& name);

/// What the pictures of one made-up class have in common. Depends on the class alone, so that sets
/// of different seeds belong together.
struct SyntheticClass {
    double angle, frequency, blob_x, blob_y;
    std::vector<double> color, tint;
    SyntheticClass(int c, int classes, Dims d);
};
void paint(const SyntheticClass& look, Dims d, Random random, std::uint8_t* out);

}  // namespace detail

/// n made-up pictures for examples and tests. A class is a stripe direction and width, a place of a
/// soft blob and a faint tint; phase, place, brightness, contrast and grain vary from picture to
/// picture. Label i is i % classes. What a class looks like does not depend on the seed: use two
/// seeds for training and test. A small convolutional network tells the classes apart; single
/// pixels hardly do.
Images synthetic_images(Dims dims, int classes, int n, std::uint64_t seed);

/// A data set without files: synthetic_images for training and, from other random numbers, for
/// testing.
Splits synthetic(Dims dims, int classes, int train, int test, std::uint64_t seed = 1);

}  // namespace collab

#ifdef COLLAB_BODIES
#include <collab/data/images-inl.hpp>
#endif
