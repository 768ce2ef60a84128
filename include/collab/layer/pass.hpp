// SPDX-License-Identifier: Apache-2.0
// pass: what a pass through a bound sequence is given: memory, and what happens at its ends.
#pragma once
#include <collab/backend/functor.hpp>
#include <collab/layer/concepts.hpp>
#include <collab/memory/view.hpp>

namespace collab {

/// Memory of a bound sequence. Buffers that count per sample were laid out for `capacity` samples.
template <class T>
struct Memory {
    const T* parameters = nullptr;
    T* gradients = nullptr;
    T* state = nullptr;
    T* saved = nullptr;
    T* fixed = nullptr;
    T* scratch = nullptr;

    /// The memory of what lies behind something of this footprint; scratch is free for everyone in
    /// turn.
    constexpr Memory after(const Footprint& f, int capacity) const {
        return {parameters + f.parameters,
                gradients ? gradients + f.parameters : nullptr,
                state ? state + f.state : nullptr,
                saved + capacity * f.saved,
                fixed + f.fixed,
                scratch};
    }
};

/// What becomes of the result of a sequence that ends in a normalization, in the pass that writes
/// it: f(result + skip).
template <class T, class F>
struct Ending {
    View<const T> skip;
    F f{};
};
/// Its backward pass: dy is the gradient of f(result + skip), which lies in `y`; g receives that of
/// the sum. `done`: dy is that of the sum already, and its sums have been taken.
template <class T, class F>
struct EndingGradient {
    View<const T> y;
    View<T> g;
    F f{};
    bool done = false;
};
/// The gradient that leaves a sequence is not gated on its way out (backend::OutputGate).
struct Ungated {};

}  // namespace collab
