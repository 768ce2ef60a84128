// SPDX-License-Identifier: Apache-2.0
// cpu_huge_pages: where blocks of memory of the CPU backend begin, and that they are as large as
// was asked for.
#include <collab/backend/cpu/huge_pages.hpp>

#include <cstdint>
#include <cstring>
#include <utility>

#include <doctest/doctest.h>

#include <collab/backend/cpu/memory.hpp>

using namespace collab::backend;

TEST_CASE("small blocks begin on cache lines, large ones on large pages") {
    for (const std::size_t bytes : {std::size_t(1), std::size_t(64), large_page, large_block - 1,
                                    large_block, large_block + 1, 3 * large_page + 4096}) {
        void* const block = take_block(bytes);
        CHECK(reinterpret_cast<std::uintptr_t>(block) % (bytes < large_block ? 64 : large_page) ==
              0);
        std::memset(block, 1, bytes);
        release_block(block, bytes);
    }
}

TEST_CASE("a block that no machine has room for ends in a sentence") {
    CHECK_THROWS_WITH_AS(take_block(std::size_t(1) << 60),
                         "there is no memory for a block of 1099511627776.0 MiB; a smaller batch "
                         "or network takes less",
                         collab::OutOfMemory);
}

TEST_CASE("memory on large pages is zero, keeps its content when it moves, and ends") {
    const std::size_t n = 2 * large_block / sizeof(float) + 3;
    AlignedMemory<float> a(n);
    bool zero = true;
    for (std::size_t i = 0; i < n; ++i)
        zero = zero && a.data()[i] == 0;
    CHECK(zero);
    a.data()[n - 1] = 7;
    AlignedMemory<float> b(5);
    b = std::move(a);
    CHECK(b.size() == n);
    CHECK(b.data()[n - 1] == 7);
    CHECK(a.size() == 0);
    a = AlignedMemory<float>(n);
    CHECK(a.data()[n - 1] == 0);
}
