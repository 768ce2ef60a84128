// SPDX-License-Identifier: Apache-2.0
// transforms: from a stored picture to the numbers a network sees: sizes, random crops, flips,
// colors and holes, normalization.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/core/random.hpp>
#include <collab/core/shape.hpp>
#include <collab/data/color_jitter.hpp>
#include <collab/data/images.hpp>
#include <collab/data/resize.hpp>
#include <collab/data/transform_params.hpp>

namespace collab {

/// A rectangle of a picture, of random place, area and shape, that is filled (Zhong et al. 2017;
/// PyTorch's RandomErasing).
struct RandomErasing {
    double probability = 0;
    double min_area = 0.02;  ///< of the picture
    double max_area = 0.33;
    double min_ratio = 0.3;  ///< of height and width; the largest is its inverse
    bool noise = false;      ///< filled with random pixels, not with zeros

    void check() const;
};

/// What is done to a picture, in this order. Added pixels are black before normalization, as if
/// they had been in the file, or the picture's own, mirrored at its edge. `Transform{.crop_padding
/// = 4, .flip = true, .normalize = statistics(train)}` is the usual one for CIFAR-10;
/// `Transform{.resized_crop = 224, .flip = true, .normalize = ...}` for photographs;
/// `Transform{.pad = 2}` makes 28 x 28 into 32 x 32. Outside training random crops become central
/// ones and nothing is flipped, colored or cut out.
struct Transform {
    /// length that the shorter side is scaled to, the longer one with it; 0: as it is
    int resize = 0;
    /// a random part of the picture, scaled to a square of this side. Outside training: the shorter
    /// side is scaled
    int resized_crop = 0;
    ///< to `resize`, or to 8/7 of this side, and the central square taken
    double min_area = 0.08;  ///< of the picture, in that random part
    int pad = 0;             ///< black pixels added on each side, always
    int crop_padding = 0;  ///< black pixels added on each side, to be cropped away again at random
    /// side of the square cut out; 0: the height and width there were before crop_padding
    int crop = 0;
    /// the pixels that `pad` and `crop_padding` add are those of the picture, mirrored at its edge
    /// (which does not come twice)
    bool reflect = false;
    bool flip = false;       ///< left and right exchanged with probability 1/2
    ColorJitter color = {};  ///< random brightness, contrast, saturation and hue
    /// (value - mean) / stddev for each channel; empty: values stay in [0, 1]
    Statistics normalize = {};
    /// side of a square of zeros around a random pixel, as far as it lies in the picture (DeVries
    /// and Taylor, 2017)
    int cutout = 0;
    RandomErasing erase = {};  ///< the same of random area and shape
    /// in place of `flip`: each picture mirrored in every second epoch, half of them in even ones
    /// (Jordan 2024). Loaders do it, and nothing else: it needs the number of the epoch
    bool alternating_flip = false;

    /// The extents of the result for pictures of these extents. Throws if this transform cannot be
    /// applied to them.
    Dims dims(Dims in) const;
    /// The extents of the result for pictures of any size, which must not depend on that size.
    Dims dims_of_any(int channels) const;
    /// The extents after `resize` and `resized_crop`.
    Dims resized(Dims in) const;

    /// One picture, as Augmenter would do it. For many, keep an Augmenter: this builds its tables
    /// anew each time.
    void apply(const Images& images, int index, Random random, bool training,
               float* out_nhwc) const;

private:
    static void check_size(const char* option, int value);
};

/// A transform made ready for pictures of one size, or of any. One object may be used by several
/// threads at once.
class Augmenter {
public:
    Augmenter(const Transform& transform, Dims in);
    /// For pictures of any size with so many channels.
    static Augmenter of_any_size(const Transform& transform, int channels) {
        return {transform, Dims{channels, 0, 0}, transform.dims_of_any(channels)};
    }
    Dims dims() const { return out_; }

    /// Writes picture `index` as dims().size() floats. The choices are drawn from `random` and only
    /// when training.
    void apply(const Images& images, int index, Random random, bool training,
               float* out_nhwc) const;
    /// The same of one picture of bytes in HWC order; `name` is for messages.
    void apply(const std::uint8_t* picture, Dims dims, std::string_view name, Random random,
               bool training, float* out_nhwc) const;

private:
    struct Scratch {
        std::vector<std::uint8_t> resized, cut;
        detail::ResizeScratch resize;
    };
    Augmenter(const Transform& transform, Dims in, Dims out);

    void erase(const Random& random, float* out) const;
    template <class T, class F>
    void write_reflected(const std::uint8_t* image, Dims in, const detail::PictureChoice& c, T* out,
                         F value) const;
    template <class T, class F>
    void cut(const std::uint8_t* image, Dims in, const detail::PictureChoice& c, T* out,
             F value) const;
    template <int Channels, class T, class F>
    void write(const std::uint8_t* image, Dims in, int top, int left, bool mirrored, T* out,
               F value) const;

    Transform transform_;
    Dims in_, out_;
    std::vector<std::array<float, 256>> table_;
};

namespace detail {
/// What a network sees of each byte of each channel, one look-up: the same bits with every compiler
/// and processor.
std::vector<std::array<float, 256>> value_table(const Statistics& normalize, int channels);
}  // namespace detail

namespace detail {
/// A transform that somebody keeps, or none. (Every class with an optional one would be compiled
/// with the copies and the destructor of all that is in it.)
class KeptTransform {
public:
    KeptTransform();
    KeptTransform(KeptTransform&&) noexcept;
    KeptTransform& operator=(KeptTransform&&) noexcept;
    ~KeptTransform();
    void set(const std::optional<Transform>& transform);
    const std::optional<Transform>& get() const { return transform_; }

private:
    std::optional<Transform> transform_;
};
}  // namespace detail

/// The transform that pads images with zeros, equally on all sides, to the size that the networks
/// expect.
Transform padded_to(Dims images, Dims wanted);

/// `given`, or padding where there is none; an error unless it leads from `images` to `wanted`.
Transform fitted_transform(const std::optional<Transform>& given, Dims images, Dims wanted);

}  // namespace collab

#ifdef COLLAB_BODIES
#include <collab/data/transforms-inl.hpp>
#endif
