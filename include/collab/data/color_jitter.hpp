// SPDX-License-Identifier: Apache-2.0
// color_jitter: pictures made lighter, paler, grayer and of another hue, at random.
#pragma once
#include <cstdint>

#include <collab/core/config.hpp>
#include <collab/core/random.hpp>
#include <collab/core/shape.hpp>

namespace collab {

/// How far colors are changed. Each factor is drawn evenly from 1 - x to 1 + x (not below 0); the
/// hue is turned by up to `hue` of the whole wheel either way. The four are applied in a random
/// order.
struct ColorJitter {
    double brightness = 0;  ///< all values times the factor
    double contrast = 0;    ///< distances from the mean gray of the picture times the factor
    /// distances from the pixel's own gray times the factor; three channels only
    double saturation = 0;
    double hue = 0;  ///< 0 to 0.5; three channels only

    constexpr bool any() const {
        return brightness != 0 || contrast != 0 || saturation != 0 || hue != 0;
    }
};

namespace detail {

/// Turns the hue of one pixel by `turn` of the wheel, keeping its largest and its smallest value.
void turn_hue(float* p, float turn);
/// Changes a picture of bytes in place; works in floats and rounds once.
void change_colors(std::uint8_t* pixels, Dims dims, const ColorJitter& jitter, Random random,
                   float* scratch);

}  // namespace detail
}  // namespace collab

#ifdef COLLAB_BODIES
#include <collab/data/color_jitter-inl.hpp>
#endif
