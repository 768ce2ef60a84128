// SPDX-License-Identifier: Apache-2.0
// check_images: whether the pixels of a batch are numbers, before a network learns from them.
#pragma once
#include <cstddef>

#include <collab/core/config.hpp>
#include <collab/core/error.hpp>
#include <collab/core/shape.hpp>

namespace collab::detail {

/// Throws Error for the first NHWC pixel that is infinite or not a number. It reads memory that is
/// about to be copied, about 20 GB in a second.
void check_images(const float* images, Dims dims, std::size_t samples);

}  // namespace collab::detail

#ifdef COLLAB_BODIES
#include <collab/train/check_images-inl.hpp>
#endif
