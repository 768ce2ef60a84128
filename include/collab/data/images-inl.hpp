// SPDX-License-Identifier: Apache-2.0
// images-inl: the bodies of images.
#pragma once
#include <algorithm>
#include <cmath>

#include <collab/core/error.hpp>
#include <collab/data/images.hpp>

namespace collab {
namespace detail {
COLLAB_COMPILED COLLAB_COLD SyntheticClass::SyntheticClass(int c, int classes, Dims d)
    : color(static_cast<std::size_t>(d.channels)),
      tint(color.size()) {
    const Random random = Random{0x73796e, 0}.child(static_cast<std::uint64_t>(c));
    angle = 3.141592653589793 * c / classes;  // radians
    // radians for each pixel: waves of 6.0 and 4.3 pixels
    frequency = c % 2 ? 1.05 : 1.45;
    const double turn = 6.283185307179586 * uniform<double>(random.word(0));
    blob_x = 0.5 + 0.2 * std::cos(turn);
    blob_y = 0.5 + 0.2 * std::sin(turn);
    for (std::size_t k = 0; k < color.size(); ++k) {
        color[k] = 0.4 + 0.6 * uniform<double>(random.word(4 + 2 * k));
        // too small for stripes: color must tell
        tint[k] = (random.word(5 + 2 * k) & 1 ? 1 : -1) * (d.area() < 16 ? 0.2 : 0.02);
    }
}
COLLAB_COMPILED COLLAB_COLD void paint(const SyntheticClass& look, Dims d, Random random,
                                       std::uint8_t* out) {
    const auto spread = [&](std::uint64_t i) { return 2 * uniform<double>(random.word(i)) - 1; };
    const double angle = look.angle + 0.12 * spread(0);
    const double frequency = look.frequency * (1 + 0.08 * spread(1));
    const double phase = 3.141592653589793 * spread(2);
    const double brightness = 0.1 * spread(3);
    const double contrast = 0.13 + 0.05 * spread(4);
    const double x0 = (look.blob_x + 0.3 * spread(5)) * d.width;
    const double y0 = (look.blob_y + 0.3 * spread(6)) * d.height;
    const double fx = frequency * std::cos(angle);
    const double fy = frequency * std::sin(angle);
    const double sharp_x = 18.0 / (d.width * d.width);
    const double sharp_y = 18.0 / (d.height * d.height);
    const auto width = static_cast<std::size_t>(d.width);
    // wave and blob are products of a row and a column
    std::vector<double> sine(width);
    std::vector<double> cosine(width);
    std::vector<double> bell(width);
    for (std::size_t x = 0; x < width; ++x) {
        const double at = static_cast<double>(x);
        const double off = at - x0;
        sine[x] = std::sin(fx * at + phase);
        cosine[x] = std::cos(fx * at + phase);
        bell[x] = std::exp(-sharp_x * off * off);
    }
    std::vector<double> base(look.tint);
    for (std::size_t k = 0; k < base.size(); ++k)
        base[k] += 0.45 + brightness + 0.04 * spread(7 + k);
    const Random noise = random.child(1);
    Words words{};
    unsigned drawn = 0;
    for (int y = 0; y < d.height; ++y) {
        const double s = std::sin(fy * y);
        const double c = std::cos(fy * y);
        const double column = 0.22 * std::exp(-sharp_y * (y - y0) * (y - y0));
        for (std::size_t x = 0; x < width; ++x) {
            const double wave = contrast * (sine[x] * c + cosine[x] * s);
            const double blob = column * bell[x];
            for (std::size_t k = 0; k < look.color.size(); ++k) {
                if (drawn % 8 == 0)
                    words = noise(drawn / 8);
                const std::uint32_t pair = words.w[drawn % 8 / 2] >> (drawn % 2 * 16);
                // triangular in [-1, 1]
                const double grain =
                    (static_cast<double>(pair & 255) + static_cast<double>(pair >> 8 & 255) - 255) /
                    255;
                ++drawn;
                const double v = base[k] + look.color[k] * (wave + blob) + 0.4 * grain;
                *out++ = static_cast<std::uint8_t>(255 * std::clamp(v, 0.0, 1.0) + 0.5);
            }
        }
    }
}

}  // namespace detail
}  // namespace collab

