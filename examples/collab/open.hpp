// SPDX-License-Identifier: Apache-2.0
// open: the data set that a word of the command line means.
#pragma once
#include <string>

#include <collab/data/images.hpp>
#include <collab/data/transforms.hpp>

namespace program {

/// What such words are, for --help.
inline constexpr const char* data_words = "mnist:DIR, fashion:DIR, cifar10:DIR, cifar100:DIR, "
                                          "cifar100-coarse:DIR, stl10:DIR, npy:DIR, folder:DIR, "
                                          "or synthetic[:N]";

/// What collab::open_data opens, and `folder:DIR`: JPEG and PNG files in DIR/train/CLASS and
/// DIR/val/CLASS, made into squares of `side` pixels.
collab::Splits open(const std::string& word, int side = 32);
/// Its test images; the others need not be there.
collab::Images open_test(const std::string& word, int side = 32);

/// What makes squares of `side` of pictures: smaller squares are padded, others scaled and cut.
collab::Transform made_square(const collab::Dims& pictures, int side);

}  // namespace program
