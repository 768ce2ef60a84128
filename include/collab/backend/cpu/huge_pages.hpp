// SPDX-License-Identifier: Apache-2.0
// huge_pages: blocks of memory on cache lines, large ones on large pages where the system offers
// them.
//
// A training step walks over hundreds of megabytes, with small maps a register of channels at a
// time: with pages of 4 kB the processor spends a tenth of the step on finding out where they are.
#pragma once
#include <cstddef>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <collab/core/error.hpp>

namespace collab::backend {

/// Bytes of a large page, and from where on a block asks for them.
inline constexpr std::size_t large_page = std::size_t(2) << 20;
inline constexpr std::size_t large_block = 2 * large_page;

/// Memory on a cache-line boundary, to be given back by release_block with the same number of
/// bytes. Throws OutOfMemory, which is a std::bad_alloc.
inline void* take_block(std::size_t bytes) {
    const std::size_t boundary = bytes < large_block ? 64 : large_page;
    void* const block = ::operator new(bytes, std::align_val_t{boundary}, std::nothrow);
    if (block == nullptr)
        throw OutOfMemory(bytes);
    if (bytes < large_block)
        return block;
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    // a wish: where it is not granted nothing changes
    (void)madvise(block, bytes / large_page * large_page, MADV_HUGEPAGE);
#endif
    return block;
}
inline void release_block(void* block, std::size_t bytes) {
    if (bytes < large_block)
        ::operator delete(block, std::align_val_t{64});
    else
        ::operator delete(block, std::align_val_t{large_page});
}

}  // namespace collab::backend
