// SPDX-License-Identifier: Apache-2.0
// transform_params: what is chosen at random for a picture: where it is cut, whether it is
// mirrored, where its hole is. The same bits on every device.
#pragma once
#include <cstdint>

#include <collab/core/config.hpp>
#include <collab/core/random.hpp>
#include <collab/core/shape.hpp>

namespace collab {

/// The generator of the choices for one picture in one epoch: the same on any thread, in any order,
/// for any batch size.
COLLAB_HD constexpr Random sample_random(std::uint64_t seed, int epoch, int index) {
    return Random{seed, 0x617567}
        .child(static_cast<std::uint64_t>(epoch))
        .child(static_cast<std::uint64_t>(index));
}

/// Whether a picture is mirrored in this epoch, if it is in every second one.
COLLAB_HD constexpr bool alternately_mirrored(std::uint64_t seed, int epoch, int index) {
    const bool even = (Random{seed, 0x666c70}.word(static_cast<std::uint64_t>(index)) >> 31) != 0;
    return even == (epoch % 2 == 0);
}

namespace detail {

/// How a picture is cut out, once it has its size.
struct PictureFrame {
    Dims in, out;
    int added;  ///< black pixels on each side of what comes in
    bool flip;
    int cutout;            ///< side of the hole; 0: none
    bool reflect = false;  ///< added pixels are not black, but mirrored at the edge
    COLLAB_HD constexpr int spare_y() const { return in.height + 2 * added - out.height; }
    COLLAB_HD constexpr int spare_x() const { return in.width + 2 * added - out.width; }
};

/// Where a picture is cut out: its first pixel in the picture that comes in (which may lie
/// outside), and the hole, [from, to) in what comes out.
struct PictureChoice {
    int top, left;
    bool mirrored;
    int hole_top, hole_bottom, hole_left, hole_right;
};

/// A row or column outside of a picture, mirrored at its edge, as often as needed.
COLLAB_HD constexpr int reflected(int at, int extent) {
    if (extent == 1)
        return 0;
    const int period = 2 * extent - 2;
    const int m = (at < 0 ? -at : at) % period;
    return m < extent ? m : period - m;
}
COLLAB_HD constexpr int within(int value, int most) {
    return value < 0 ? 0 : value > most ? most : value;
}

/// Outside training the middle, as it is.
COLLAB_HD constexpr PictureChoice choose(const PictureFrame& f, const Random& random,
                                         bool training) {
    const int spare_y = f.spare_y();
    const int spare_x = f.spare_x();
    PictureChoice c{spare_y / 2 - f.added, spare_x / 2 - f.added, false, 0, 0, 0, 0};
    if (training && (f.flip || spare_y || spare_x)) {
        const Words w = random(0);
        c.top = static_cast<int>(below(w.w[0], static_cast<std::uint32_t>(spare_y) + 1)) - f.added;
        c.left = static_cast<int>(below(w.w[1], static_cast<std::uint32_t>(spare_x) + 1)) - f.added;
        c.mirrored = f.flip && (w.w[2] >> 31) != 0;
    }
    if (training && f.cutout > 0) {
        const Words w = random(1);
        const int y = static_cast<int>(below(w.w[0], static_cast<std::uint32_t>(f.out.height))) -
                      f.cutout / 2;
        const int x =
            static_cast<int>(below(w.w[1], static_cast<std::uint32_t>(f.out.width))) - f.cutout / 2;
        c.hole_top = within(y, f.out.height);
        c.hole_bottom = within(y + f.cutout, f.out.height);
        c.hole_left = within(x, f.out.width);
        c.hole_right = within(x + f.cutout, f.out.width);
    }
    return c;
}

}  // namespace detail
}  // namespace collab
