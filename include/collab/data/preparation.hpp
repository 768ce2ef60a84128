// SPDX-License-Identifier: Apache-2.0
// preparation: how pictures must be prepared for a network, in words that a file keeps beside its
// weights.
#pragma once
#include <string>
#include <string_view>

#include <collab/core/config.hpp>
#include <collab/data/transforms.hpp>

namespace collab {

/// What a transform does outside of training: "pad 2 mean 0.286 stddev 0.353". Random choices are
/// not part of it.
std::string preparation_text(const Transform& transform);
/// The transform that `preparation_text` wrote. Throws Error, which names `source`, for any other
/// text.
Transform preparation_of(std::string_view text, std::string_view source);

}  // namespace collab

#ifdef COLLAB_BODIES
#include <collab/data/preparation-inl.hpp>
#endif
