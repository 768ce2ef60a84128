// SPDX-License-Identifier: Apache-2.0
// transforms-inl: the bodies of transforms.
#pragma once
#include <algorithm>
#include <cmath>
#include <type_traits>
#include <utility>

#include <collab/core/error.hpp>
#include <collab/core/expect.hpp>
#include <collab/data/transforms.hpp>

namespace collab {
COLLAB_COMPILED COLLAB_COLD void RandomErasing::check() const {
    const Expect expect{"RandomErasing"};
    expect.fraction("probability", probability);
    expect.fraction("min_area", min_area);
    expect.fraction("max_area", max_area);
    if (min_area > max_area)
        fail("RandomErasing: min_area is ", min_area, " and max_area is ", max_area,
             "; expected the smaller one first");
    if (!(min_ratio > 1e-3 && min_ratio <= 1))
        fail("RandomErasing: min_ratio is ", min_ratio, "; expected a number from 0.001 to 1");
}
COLLAB_COMPILED COLLAB_COLD Dims Transform::dims(Dims in) const {
    if (in.channels < 1 || in.height < 1 || in.width < 1)
        fail("transform: pictures of ", in.channels, " x ", in.height, " x ", in.width,
             " (channels, height, width); expected positive extents");
    check_size("resize", resize);
    check_size("resized_crop", resized_crop);
    check_size("pad", pad);
    check_size("crop_padding", crop_padding);
    check_size("crop", crop);
    check_size("cutout", cutout);
    erase.check();
    if (flip && alternating_flip)
        fail("transform: flip and alternating_flip are two ways to mirror pictures; choose one");
    if (!(min_area > 0 && min_area <= 1))
        fail("transform: min_area = ", min_area,
             "; expected a part of the picture, above 0 and at most 1");
    if (resized_crop > 0 && resize > 0 && resize < resized_crop)
        fail("transform: resize = ", resize, " is smaller than resized_crop = ", resized_crop,
             ", which is cut out of it");
    for (const double v : {color.brightness, color.contrast, color.saturation, color.hue})
        if (!(v >= 0 && v <= 100))
            fail("transform: color has a spread of ", v,
                 "; expected 0 to 100, for the hue 0 to 0.5");
    if (color.hue > 0.5)
        fail("transform: color.hue = ", color.hue, "; expected 0 to 0.5, half a turn of the wheel");
    if ((color.hue != 0 || color.saturation != 0) && in.channels != 3)
        fail("transform: color.saturation and color.hue need pictures of 3 channels, not of ",
             in.channels);
    const Dims sized = resized(in);
    const int height = sized.height + 2 * pad;
    const int width = sized.width + 2 * pad;
    const int margin = 2 * crop_padding;
    if (crop > height + margin || crop > width + margin)
        fail("transform: crop = ", crop, " is larger than the padded picture of ", height + margin,
             " x ", width + margin);
    const auto channels = static_cast<std::size_t>(in.channels);
    if (normalize.mean.size() != normalize.stddev.size() ||
        (!normalize.mean.empty() && normalize.mean.size() != channels))
        fail("transform: normalize has ", normalize.mean.size(), " means and ",
             normalize.stddev.size(), " stddevs; expected ", in.channels,
             " of each, one for each channel, or none");
    for (std::size_t c = 0; c < normalize.mean.size(); ++c) {
        // the negation also refuses what is not a number
        if (!(normalize.stddev[c] > 0) || normalize.stddev[c] > 1e30)
            fail("transform: the stddev of channel ", c, " is ", normalize.stddev[c],
                 "; expected a positive number");
        if (!(normalize.mean[c] > -1e30 && normalize.mean[c] < 1e30))
            fail("transform: the mean of channel ", c, " is not a finite number");
    }
    return {in.channels, crop ? crop : height, crop ? crop : width};
}
COLLAB_COMPILED COLLAB_COLD Dims Transform::dims_of_any(int channels) const {
    if (crop == 0 && resized_crop == 0)
        fail("transform: pictures of different sizes come out in different sizes; expected "
             ".resized_crop, or .crop (with .resize, so that it fits)");
    const int side = resized_crop > 0 ? resized_crop : crop;
    return dims({channels, side, side});
}
COLLAB_COMPILED COLLAB_COLD Dims Transform::resized(Dims in) const {
    if (resized_crop > 0)
        return {in.channels, resized_crop, resized_crop};
    if (resize == 0)
        return in;
    const double scale = static_cast<double>(resize) / std::min(in.height, in.width);
    const double longer = std::max(in.height, in.width) * scale;
    if (longer > 65536)
        fail("transform: resize = ", resize, " makes ", in.height, " x ", in.width,
             " pixels longer than 65536");
    const int other = std::max(resize, static_cast<int>(std::lround(longer)));
    return in.height < in.width ? Dims{in.channels, resize, other}
                                : Dims{in.channels, other, resize};
}
COLLAB_COMPILED COLLAB_COLD void Transform::check_size(const char* option, int value) {
    if (value < 0 || value > 65536)
        fail("transform: ", option, " = ", value, "; expected 0 to 65536");
}
COLLAB_COMPILED COLLAB_COLD Augmenter::Augmenter(const Transform& transform, Dims in)
    : Augmenter(transform, in, transform.dims(in)) {}
COLLAB_COMPILED COLLAB_COLD void Transform::apply(const Images& images, int index, Random random,
                                                  bool training, float* out_nhwc) const {
    Augmenter(*this, images.dims).apply(images, index, random, training, out_nhwc);
}
/// The window whose first pixel is (top, left) of the picture; outside of the picture it is black.
/// `value` makes what is written.
template <class T, class F>
COLLAB_COLD void Augmenter::cut(const std::uint8_t* image, Dims in, const detail::PictureChoice& c,
                                T* out, F value) const {
    if (transform_.reflect)
        return write_reflected(image, in, c, out, value);
    const int top = c.top;
    const int left = c.left;
    const bool mirrored = c.mirrored;
    // the loop over channels vanishes when their number is a constant
    if constexpr (std::is_same_v<T, float>) {
        if (in.channels == 1)
            return write<1>(image, in, top, left, mirrored, out, value);
        if (in.channels == 3)
            return write<3>(image, in, top, left, mirrored, out, value);
    }
    write<0>(image, in, top, left, mirrored, out, value);
}
template <class T, class F>
void Augmenter::write_reflected(const std::uint8_t* image, Dims in, const detail::PictureChoice& c,
                                T* out, F value) const {
    for (int y = 0; y < out_.height; ++y) {
        const int row = detail::reflected(c.top + y, in.height);
        for (int x = 0; x < out_.width; ++x) {
            const int at = c.left + (c.mirrored ? out_.width - 1 - x : x);
            const int column = detail::reflected(at, in.width);
            const std::uint8_t* from =
                image + (static_cast<std::ptrdiff_t>(row) * in.width + column) * in.channels;
            for (int k = 0; k < in.channels; ++k)
                *out++ = value(static_cast<std::size_t>(k), from[k]);
        }
    }
}
/// A few tries, as in PyTorch: a rectangle that does not fit is drawn anew.
COLLAB_COMPILED COLLAB_COLD void Augmenter::erase(const Random& random, float* out) const {
    const RandomErasing& e = transform_.erase;
    const auto u = [&](std::uint64_t k) { return uniform<double>(random.word(k)); };
    if (!(u(0) < e.probability))
        return;
    const double area = double(out_.height) * out_.width;
    for (std::uint64_t at = 4; at < 44; at += 4) {
        const double part = area * (e.min_area + u(at) * (e.max_area - e.min_area));
        const double ratio = std::exp(std::log(e.min_ratio) * (1 - 2 * u(at + 1)));
        const int height = static_cast<int>(std::lround(std::sqrt(part * ratio)));
        const int width = static_cast<int>(std::lround(std::sqrt(part / ratio)));
        if (height < 1 || width < 1 || height >= out_.height || width >= out_.width)
            continue;
        const auto place = [&](std::uint64_t k, int spare) {
            return static_cast<int>(below(random.word(k), static_cast<std::uint32_t>(spare) + 1));
        };
        const int top = place(at + 2, out_.height - height);
        const int left = place(at + 3, out_.width - width);
        const Random noise = random.child(1);
        for (int y = top; y < top + height; ++y)
            for (int x = left; x < left + width; ++x)
                for (int c = 0; c < out_.channels; ++c) {
                    const std::size_t i =
                        (static_cast<std::size_t>(y) * static_cast<std::size_t>(out_.width) +
                         static_cast<std::size_t>(x)) *
                            static_cast<std::size_t>(out_.channels) +
                        static_cast<std::size_t>(c);
                    out[i] =
                        e.noise ? table_[static_cast<std::size_t>(c)][noise.word(i) >> 24] : 0.0f;
                }
        return;
    }
}
template <int Channels, class T, class F>
COLLAB_NOINLINE void Augmenter::write(const std::uint8_t* image, Dims in, int top, int left,
                                      bool mirrored, T* out, F value) const {
    const std::ptrdiff_t channels = Channels ? Channels : in.channels;
    // columns inside
    const int first = std::clamp(-left, 0, out_.width);
    const int last = std::clamp(in.width - left, first, out_.width);
    const auto black = [&](T* at, int pixels) COLLAB_NOINLINE {
        for (int x = 0; x < pixels; ++x)
            for (std::ptrdiff_t c = 0; c < channels; ++c)
                *at++ = value(static_cast<std::size_t>(c), std::uint8_t(0));
    };
    for (int y = 0; y < out_.height; ++y, out += out_.width * channels) {
        const int from = top + y;
        if (from < 0 || from >= in.height) {
            black(out, out_.width);
            continue;
        }
        const int before = mirrored ? out_.width - last : first;
        const int inside = last - first;
        black(out, before);
        black(out + (before + inside) * channels, out_.width - before - inside);
        const std::uint8_t* source =
            image + (static_cast<std::ptrdiff_t>(from) * in.width + left + first) * channels;
        T* at = out + (mirrored ? before + inside - 1 : before) * channels;
        const std::ptrdiff_t step = mirrored ? -channels : channels;
        for (int x = 0; x < inside; ++x, source += channels, at += step)
            for (std::ptrdiff_t c = 0; c < channels; ++c)
                at[c] = value(static_cast<std::size_t>(c), source[c]);
    }
}
COLLAB_COMPILED COLLAB_COLD void Augmenter::apply(const Images& images, int index, Random random,
                                                  bool training, float* out_nhwc) const {
    if (images.dims != in_ && (in_.height != 0 || images.dims.channels != in_.channels))
        fail(images.name, ": pictures of ", images.dims.channels, " x ", images.dims.height, " x ",
             images.dims.width, "; the transform was made for ", in_.channels, " x ", in_.height,
             " x ", in_.width);
    if (index < 0 || index >= images.size())
        fail(images.name, ": there is no image ", index, " among ", images.size());
    apply(images.image(index), images.dims, images.name, random, training, out_nhwc);
}
COLLAB_COMPILED COLLAB_COLD void Augmenter::apply(const std::uint8_t* picture, Dims dims,
                                                  std::string_view name, Random random,
                                                  bool training, float* out_nhwc) const {
    // as large as the largest picture of the thread, so that nothing is allocated picture by
    // picture
    thread_local Scratch scratch;
    const std::uint8_t* source = picture;
    Dims d = dims;
    if (transform_.resized_crop > 0 || transform_.resize > 0) {
        d = transform_.resized(dims);
        const detail::PictureWindow window =
            transform_.resized_crop == 0
                ? detail::PictureWindow{0, 0, double(dims.height), double(dims.width)}
            : training
                ? detail::random_window(dims, transform_.min_area, random.child(1))
                : detail::central_window(dims, transform_.resized_crop,
                                         transform_.resize ? transform_.resize
                                                           : (transform_.resized_crop * 8 + 3) / 7);
        scratch.resized.resize(static_cast<std::size_t>(d.size()));
        detail::resize(picture, dims, window, d.height, d.width, scratch.resized.data(),
                       scratch.resize);
        source = scratch.resized.data();
    }
    const detail::PictureFrame frame{d,
                                     out_,
                                     transform_.pad + transform_.crop_padding,
                                     transform_.flip,
                                     transform_.cutout,
                                     transform_.reflect};
    if (frame.spare_y() < 0 || frame.spare_x() < 0)
        fail(name, ": a picture of ", dims.height, " x ", dims.width,
             " is too small for a crop of ", out_.height, " x ", out_.width,
             "; .resize makes it larger");
    const detail::PictureChoice c = detail::choose(frame, random, training);
    if (!training || !transform_.color.any()) {
        cut(source, d, c, out_nhwc,
            [this](std::size_t channel, std::uint8_t v) { return table_[channel][v]; });
    } else {
        const auto size = static_cast<std::size_t>(out_.size());
        const auto channels = static_cast<std::size_t>(out_.channels);
        scratch.cut.resize(size);
        cut(source, d, c, scratch.cut.data(), [](std::size_t, std::uint8_t v) { return v; });
        detail::change_colors(scratch.cut.data(), out_, transform_.color, random.child(2),
                              out_nhwc);
        for (std::size_t i = 0; i < size; ++i)
            out_nhwc[i] = table_[i % channels][scratch.cut[i]];
    }
    for (int row = c.hole_top; row < c.hole_bottom; ++row)
        std::fill_n(out_nhwc + (static_cast<std::ptrdiff_t>(row) * out_.width + c.hole_left) *
                                   out_.channels,
                    static_cast<std::ptrdiff_t>(c.hole_right - c.hole_left) * out_.channels, 0.0f);
    if (training && transform_.erase.probability > 0)
        erase(random.child(3), out_nhwc);
}
COLLAB_COMPILED COLLAB_COLD Augmenter::Augmenter(const Transform& transform, Dims in, Dims out)
    : transform_(transform),
      in_(in),
      out_(out),
      table_(detail::value_table(transform.normalize, in.channels)) {}
COLLAB_COMPILED COLLAB_COLD std::vector<std::array<float, 256>> detail::value_table(
    const Statistics& normalize, int channels) {
    std::vector<std::array<float, 256>> table(static_cast<std::size_t>(channels));
    for (std::size_t c = 0; c < table.size(); ++c) {
        const bool plain = normalize.mean.empty();
        const double mean = plain ? 0 : normalize.mean[c];
        const double stddev = plain ? 1 : normalize.stddev[c];
        for (std::size_t v = 0; v < 256; ++v)
            table[c][v] = static_cast<float>((static_cast<double>(v) / 255 - mean) / stddev);
    }
    return table;
}
COLLAB_COMPILED COLLAB_COLD detail::KeptTransform::KeptTransform() {}
COLLAB_COMPILED COLLAB_COLD detail::KeptTransform::KeptTransform(KeptTransform&& other) noexcept
    : transform_(std::move(other.transform_)) {}
COLLAB_COMPILED COLLAB_COLD detail::KeptTransform& detail::KeptTransform::operator=(
    KeptTransform&& other) noexcept {
    transform_ = std::move(other.transform_);
    return *this;
}
COLLAB_COMPILED COLLAB_COLD detail::KeptTransform::~KeptTransform() {}
COLLAB_COMPILED COLLAB_COLD void detail::KeptTransform::set(
    const std::optional<Transform>& transform) {
    transform_ = transform;
}
COLLAB_COMPILED COLLAB_COLD Transform padded_to(Dims images, Dims wanted) {
    const int h = wanted.height - images.height;
    const int w = wanted.width - images.width;
    if (images.channels != wanted.channels || h < 0 || h != w || h % 2 != 0)
        fail("images of ", images.channels, " x ", images.height, " x ", images.width,
             " cannot be padded to the networks' ", wanted.channels, " x ", wanted.height, " x ",
             wanted.width, " (channels, height, width); give a transform");
    return {.pad = h / 2};
}
COLLAB_COMPILED COLLAB_COLD Transform fitted_transform(const std::optional<Transform>& given,
                                                       Dims images, Dims wanted) {
    const Transform t = given ? *given : padded_to(images, wanted);
    const Dims d = t.dims(images);
    if (d != wanted)
        fail("the transform turns images into ", d.channels, " x ", d.height, " x ", d.width,
             "; the networks expect ", wanted.channels, " x ", wanted.height, " x ", wanted.width);
    return t;
}
}  // namespace collab
