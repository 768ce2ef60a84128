// SPDX-License-Identifier: Apache-2.0
// auto_augment-inl: the bodies of auto_augment.
#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include <collab/core/error.hpp>
#include <collab/data/auto_augment.hpp>

namespace collab {
namespace detail {
using Bytes256 = std::array<std::uint8_t, 256>;

/// A picture under an operation, and room for another of its size.
struct OperationPicture {
    Dims dims;
    std::uint8_t* pixels;
    std::vector<std::uint8_t>& room;

    std::size_t area() const { return static_cast<std::size_t>(dims.area()); }
    std::size_t channels() const { return static_cast<std::size_t>(dims.channels); }
    /// ITU-R BT.601 in 16 bits, as Pillow has it.
    int gray(std::size_t pixel) const {
        const std::uint8_t* p = pixels + pixel * channels();
        return dims.channels == 1 ? p[0]
                                  : (19595 * p[0] + 38470 * p[1] + 7471 * p[2] + 0x8000) >> 16;
    }
    /// Each pixel from the place `from(x, y)`, the middle of a pixel being .5; black outside.
    template <class F>
    void move(F from) {
        room.assign(pixels, pixels + dims.size());
        for (int y = 0; y < dims.height; ++y)
            for (int x = 0; x < dims.width; ++x) {
                const auto [u, v] = from(x + 0.5, y + 0.5);
                const int column = static_cast<int>(std::floor(u));
                const int row = static_cast<int>(std::floor(v));
                const bool inside =
                    row >= 0 && row < dims.height && column >= 0 && column < dims.width;
                std::uint8_t* to =
                    pixels + (static_cast<std::ptrdiff_t>(y) * dims.width + x) * dims.channels;
                if (!inside)
                    std::fill_n(to, channels(), std::uint8_t(0));
                else
                    std::copy_n(room.data() +
                                    (static_cast<std::ptrdiff_t>(row) * dims.width + column) *
                                        dims.channels,
                                channels(), to);
            }
    }
    /// other + factor (pixel - other), cut off as Pillow does. Products come from a table, so that
    /// no processor adds them unrounded: the same bits everywhere.
    template <class F>
    void blend(double factor, F other) {
        std::array<float, 511> products{};
        for (int difference = -255; difference <= 255; ++difference)
            products[static_cast<std::size_t>(difference + 255)] =
                static_cast<float>(factor) * static_cast<float>(difference);
        for (std::size_t i = 0; i < area() * channels(); ++i) {
            const int o = other(i);
            const float v =
                static_cast<float>(o) + products[static_cast<std::size_t>(pixels[i] - o + 255)];
            pixels[i] = static_cast<std::uint8_t>(std::clamp(v, 0.0f, 255.0f));
        }
    }
    /// A table for each channel.
    template <class F>
    void look_up(F table_of) {
        for (std::size_t c = 0; c < channels(); ++c) {
            std::array<int, 256> counts{};
            for (std::size_t p = 0; p < area(); ++p)
                ++counts[pixels[p * channels() + c]];
            const Bytes256 table = table_of(counts);
            for (std::size_t p = 0; p < area(); ++p)
                pixels[p * channels() + c] = table[pixels[p * channels() + c]];
        }
    }
};
template <class F>
Bytes256 table_of_values(F value) {
    Bytes256 table{};
    for (int v = 0; v < 256; ++v)
        table[static_cast<std::size_t>(v)] =
            static_cast<std::uint8_t>(std::clamp(value(v), 0, 255));
    return table;
}
inline Bytes256 stretched(const std::array<int, 256>& counts) {
    int low = 0;
    int high = 255;
    while (low < 255 && counts[static_cast<std::size_t>(low)] == 0)
        ++low;
    while (high > 0 && counts[static_cast<std::size_t>(high)] == 0)
        --high;
    if (high <= low)
        return table_of_values([](int v) { return v; });
    const double scale = 255.0 / (high - low);
    std::array<double, 256> products{};  // rounded before they are subtracted
    for (std::size_t v = 0; v < 256; ++v)
        products[v] = static_cast<double>(v) * scale;
    const double offset = products[static_cast<std::size_t>(low)];
    return table_of_values(
        [&](int v) { return static_cast<int>(products[static_cast<std::size_t>(v)] - offset); });
}
inline Bytes256 equalized(const std::array<int, 256>& counts) {
    int last = 0;  // the count of the largest value there is
    int all = 0;
    int different = 0;
    for (const int n : counts) {
        last = n > 0 ? n : last;
        all += n;
        different += n > 0;
    }
    const int step = (all - last) / 255;
    if (different < 2 || step == 0)
        return table_of_values([](int v) { return v; });
    int sum = step / 2;
    return table_of_values([&](int v) {
        const int value = sum / step;
        sum += counts[static_cast<std::size_t>(v)];
        return value;
    });
}
/// The mean of a pixel and its neighbors, of which it counts for five; the edge stays.
inline void smoothed(const OperationPicture& p, std::vector<std::uint8_t>& to) {
    to.assign(p.pixels, p.pixels + p.dims.size());
    const std::ptrdiff_t across = p.dims.channels;
    const std::ptrdiff_t row = p.dims.width * across;
    const auto three = [&](std::ptrdiff_t at) {
        return p.pixels[at - across] + p.pixels[at] + p.pixels[at + across];
    };
    for (std::ptrdiff_t y = 1; y + 1 < p.dims.height; ++y)
        for (std::ptrdiff_t at = y * row + across; at < (y + 1) * row - across; ++at) {
            const int sum = three(at - row) + three(at) + three(at + row) + 4 * p.pixels[at];
            to[static_cast<std::size_t>(at)] =
                static_cast<std::uint8_t>(static_cast<float>(sum) / 13 + 0.5f);
        }
}
inline void enhance(PictureOperation operation, double m, OperationPicture& p) {
    const std::size_t channels = p.channels();
    if (operation == PictureOperation::brightness)
        return p.blend(m, [](std::size_t) { return 0; });
    if (operation == PictureOperation::sharpness) {
        smoothed(p, p.room);
        return p.blend(m, [&](std::size_t i) { return int(p.room[i]); });
    }
    if (operation == PictureOperation::color) {
        p.room.resize(p.area());
        for (std::size_t i = 0; i < p.area(); ++i)
            p.room[i] = static_cast<std::uint8_t>(p.gray(i));
        return p.blend(m, [&](std::size_t i) { return int(p.room[i / channels]); });
    }
    double sum = 0;
    for (std::size_t i = 0; i < p.area(); ++i)
        sum += p.gray(i);
    const int mean = static_cast<int>(sum / static_cast<double>(p.area()) + 0.5);
    p.blend(m, [&](std::size_t) { return mean; });
}
inline void displace(PictureOperation operation, double m, OperationPicture& p) {
    using Place = std::pair<double, double>;
    const double middle_x = p.dims.width / 2.0;
    const double middle_y = p.dims.height / 2.0;
    const double turn = m * 3.141592653589793 / 180;
    const double c = std::cos(turn);
    const double s = std::sin(turn);
    p.move([&](double x, double y) {
        switch (operation) {
        case PictureOperation::shear_x:
            return Place{x + m * y, y};
        case PictureOperation::shear_y:
            return Place{x, y + m * x};
        case PictureOperation::translate_x:
            return Place{x - m, y};
        case PictureOperation::translate_y:
            return Place{x, y - m};
        default:
            return Place{middle_x + c * (x - middle_x) - s * (y - middle_y),
                         middle_y + s * (x - middle_x) + c * (y - middle_y)};
        }
    });
}
/// The magnitudes of a rule: the largest of each operation, and what scales with the picture.
struct Magnitudes {
    double shear, translate_x, translate_y, rotate, enhance;
    int bits;  ///< that posterize takes away
};
/// The operation at `strength` from 0 to 1, either way where there are two.
inline double magnitude_of(PictureOperation operation, double strength, bool other_way,
                           const Magnitudes& most) {
    const double sign = other_way ? -1 : 1;
    switch (operation) {
    case PictureOperation::shear_x:
    case PictureOperation::shear_y:
        return sign * strength * most.shear;
    case PictureOperation::translate_x:
        return sign * std::floor(strength * most.translate_x);
    case PictureOperation::translate_y:
        return sign * std::floor(strength * most.translate_y);
    case PictureOperation::rotate:
        return sign * strength * most.rotate;
    case PictureOperation::brightness:
    case PictureOperation::color:
    case PictureOperation::contrast:
    case PictureOperation::sharpness:
        return 1 + sign * strength * most.enhance;
    case PictureOperation::posterize:
        return 8 - std::round(strength * most.bits);
    case PictureOperation::solarize:
        return 255 * (1 - strength);
    default:
        return 0;
    }
}
inline constexpr std::uint32_t operation_count = 14;
}  // namespace detail

COLLAB_COMPILED void apply_operation(PictureOperation operation, double magnitude, Dims dims,
                                     std::uint8_t* picture) {
    thread_local std::vector<std::uint8_t> room;
    detail::OperationPicture p{dims, picture, room};
    switch (operation) {
    case PictureOperation::identity:
        return;
    case PictureOperation::brightness:
    case PictureOperation::color:
    case PictureOperation::contrast:
    case PictureOperation::sharpness:
        return detail::enhance(operation, magnitude, p);
    case PictureOperation::posterize: {
        const int kept = std::clamp(static_cast<int>(magnitude), 0, 8);
        const int mask = 256 - (1 << (8 - kept));
        return p.look_up(
            [&](const auto&) { return detail::table_of_values([&](int v) { return v & mask; }); });
    }
    case PictureOperation::solarize:
        return p.look_up([&](const auto&) {
            return detail::table_of_values([&](int v) { return v < magnitude ? v : 255 - v; });
        });
    case PictureOperation::auto_contrast:
        return p.look_up(detail::stretched);
    case PictureOperation::equalize:
        return p.look_up(detail::equalized);
    default:
        return detail::displace(operation, magnitude, p);
    }
}
COLLAB_COMPILED void TrivialAugment::operator()(Random random, Dims dims,
                                                std::uint8_t* picture) const {
    const Words w = random(0);
    const auto operation = static_cast<PictureOperation>(below(w.w[0], detail::operation_count));
    const double strength = below(w.w[1], 31) / 30.0;
    const bool other_way = (w.w[2] >> 31) != 0;
    apply_operation(
        operation,
        detail::magnitude_of(operation, strength, other_way, {0.99, 32, 32, 135, 0.99, 6}), dims,
        picture);
}
COLLAB_COMPILED void RandAugment::operator()(Random random, Dims dims,
                                             std::uint8_t* picture) const {
    const detail::Magnitudes most{0.3, 150.0 / 331 * dims.width, 150.0 / 331 * dims.height, 30, 0.9,
                                  4};
    for (int k = 0; k < operations; ++k) {
        const Words w = random(static_cast<std::uint64_t>(k));
        const auto operation =
            static_cast<PictureOperation>(below(w.w[0], detail::operation_count));
        const bool other_way = (w.w[1] >> 31) != 0;
        apply_operation(operation,
                        detail::magnitude_of(operation, magnitude / 30.0, other_way, most), dims,
                        picture);
    }
}
}  // namespace collab
