// SPDX-License-Identifier: Apache-2.0
// npy: arrays as NumPy saves them, and pictures and labels from two of them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/core/path.hpp>
#include <collab/data/images.hpp>

namespace collab {

/// One array: its extents, its kind of number, and the bytes of its elements, the last extent
/// running fastest.
struct NpyArray {
    std::vector<std::uint64_t> shape;
    char kind = 'u';  ///< 'u' unsigned, 'i' signed, 'f' floating point, 'b' truth value
    int width = 1;    ///< bytes of one element
    bool big_endian = false;
    std::vector<std::uint8_t> bytes;
    std::string name;  ///< appears in messages

    std::uint64_t elements() const {
        std::uint64_t n = 1;
        // read_npy has seen that this does not overflow
        for (const std::uint64_t e : shape)
            n *= e;
        return n;
    }
    /// Element i of an array of any kind.
    double number(std::uint64_t i) const;
    /// "(60000, 28, 28)"
    std::string shape_text() const;
    /// "uint8", as NumPy calls it
    std::string type_text() const;
    /// Element i of an array of integers of at most 64 bits; an unsigned one above 2^63 - 1 wraps
    /// around.
    std::int64_t integer(std::uint64_t i) const {
        const std::uint8_t* at = bytes.data() + i * static_cast<std::uint64_t>(width);
        std::uint64_t v = 0;
        for (int b = 0; b < width; ++b)
            v = v << 8 | at[big_endian ? b : width - 1 - b];
        const int unused = 64 - 8 * width;
        return kind == 'i' ? static_cast<std::int64_t>(v << unused) >> unused
                           : static_cast<std::int64_t>(v);
    }
};

/// An array in NumPy's format (versions 1 to 3), taken from `read(out, n)`, which gives as many
/// bytes as there are, up to n. There must be `size` bytes in all; nothing is allocated before that
/// is seen to agree with the header.
NpyArray read_npy(const std::function<std::size_t(void*, std::size_t)>& read, std::uint64_t size,
                  std::string name);

/// The array of one .npy file.
NpyArray read_npy(const Path& path);

namespace detail {
/// Gives the pictures the targets of an array of shape (images, ...).
void add_targets(Images& images, const NpyArray& values);
}  // namespace detail

/// Pictures from an array of uint8 of shape (images, height, width) or (images, height, width,
/// channels), and labels from one of integers of shape (images) or (images, 1). With `classes` = 0
/// there are as many classes as the largest label asks for. Targets are values where the second
/// array has floats or several values for each image: (images) or (images, ...), all of one picture
/// in a row; `classes` is 0 then.
Images images_from(NpyArray pictures, const NpyArray& labels, std::string name, int classes = 0);

/// The same from two .npy files.
Images read_npy_images(const Path& pictures, const Path& labels, std::string name, int classes = 0);

/// x_train.npy, y_train.npy, x_test.npy and y_test.npy of a folder: pictures and labels as
/// `images_from` wants them: class numbers or target values. The training labels say how many
/// classes there are.
Splits npy_set(const Path& folder);

}  // namespace collab

#ifdef COLLAB_BODIES
#include <collab/data/npy-inl.hpp>
#endif
