// SPDX-License-Identifier: Apache-2.0
// contact_sheet: what there is to see before a training: how many pictures each class has, and a
// sheet of some of them.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <collab/core/error.hpp>
#include <collab/data/images.hpp>
#include <collab/data/picture.hpp>
#include <collab/data/sampler.hpp>

namespace collab {

/// How many pictures each class has.
inline std::vector<int> class_counts(const std::vector<int>& labels, int classes) {
    std::vector<int> counts(static_cast<std::size_t>(std::max(0, classes)));
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (labels[i] < 0 || labels[i] >= classes)
            fail("label ", i, " is ", labels[i], "; expected 0 to ", classes - 1);
        ++counts[static_cast<std::size_t>(labels[i])];
    }
    return counts;
}

namespace detail {
/// Copies a picture of `dims`, enlarged `zoom` times, to where `top` and `left` say.
inline void place(const std::uint8_t* picture, Dims dims, int zoom, int top, int left,
                  Picture& sheet) {
    const auto at = [](const Dims& of, int y, int x) {
        return (static_cast<std::size_t>(y) * static_cast<std::size_t>(of.width) +
                static_cast<std::size_t>(x)) *
               static_cast<std::size_t>(of.channels);
    };
    for (int y = 0; y < dims.height * zoom; ++y)
        for (int x = 0; x < dims.width * zoom; ++x)
            std::copy_n(picture + at(dims, y / zoom, x / zoom), sheet.dims.channels,
                        sheet.pixels.data() + at(sheet.dims, top + y, left + x));
}
}  // namespace detail

/// A contact sheet: a row for each of the first `rows` classes (one row, where targets are values),
/// with `columns` of its pictures, chosen by the seed, side by side. Small pictures are enlarged a
/// whole number of times, to about 64 pixels; what is missing is gray. Pictures of 2 channels show
/// the first only, those of more than 3 the first three.
inline Picture contact_sheet(const Images& images, int columns = 10, int rows = 20,
                             std::uint64_t seed = 1) {
    check(images);
    if (columns < 1 || rows < 1 || columns > 1000 || rows > 1000)
        fail("contact sheet: ", rows, " rows of ", columns, "; expected 1 to 1000 of both");
    const auto [labels, classes] = detail::strata(images);
    rows = std::min(rows, classes);
    const auto of = detail::shuffled_classes(labels, classes, Random{seed, 0x736865});
    constexpr int gap = 2;
    const int zoom = std::max(1, 64 / std::max(images.dims.height, images.dims.width));
    const int channels = images.dims.channels < 3 ? 1 : 3;
    const int cell_height = images.dims.height * zoom + gap;
    const int cell_width = images.dims.width * zoom + gap;
    const std::int64_t bytes = (static_cast<std::int64_t>(rows) * cell_height + gap) *
                               (static_cast<std::int64_t>(columns) * cell_width + gap) * channels;
    if (bytes > 1 << 30)
        fail("contact sheet: ", bytes, " bytes for ", rows, " rows of ", columns,
             " pictures; expected at most 1073741824: ask for fewer");
    Picture sheet{Dims{channels, rows * cell_height + gap, columns * cell_width + gap},
                  std::vector<std::uint8_t>(static_cast<std::size_t>(bytes), 128)};
    for (int row = 0; row < rows; ++row) {
        const std::vector<int>& members = of[static_cast<std::size_t>(row)];
        for (int column = 0; column < columns && column < static_cast<int>(members.size());
             ++column) {
            detail::place(images.image(members[static_cast<std::size_t>(column)]), images.dims,
                          zoom, row * cell_height + gap, column * cell_width + gap, sheet);
        }
    }
    return sheet;
}

}  // namespace collab
