// SPDX-License-Identifier: Apache-2.0
// augment: from a stored picture to the numbers a network sees: padding, random crops and flips, normalisation.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <collab/core/error.hpp>
#include <collab/core/random.hpp>
#include <collab/core/shape.hpp>
#include <collab/data/images.hpp>

namespace collab {

/// The generator of the choices for one picture in one epoch: the same on any thread, in any order, for any batch size.
constexpr Random sample_random(std::uint64_t seed, int epoch, int index) {
    return Random{seed, 0x617567}.child(static_cast<std::uint64_t>(epoch)).child(static_cast<std::uint64_t>(index));
}

/// What is done to a picture, in this order. Added pixels are black before normalisation, as if they had been in the file.
/// `Transform{.crop_padding = 4, .flip = true, .normalise = statistics(train)}` is the usual one for CIFAR-10;
/// `Transform{.pad = 2}` makes 28 x 28 into 32 x 32.
/// Outside training the random crop becomes the central one and nothing is flipped.
struct Transform {
    int pad = 0;            ///< black pixels added on each side, always
    int crop_padding = 0;   ///< black pixels added on each side, to be cropped away again at random
    int crop = 0;           ///< side of the square cut out; 0: the height and width there were before crop_padding
    bool flip = false;      ///< left and right exchanged with probability 1/2
    Statistics normalise = {};   ///< (value - mean) / deviation for each channel; empty: values stay in [0, 1]

    /// The extents of the result for pictures of these extents. Throws if this transform cannot be applied to them.
    Dims dims(Dims in) const {
        if (in.channels < 1 || in.height < 1 || in.width < 1)
            fail("transform: pictures of ", in.channels, " x ", in.height, " x ", in.width, " (channels, height, width); expected positive extents");
        check_size("pad", pad);
        check_size("crop_padding", crop_padding);
        check_size("crop", crop);
        const int height = in.height + 2 * pad, width = in.width + 2 * pad, margin = 2 * crop_padding;
        if (crop > height + margin || crop > width + margin)
            fail("transform: crop = ", crop, " is larger than the padded picture of ", height + margin, " x ", width + margin);
        const auto channels = static_cast<std::size_t>(in.channels);
        if (normalise.mean.size() != normalise.deviation.size() || (!normalise.mean.empty() && normalise.mean.size() != channels))
            fail("transform: normalise has ", normalise.mean.size(), " means and ", normalise.deviation.size(), " deviations; expected ", in.channels,
                 " of each, one for each channel, or none");
        for (std::size_t c = 0; c < normalise.mean.size(); ++c) {
            if (!(normalise.deviation[c] > 0) || normalise.deviation[c] > 1e30)   // the negation also refuses what is not a number
                fail("transform: the deviation of channel ", c, " is ", normalise.deviation[c], "; expected a positive number");
            if (!(normalise.mean[c] > -1e30 && normalise.mean[c] < 1e30)) fail("transform: the mean of channel ", c, " is not a finite number");
        }
        return {in.channels, crop ? crop : height, crop ? crop : width};
    }

    /// One picture, as Augmenter would do it. For many, keep an Augmenter: this builds its tables anew each time.
    void apply(const Images& images, int index, Random random, bool training, float* out_nhwc) const;

private:
    static void check_size(const char* option, int value) {
        if (value < 0 || value > 65536) fail("transform: ", option, " = ", value, "; expected 0 to 65536");
    }
};

/// A transform made ready for pictures of one size. One object may be used by several threads at once.
class Augmenter {
public:
    Augmenter(const Transform& transform, Dims in) : transform_(transform), in_(in), out_(transform.dims(in)) {
        table_.resize(static_cast<std::size_t>(in.channels));
        for (std::size_t c = 0; c < table_.size(); ++c) {
            const bool plain = transform.normalise.mean.empty();
            const double mean = plain ? 0 : transform.normalise.mean[c], deviation = plain ? 1 : transform.normalise.deviation[c];
            for (std::size_t v = 0; v < 256; ++v) table_[c][v] = static_cast<float>((static_cast<double>(v) / 255 - mean) / deviation);
        }
    }
    Dims dims() const { return out_; }

