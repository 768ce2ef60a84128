// SPDX-License-Identifier: Apache-2.0
// cifar: the binary versions of CIFAR-10 and CIFAR-100.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/core/path.hpp>
#include <collab/data/images.hpp>

namespace collab {
namespace detail {

inline constexpr int cifar_side = 32;
inline constexpr int cifar_area = cifar_side * cifar_side;

/// Adds the records of one file: `labels` bytes of labels, of which number `which` counts, then the
/// planes of red, green and blue. Returns how many there were.
int append_cifar(Images& images, const Path& path, std::size_t labels = 1, std::size_t which = 0);

/// One name a line; blank lines do not count.
std::vector<std::string> read_names(const Path& path, int expected);

}  // namespace detail

/// The records of one file of the binary version of CIFAR-10.
Images read_cifar10(const Path& path);

/// CIFAR-10: data_batch_1.bin to data_batch_5.bin and test_batch.bin, in `folder` or in its
/// cifar-10-batches-bin; class names from batches.meta.txt if it is there. The six files must be of
/// one length, since a file cut after a whole record shows no other sign.
Splits cifar10(const Path& folder);

/// CIFAR-100 has two labels for each picture: one of 100 classes, and the one of 20 groups that
/// this class belongs to.
enum class Cifar100Labels { fine, coarse };

/// The records of one file of the binary version of CIFAR-100, with one of the two labels.
Images read_cifar100(const Path& path, Cifar100Labels labels = Cifar100Labels::fine);

/// CIFAR-100: train.bin and test.bin, in `folder` or in its cifar-100-binary; class names from
/// fine_label_names.txt or coarse_label_names.txt if it is there. There must be five times as many
/// pictures for training as for testing, as there are in the original, since a file cut after a
/// whole record shows no other sign.
Splits cifar100(const Path& folder, Cifar100Labels labels = Cifar100Labels::fine);

}  // namespace collab

#ifdef COLLAB_BODIES
#include <collab/data/cifar-inl.hpp>
#endif
