// SPDX-License-Identifier: Apache-2.0
// stl10: the binary version of STL-10: ten classes at 96 x 96, 500 training pictures of each, and
// ten folds of these.
#pragma once
#include <vector>

#include <collab/core/config.hpp>
#include <collab/core/path.hpp>
#include <collab/data/images.hpp>

namespace collab {
namespace detail {

inline constexpr int stl10_side = 96;
inline constexpr int stl10_area = stl10_side * stl10_side;
inline constexpr int stl10_record = 3 * stl10_area;

}  // namespace detail

/// Pictures and labels of two files of the binary version of STL-10. A picture is three planes,
/// each column by column; labels in the file count from 1, those of the result from 0.
Images read_stl10(const Path& images_path, const Path& labels_path);

/// STL-10: train_X.bin, train_y.bin, test_X.bin and test_y.bin, in `folder` or in its stl10_binary;
/// class names from class_names.txt if it is there. The pictures without labels (unlabeled_X.bin)
/// are not read.
Splits stl10(const Path& folder);

/// The folds of a file such as fold_indices.txt: on each line the indices of one, counted from 0,
/// each below `images` and at most once.
std::vector<std::vector<int>> read_folds(const Path& path, int images);

/// The ten folds of STL-10's protocol, of 1000 training pictures each (fold_indices.txt): train on
/// `pick(set.train, folds[k])`, test on the whole test set, and report the mean over the ten.
std::vector<std::vector<int>> stl10_folds(const Path& folder, int images = 5000);

}  // namespace collab

#ifdef COLLAB_BODIES
#include <collab/data/stl10-inl.hpp>
#endif
