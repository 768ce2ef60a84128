// SPDX-License-Identifier: Apache-2.0
// color_jitter-inl: the bodies of color_jitter.
#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <collab/data/color_jitter.hpp>

namespace collab::detail {
// ITU-R BT.601
inline float gray_of(const float* p) {
    return 0.299f * p[0] + 0.587f * p[1] + 0.114f * p[2];
}
COLLAB_COMPILED COLLAB_NOINLINE void turn_hue(float* p, float turn) {
    const float most = std::max({p[0], p[1], p[2]});
    const float least = std::min({p[0], p[1], p[2]});
    const float range = most - least;
    if (range <= 0)
        return;  // a gray has no hue
    float h = most == p[0]   ? (p[1] - p[2]) / range
              : most == p[1] ? 2 + (p[2] - p[0]) / range
                             : 4 + (p[0] - p[1]) / range;
    h = h / 6 + turn;
    h = 6 * (h - std::floor(h));  // sixths of the wheel
    // 1 around its own hue, falling to 0 over a sixth on both sides
    const auto value = [&](float shift) {
        float d = std::abs(h - shift);
        d = std::min(d, 6 - d);
        return least + range * std::clamp(2 - d, 0.0f, 1.0f);
    };
    p[0] = value(0);
    p[1] = value(2);
    p[2] = value(4);
}
/// Distances from `middle` times the factor, within [0, 1].
COLLAB_COMPILED COLLAB_NOINLINE void stretch(float* values, std::size_t n, float middle,
                                             float factor) {
    COLLAB_INDEPENDENT
    for (std::size_t i = 0; i < n; ++i)
        values[i] = std::clamp(middle + factor * (values[i] - middle), 0.0f, 1.0f);
}
COLLAB_COMPILED void change_colors(std::uint8_t* pixels, Dims dims, const ColorJitter& jitter,
                                   Random random, float* scratch) {
    const Words drawn = random(0);
    const Words order_words = random(1);
    const auto factor = [](double spread, std::uint32_t word) {
        const double least = std::max(0.0, 1 - spread);
        return static_cast<float>(least + (1 + spread - least) * uniform<double>(word));
    };
    const float brightness = factor(jitter.brightness, drawn.w[0]);
    const float contrast = factor(jitter.contrast, drawn.w[1]);
    const float saturation = factor(jitter.saturation, drawn.w[2]);
    const float hue = static_cast<float>(jitter.hue * (2 * uniform<double>(drawn.w[3]) - 1));
    std::array<int, 4> order{0, 1, 2, 3};
    for (std::size_t i = 4; i > 1; --i)
        std::swap(order[i - 1], order[below(order_words.w[i - 1], static_cast<std::uint32_t>(i))]);

    const auto size = static_cast<std::size_t>(dims.size());
    const auto area = static_cast<std::size_t>(dims.area());
    const bool color = dims.channels == 3;
    COLLAB_INDEPENDENT
    for (std::size_t i = 0; i < size; ++i)
        scratch[i] = static_cast<float>(pixels[i]) / 255;
    for (const int step : order) {
        if (step == 0 && jitter.brightness != 0)
            stretch(scratch, size, 0, brightness);
        if (step == 1 && jitter.contrast != 0) {
            double sum = 0;
            if (color)
                for (std::size_t p = 0; p < area; ++p)
                    sum += gray_of(scratch + 3 * p);
            else
                for (std::size_t i = 0; i < size; ++i)
                    sum += scratch[i];
            const float gray = static_cast<float>(sum / static_cast<double>(color ? area : size));
            stretch(scratch, size, gray, contrast);
        }
        if (step == 2 && jitter.saturation != 0 && color)
            for (std::size_t p = 0; p < area; ++p) {
                float* at = scratch + 3 * p;
                const float gray = gray_of(at);
                for (std::size_t c = 0; c < 3; ++c)
                    at[c] = std::clamp(gray + saturation * (at[c] - gray), 0.0f, 1.0f);
            }
        if (step == 3 && jitter.hue != 0 && color)
            for (std::size_t p = 0; p < area; ++p)
                turn_hue(scratch + 3 * p, hue);
    }
    COLLAB_INDEPENDENT
    for (std::size_t i = 0; i < size; ++i)
        pixels[i] = static_cast<std::uint8_t>(255 * scratch[i] + 0.5f);
}
}  // namespace collab::detail
