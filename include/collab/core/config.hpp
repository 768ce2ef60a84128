// SPDX-License-Identifier: Apache-2.0
// config: the version, and the few things that compilers spell differently. The only header that
// defines macros.
#pragma once

#if __cplusplus < 202002L && !(defined(_MSVC_LANG) && _MSVC_LANG >= 202002L)
#error "collab needs C++20: add -std=c++20"
#endif
#if defined(__GNUC__) && !defined(__EXCEPTIONS)
#error "collab reports errors by exceptions: compile without -fno-exceptions"
#endif
#ifdef __FAST_MATH__
#error "collab looks for NaN, which -ffast-math makes impossible: compile without it"
#endif
#ifdef I  // used as a name all over
#error "collab: <complex.h> makes a macro of I: include collab before it, or #undef I"
#undef I  // that is enough of an error
#endif

#define COLLAB_VERSION_MAJOR 0
#define COLLAB_VERSION_MINOR 1
#define COLLAB_VERSION_PATCH 0
#define COLLAB_VERSION "0.1.0"

// A function that a GPU compiler must also compile for the device.
#ifdef __NVCC__
#pragma nv_diag_suppress 2189  // attributes of a function that was declared before, fifty times
#endif

#ifdef __CUDACC__
#define COLLAB_HD __host__ __device__
#else
#define COLLAB_HD
#endif

// Kernels depend on their helpers being inlined: as calls they would spill every register
// (measured: a factor of ten).
#if defined(__GNUC__) || defined(__clang__)
#define COLLAB_INLINE inline __attribute__((always_inline))
#define COLLAB_LAMBDA_INLINE __attribute__((always_inline))
#define COLLAB_NOINLINE __attribute__((noinline))
// What runs once or seldom, or only calls kernels: made small, and left out of the work of
// inlining, which is what compilers take longest for.
#define COLLAB_COLD __attribute__((cold, noinline))
#else
#define COLLAB_INLINE inline
#define COLLAB_LAMBDA_INLINE
#define COLLAB_NOINLINE
#define COLLAB_COLD
#endif
// A kernel as large as this is made once: not again for the one call with a null pointer.
#if defined(__GNUC__) && !defined(__clang__) && !defined(__CUDACC__)
#define COLLAB_MADE_ONCE __attribute__((noinline, noclone))
#else
#define COLLAB_MADE_ONCE COLLAB_NOINLINE
#endif

// A function that must run on any processor of the family, whatever the others are compiled for.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__)
#define COLLAB_BASELINE __attribute__((target("arch=x86-64")))
#else
#define COLLAB_BASELINE
#endif

// Kernels for the matrix unit of the processor that is compiled for (backend/cpu/matrix_unit.hpp).
// Older versions of clang spell it the second way.
#if defined(__x86_64__) && defined(__linux__) &&                                                   \
    ((defined(__AMX_TILE__) && defined(__AMX_BF16__)) ||                                           \
     (defined(__AMXTILE__) && defined(__AMXBF16__)))
#define COLLAB_MATRIX_UNIT
#endif

// The iterations of the next loop do not depend on one another, whatever the pointers look like.
// What is left of it behind whole registers stays a loop: unrolled, as g++ does unless told, it
// would be most of the code. COLLAB_INDEPENDENT_FEW: of a number of iterations that the compiler
// knows, to be unrolled.
#if defined(__clang__)
#define COLLAB_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
// unrolled first, such a loop would not become vector code
#define COLLAB_INDEPENDENT_FEW                                                                     \
    COLLAB_INDEPENDENT                                                                             \
    _Pragma("clang loop unroll(disable)")
#elif defined(__GNUC__) && !defined(__CUDACC__)  // nvcc's own parser warns of "unroll"
#define COLLAB_INDEPENDENT _Pragma("GCC ivdep") _Pragma("GCC unroll 1")
#define COLLAB_INDEPENDENT_FEW _Pragma("GCC ivdep")
#elif defined(__GNUC__)
#define COLLAB_INDEPENDENT _Pragma("GCC ivdep")
#define COLLAB_INDEPENDENT_FEW COLLAB_INDEPENDENT
#else
#define COLLAB_INDEPENDENT
#define COLLAB_INDEPENDENT_FEW
#endif

// With COLLAB_PRECOMPILED the kernels of the CPU backend and whatever else is no template are only
// declared: the library of the CMake target collab::precompiled has them, weak ones: an inline
// function would be in no object file, and with __attribute__((used)) clang leaves out the symbol
// of a constructor that others than derived classes call.
#if defined(COLLAB_PRECOMPILED) && (defined(__GNUC__) || defined(__clang__))
#define COLLAB_COMPILED __attribute__((weak))
#else
#define COLLAB_COMPILED inline
#endif
// Where a header is to give the bodies, too: everywhere without COLLAB_PRECOMPILED, and in the one
// file of that library that has them.
#if !defined(COLLAB_PRECOMPILED) || defined(COLLAB_PRECOMPILING)
#define COLLAB_BODIES
#endif
