// SPDX-License-Identifier: Apache-2.0
// matrix_unit: a processor's unit for products of small matrices of bfloat16: where there is one,
// how it is asked for, and its instructions.
//
// Eigen has no packets for it and no other library of ours reaches it, so these instructions are
// the only ones of the library that name a processor. What uses them (split.hpp, unit_tiles.hpp,
// unit_pointwise.hpp) is plain C++ over any class with the members of AmxUnit; the tests have one
// that computes in loops.
#pragma once
#include <cstddef>
#include <cstdint>

#include <collab/core/config.hpp>

#ifdef COLLAB_MATRIX_UNIT
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace collab::backend::detail {

/// Two bfloat16, the first in the low half. A tile has 16 rows of 16 words.
using Word = std::uint32_t;
inline constexpr int unit_rows = 16;
inline constexpr int unit_words = unit_rows * unit_rows;

#ifdef COLLAB_MATRIX_UNIT
/// Intel's Advanced Matrix Extensions: eight tiles, of which a thread has the use while it has an
/// AmxUnit.
class AmxUnit {
public:
    AmxUnit() {
        struct alignas(64) {
            std::uint8_t palette = 1;
            std::uint8_t start = 0;
            std::uint8_t none[14] = {};
            std::uint16_t bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
            std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
        } const eight_whole_tiles;
        asm volatile("ldtilecfg %0" ::"m"(eight_whole_tiles));
    }
    ~AmxUnit() { asm volatile("tilerelease" ::); }
    AmxUnit(const AmxUnit&) = delete;
    AmxUnit& operator=(const AmxUnit&) = delete;

    /// Tile = 0.
    template <int Tile>
    COLLAB_INLINE void zero() {
        asm volatile("tilezero %%tmm%c0" ::"i"(Tile));
    }
    /// Rows of 16 numbers of 32 bits, `step` numbers apart.
    template <int Tile, class U>
    COLLAB_INLINE void load(const U* from, std::ptrdiff_t step) {
        asm volatile("tileloadd (%0,%1,1), %%tmm%c2" ::"r"(from), "r"(step * 4), "i"(Tile)
                     : "memory");
    }
    template <int Tile>
    COLLAB_INLINE void store(float* to, std::ptrdiff_t step) {
        asm volatile("tilestored %%tmm%c2, (%0,%1,1)" ::"r"(to), "r"(step * 4), "i"(Tile)
                     : "memory");
    }
    /// Sum[m][n] += the sum over j of A[m][j] B[j][n], A and B words: the products of their first
    /// halves and of their second.
    template <int Sum, int A, int B>
    COLLAB_INLINE void multiply() {
        asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" ::"i"(Sum), "i"(A), "i"(B));
    }

    /// Whether this processor has the unit and the system lets the program use it; asked once.
    static bool present() {
        static const bool allowed = [] {
            // ARCH_REQ_XCOMP_PERM of arch_prctl, and the state of the tiles
            constexpr long request = 0x1023;
            constexpr long tiles = 18;
            return ::syscall(SYS_arch_prctl, request, tiles) == 0;
        }();
        return allowed;
    }
};
using MatrixUnit = AmxUnit;
#else
struct NoMatrixUnit {
    static constexpr bool present() { return false; }
};
using MatrixUnit = NoMatrixUnit;
#endif

/// Whether kernels are compiled for a matrix unit; MatrixUnit::present() says whether there is one
/// to run them.
#ifdef COLLAB_MATRIX_UNIT
inline constexpr bool has_matrix_unit = true;
#else
inline constexpr bool has_matrix_unit = false;
#endif

}  // namespace collab::backend::detail
