// SPDX-License-Identifier: Apache-2.0
// cpu_features: a program that was compiled for another processor says so before it begins, instead
// of dying at an illegal instruction.
#pragma once
#include <cstdio>
#include <cstdlib>

#include <collab/core/config.hpp>

namespace collab::backend::detail {

/// A set of instructions: whether the compiler was allowed to use it, and whether this processor
/// has it.
struct CpuFeature {
    const char* name;
    bool compiled, present;
};

/// The first set that was compiled in and is not there; null if there is none.
template <int N>
COLLAB_BASELINE constexpr const char* first_missing(const CpuFeature (&sets)[N]) {
    for (const CpuFeature& s : sets)
        if (s.compiled && !s.present)
            return s.name;
    return nullptr;
}

/// The first set of instructions that this file was compiled for and that this processor lacks;
/// null if it has them all or cannot be asked.
COLLAB_BASELINE inline const char* missing_instructions() {
#if (defined(__GNUC__) || defined(__clang__)) && defined(__x86_64__)
    constexpr bool avx =
#ifdef __AVX__
        true;
#else
        false;
#endif
    constexpr bool avx2 =
#ifdef __AVX2__
        true;
#else
        false;
#endif
    constexpr bool fma =
#ifdef __FMA__
        true;
#else
        false;
#endif
    constexpr bool avx512 =
#ifdef __AVX512F__
        true;
#else
        false;
#endif
    constexpr bool avx512_more =
#if defined(__AVX512DQ__) || defined(__AVX512VL__) || defined(__AVX512BW__)
        true;
#else
        false;
#endif
    __builtin_cpu_init();
    const CpuFeature sets[] = {{"AVX", avx, __builtin_cpu_supports("avx") != 0},
                               {"AVX2", avx2, __builtin_cpu_supports("avx2") != 0},
                               {"FMA", fma, __builtin_cpu_supports("fma") != 0},
                               {"AVX-512F", avx512, __builtin_cpu_supports("avx512f") != 0},
                               {"AVX-512DQ, BW and VL", avx512_more,
                                __builtin_cpu_supports("avx512dq") &&
                                    __builtin_cpu_supports("avx512bw") &&
                                    __builtin_cpu_supports("avx512vl")}};
    return first_missing(sets);
#else
    return nullptr;
#endif
}

/// Ends the program with a sentence and status 1 if it was compiled for another processor.
COLLAB_BASELINE inline bool check_instructions() {
    if (const char* name = missing_instructions()) {
        std::fputs("collab: this program was compiled for processors with ", stderr);
        std::fputs(name, stderr);
        std::fputs(" instructions, which this processor lacks: compile it here, or for what every "
                   "machine it visits can do "
                   "(-march=x86-64-v3 needs AVX2, no -march option needs nothing)\n",
                   stderr);
        std::_Exit(1);
    }
    return true;
}

/// Checked before main: an exception from a constructor would come too late, and no caller could do
/// anything about it.
inline const bool instructions_checked = check_instructions();

}  // namespace collab::backend::detail