    /// Writes picture `index` as dims().size() floats. The choices are drawn from `random` and only when training.
    void apply(const Images& images, int index, Random random, bool training, float* out_nhwc) const {
        if (images.dims != in_)
            fail(images.name, ": pictures of ", images.dims.channels, " x ", images.dims.height, " x ", images.dims.width, "; the transform was made for ",
                 in_.channels, " x ", in_.height, " x ", in_.width);
        if (index < 0 || index >= images.size()) fail(images.name, ": there is no image ", index, " among ", images.size());
        const int added = transform_.pad + transform_.crop_padding;
        const int spare_y = in_.height + 2 * added - out_.height, spare_x = in_.width + 2 * added - out_.width;
        int top = spare_y / 2, left = spare_x / 2;
        bool mirrored = false;
        if (training && (transform_.flip || spare_y || spare_x)) {
            const Words w = random(0);
            top = static_cast<int>(below(w.w[0], static_cast<std::uint32_t>(spare_y) + 1));
            left = static_cast<int>(below(w.w[1], static_cast<std::uint32_t>(spare_x) + 1));
            mirrored = transform_.flip && (w.w[2] >> 31) != 0;
        }
        switch (in_.channels) {   // the loop over channels vanishes when their number is a constant
            case 1: return write<1>(images.image(index), top - added, left - added, mirrored, out_nhwc);
            case 3: return write<3>(images.image(index), top - added, left - added, mirrored, out_nhwc);
            default: return write<0>(images.image(index), top - added, left - added, mirrored, out_nhwc);
        }
    }

private:
    /// The window whose first pixel is (top, left) of the stored picture; outside of the picture it is black.
    template <int Channels>
    void write(const std::uint8_t* image, int top, int left, bool mirrored, float* out) const {
        const std::ptrdiff_t channels = Channels ? Channels : in_.channels;
        const int first = std::clamp(-left, 0, out_.width), last = std::clamp(in_.width - left, first, out_.width);   // columns inside
        const auto black = [&](float* at, int pixels) {
            for (int x = 0; x < pixels; ++x)
                for (std::ptrdiff_t c = 0; c < channels; ++c) *at++ = table_[static_cast<std::size_t>(c)][0];
        };
        for (int y = 0; y < out_.height; ++y, out += out_.width * channels) {
            const int from = top + y;
            if (from < 0 || from >= in_.height) {
                black(out, out_.width);
                continue;
            }
            const int before = mirrored ? out_.width - last : first, inside = last - first;
            black(out, before);
            black(out + (before + inside) * channels, out_.width - before - inside);
            const std::uint8_t* source = image + (static_cast<std::ptrdiff_t>(from) * in_.width + left + first) * channels;
            float* at = out + (mirrored ? before + inside - 1 : before) * channels;
            const std::ptrdiff_t step = mirrored ? -channels : channels;
            for (int x = 0; x < inside; ++x, source += channels, at += step)
                for (std::ptrdiff_t c = 0; c < channels; ++c) at[c] = table_[static_cast<std::size_t>(c)][source[c]];
        }
    }

    Transform transform_;
    Dims in_, out_;
    std::vector<std::array<float, 256>> table_;   // one look-up for each byte: the same bits with every compiler and processor
};

inline void Transform::apply(const Images& images, int index, Random random, bool training, float* out_nhwc) const {
    Augmenter(*this, images.dims).apply(images, index, random, training, out_nhwc);
}

/// The transform that pads images with zeros, equally on all sides, to the size that the networks expect.
inline Transform padded_to(Dims images, Dims wanted) {
    const int h = wanted.height - images.height, w = wanted.width - images.width;
    if (images.channels != wanted.channels || h < 0 || h != w || h % 2 != 0)
        fail("images of ", images.channels, " x ", images.height, " x ", images.width, " cannot be padded to the networks' ", wanted.channels, " x ", wanted.height, " x ",
             wanted.width, " (channels, height, width); give a transform");
    return {.pad = h / 2};
}

/// `given`, or padding where there is none; an error unless it leads from `images` to `wanted`.
inline Transform fitted_transform(const std::optional<Transform>& given, Dims images, Dims wanted) {
    const Transform t = given ? *given : padded_to(images, wanted);
    const Dims d = t.dims(images);
    if (d != wanted)
        fail("the transform turns images into ", d.channels, " x ", d.height, " x ", d.width, "; the networks expect ", wanted.channels, " x ", wanted.height, " x ", wanted.width);
    return t;
}

}  // namespace collab