namespace collab {
COLLAB_COMPILED COLLAB_COLD void check(const Images& images) {
    const std::string name = images.name.empty() ? std::string("images") : images.name;
    const Dims d = images.dims;
    if (d.channels < 1 || d.height < 1 || d.width < 1)
        fail(name, ": a picture of ", d.channels, " x ", d.height, " x ", d.width,
             " (channels, height, width); expected positive extents");
    detail::check_targets(images, name);
    const auto count = images.target_size > 0
                           ? images.targets.size() / static_cast<std::size_t>(images.target_size)
                           : images.labels.size();
    if (count == 0)
        fail(name, ": holds no images; expected at least 1");
    if (count > 0x7fffffffu)
        fail(name, ": ", count, " images; at most 2147483647 are supported");
    const std::size_t expected = count * static_cast<std::size_t>(d.size());
    if (images.pixels.size() != expected)
        fail(name, ": ", images.pixels.size(), " bytes of pixels; expected ", expected, " for ",
             images.size(), " images of ", d.size(), " bytes");
    const int names = images.target_size > 0 ? images.target_size : images.classes;
    if (!images.class_names.empty() && images.class_names.size() != static_cast<std::size_t>(names))
        fail(name, ": ", images.class_names.size(), " class names for ", names, " classes");
}
namespace detail {
COLLAB_COMPILED COLLAB_COLD void check_targets(const Images& images, const std::string& name) {
    if (images.target_size < 0)
        fail(name, ": targets of ", images.target_size, " values; expected at least 0");
    if (images.target_size == 0) {
        if (!images.targets.empty())
            fail(name, ": ", images.targets.size(),
                 " target values, and target_size is 0; expected how many values a picture has");
        if (images.classes < 1)
            fail(name, ": ", images.classes, " classes; expected at least 1");
        for (std::size_t i = 0; i < images.labels.size(); ++i)
            if (const int label = images.labels[i]; label < 0 || label >= images.classes)
                fail(name, ": label ", i, " is ", label, "; expected 0 to ", images.classes - 1);
        return;
    }
    if (!images.labels.empty())
        fail(name, ": both labels and target values; expected one of them");
    const auto width = static_cast<std::size_t>(images.target_size);
    if (images.targets.size() % width != 0)
        fail(name, ": ", images.targets.size(), " target values; expected a multiple of ",
             images.target_size);
    for (std::size_t i = 0; i < images.targets.size(); ++i)
        if (!(images.targets[i] - images.targets[i] == 0))
            fail(name, ": target value ", i % width, " of image ", i / width, " is ",
                 images.targets[i], "; expected a finite number");
}
}  // namespace detail
COLLAB_COMPILED COLLAB_COLD Images one_hot(const Images& images) {
    check(images);
    if (images.target_size > 0)
        fail(images.name, ": its targets are values already");
    Images out = images;
    out.target_size = images.classes;
    out.classes = 0;
    out.labels.clear();
    out.targets.assign(images.labels.size() * static_cast<std::size_t>(images.classes), 0.0f);
    for (std::size_t i = 0; i < images.labels.size(); ++i)
        out.targets[i * static_cast<std::size_t>(images.classes) +
                    static_cast<std::size_t>(images.labels[i])] = 1;
    return out;
}
COLLAB_COMPILED Images pick(const Images& images, const std::vector<int>& indices) {
    Images out{images.dims,        images.classes,    {}, {}, images.name,
               images.class_names, images.target_size};
    const auto width = static_cast<std::size_t>(images.target_size);
    const auto bytes = static_cast<std::size_t>(images.dims.size());
    out.pixels.resize(indices.size() * bytes);
    out.labels.reserve(indices.size());
    std::size_t at = 0;
    for (const int i : indices) {
        if (i < 0 || i >= images.size())
            fail(images.name, ": there is no image ", i, " among ", images.size());
        std::copy_n(images.image(i), bytes, out.pixels.data() + at);
        if (width == 0)
            out.labels.push_back(images.labels[static_cast<std::size_t>(i)]);
        const auto target = images.targets.begin() +
                            static_cast<std::ptrdiff_t>(static_cast<std::size_t>(i) * width);
        out.targets.insert(out.targets.end(), target, target + static_cast<std::ptrdiff_t>(width));
        at += bytes;
    }
    return out;
}
COLLAB_COMPILED Statistics statistics(const Images& images) {
    check(images);
    const auto channels = static_cast<std::size_t>(images.dims.channels);
    std::vector<std::uint64_t> sum(channels);
    std::vector<std::uint64_t> squares(channels);
    for (std::size_t i = 0; i < images.pixels.size(); i += channels)
        for (std::size_t c = 0; c < channels; ++c) {
            const std::uint64_t v = images.pixels[i + c];
            sum[c] += v;
            squares[c] += v * v;
        }
    const double n = static_cast<double>(images.pixels.size() / channels);
    Statistics s{std::vector<double>(channels), std::vector<double>(channels)};
    for (std::size_t c = 0; c < channels; ++c) {
        const double mean = static_cast<double>(sum[c]) / n;
        const double variance = static_cast<double>(squares[c]) / n - mean * mean;
        s.mean[c] = mean / 255;
        s.stddev[c] = variance > 0 ? std::sqrt(variance) / 255 : 1;
    }
    return s;
}
COLLAB_COMPILED COLLAB_COLD Images synthetic_images(Dims dims, int classes, int n,
                                                    std::uint64_t seed) {
    if (dims.channels < 1 || dims.height < 1 || dims.width < 1 || classes < 1 || n < 1)
        fail("synthetic images: ", n, " images of ", dims.channels, " x ", dims.height, " x ",
             dims.width, " in ", classes,
             " classes were asked for; expected every number to be positive");
    Images images{dims, classes, {}, {}, "synthetic", {}};
    const auto bytes = static_cast<std::size_t>(dims.size());
    images.pixels.resize(static_cast<std::size_t>(n) * bytes);
    std::vector<detail::SyntheticClass> looks;
    for (int c = 0; c < classes; ++c) {
        looks.emplace_back(c, classes, dims);
        images.class_names.push_back(sentence("class ", c));
    }
    const Random random{seed, 0x73796e};
    for (int i = 0; i < n; ++i) {
        images.labels.push_back(i % classes);
        detail::paint(looks[static_cast<std::size_t>(i % classes)], dims,
                      random.child(static_cast<std::uint64_t>(i)),
                      images.pixels.data() + static_cast<std::size_t>(i) * bytes);
    }
    return images;
}
COLLAB_COMPILED COLLAB_COLD Splits synthetic(Dims dims, int classes, int train, int test,
                                             std::uint64_t seed) {
    return {synthetic_images(dims, classes, train, 2 * seed),
            synthetic_images(dims, classes, test, 2 * seed + 1)};
}
}  // namespace collab
