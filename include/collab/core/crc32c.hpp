// SPDX-License-Identifier: Apache-2.0
// crc32c: a checksum of bytes, for files that must not be believed when a disk has changed them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <collab/core/config.hpp>

namespace collab::detail {

/// CRC-32C (Castagnoli; RFC 3720, appendix B.4). `before` is the checksum of what comes before
/// these bytes.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);

}  // namespace collab::detail

#ifdef COLLAB_BODIES
#include <collab/core/crc32c-inl.hpp>
#endif
