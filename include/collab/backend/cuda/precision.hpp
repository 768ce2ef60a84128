// SPDX-License-Identifier: Apache-2.0
// precision: how a GPU multiplies matrices of float. A choice at compile time; what is stored stays
// float.
#pragma once

namespace collab {

/// Products of float in float.
struct Float32 {
    static constexpr const char* name = "float";
};
/// Factors rounded to 10 bits of mantissa, on tensor cores; sums in float. Results are good to
/// about 1e-3.
struct Tf32 {
    static constexpr const char* name = "float with TF32 products";
};
/// Factors rounded to bfloat16, 7 bits of mantissa, on tensor cores; sums in float. Results are
/// good to about 1e-2.
struct Bf16 {
    static constexpr const char* name = "float with bfloat16 products";
};

}  // namespace collab
