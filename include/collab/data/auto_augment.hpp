// SPDX-License-Identifier: Apache-2.0
// auto_augment: operations on pictures, and rules that choose some of them at random.
#pragma once
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/core/crc32c.hpp>
#include <collab/core/expect.hpp>
#include <collab/core/random.hpp>
#include <collab/core/shape.hpp>
#include <collab/data/images.hpp>
#include <collab/data/loader.hpp>
#include <collab/data/transforms.hpp>

namespace collab {

/// With its magnitude m: a shear by m pixels a row (x) or column (y), a move by m pixels, a turn by
/// m degrees around the middle, each to the nearest pixel and with black around; enhancements by
/// the factor m (0: black, gray, colorless, smooth; 1: as it is); m bits kept (posterize); values
/// of at least m inverted (solarize); values stretched to 0 to 255 (auto_contrast), or made equally
/// frequent (equalize). Enhancements, bits and values are those of Pillow.
enum class PictureOperation {
    identity,
    shear_x,
    shear_y,
    translate_x,
    translate_y,
    rotate,
    brightness,
    color,
    contrast,
    sharpness,
    posterize,
    solarize,
    auto_contrast,
    equalize
};

/// Changes a picture of bytes in HWC order, of 1 or 3 channels.
void apply_operation(PictureOperation operation, double magnitude, Dims dims,
                     std::uint8_t* picture);

/// One operation of random magnitude for each picture (Mueller and Hutter 2021; torchvision's
/// TrivialAugmentWide).
struct TrivialAugment {
    std::string words() const { return "TrivialAugment"; }
    void operator()(Random random, Dims dims, std::uint8_t* picture) const;
};

/// Some operations one after the other, all of one magnitude from 0 to 30 (Cubuk et al. 2020;
/// torchvision's RandAugment).
struct RandAugment {
    int operations = 2;
    int magnitude = 9;

    void check() const {
        const Expect expect{"RandAugment"};
        expect.at_least("operations", operations, 1);
        expect.between("magnitude", magnitude, 0, 30);
    }
    std::string words() const { return sentence("RandAugment ", operations, " ", magnitude); }
    void operator()(Random random, Dims dims, std::uint8_t* picture) const;
};

/// A set whose pictures a rule changes before the transform, when training. It is a PictureSource:
/// a loader takes it, and `fit(training, Augmented(data.train), Augmented(data.test), options)`.
/// The rule is TrivialAugment, RandAugment, or a type with `words()` and
/// `(Random random, Dims dims, std::uint8_t* picture) const`; its choices come from `random`. The
/// images must outlive it.
template <class Rule = TrivialAugment>
struct Augmented {
    const Images* images;
    Rule rule;
    std::string name;
    int classes;
    int target_size;
    std::vector<int> labels;

    explicit Augmented(const Images& set, Rule r = {})
        : images(&set),
          rule(std::move(r)),
          name(set.name + " with " + rule.words()),
          classes(set.classes),
          target_size(set.target_size),
          labels(set.labels) {
        check(set);
        detail::check_settings(rule);
        if (set.dims.channels != 1 && set.dims.channels != 3)
            fail(set.name, ": pictures of ", set.dims.channels,
                 " channels; rules of operations change those of 1 or 3");
    }
    explicit Augmented(Images&&, Rule = {}) = delete;

    int size() const { return images->size(); }
    Dims output(const Transform& transform) const { return transform.dims(images->dims); }
    std::uint32_t checksum() const {
        return detail::crc32c(std::string_view(reinterpret_cast<const char*>(images->pixels.data()),
                                               images->pixels.size()));
    }
    PictureReader reader(const Transform& transform) const {
        return [this, augmenter = Augmenter(transform, images->dims)](int index, Random random,
                                                                      bool training, float* out) {
            if (!training) {
                augmenter.apply(*images, index, random, false, out);
                return detail::label_of(*images, index);
            }
            thread_local std::vector<std::uint8_t> picture;
            picture.assign(images->image(index), images->image(index) + images->dims.size());
            rule(random.child(0x6f70), images->dims, picture.data());
            augmenter.apply(picture.data(), images->dims, name, random, true, out);
            return detail::label_of(*images, index);
        };
    }
    void target(int index, float* out) const { detail::target_reader(*images).read(index, out); }
};

}  // namespace collab

#ifdef COLLAB_BODIES
#include <collab/data/auto_augment-inl.hpp>
#endif
