// SPDX-License-Identifier: Apache-2.0
// shape_inference: what a list of layers makes of a shape, in numbers: shapes, parameters, and
// where every value lies.
//
// Values are numbered 0 (the input) to depth (the output); layer i turns value i into value i + 1.
// A value lies in storage of its own, or in that of the value before where the layer between is an
// alias or an activation that may run in place. The normalized input of a convolution is virtual:
// it has no storage, for it is formed from what was normalized whenever it is read.
#pragma once
#include <algorithm>
#include <array>

#include <collab/layer/concepts.hpp>
#include <collab/layer/sequential.hpp>

namespace collab {

namespace detail {
/// What a list of layers makes of a shape; `misfit` is the first layer that does not accept what it
/// gets, or depth.
template <class... Ls>
struct InferredShapes {
    static constexpr int depth = sizeof...(Ls);
    std::array<Dims, depth + 1> shapes{};
    std::array<int, depth + 1> parameters{};
    std::array<int, depth + 1> state{};
    std::array<int, depth + 1> home{};
    // offsets; values and saved per sample
    std::array<long, depth + 1> values{};
    std::array<long, depth + 1> saved{};
    std::array<long, depth + 1> fixed{};
    std::array<bool, depth + 1> is_virtual{};
    // the layer that makes a virtual value
    std::array<int, depth + 1> normalized_by{};
    long widest = 0;
    long inner_scratch = 0;
    long multiply_adds = 0;
    int misfit = depth;

    /// `result_elsewhere`: whoever runs the layers always says where the result goes; that of a
    /// normalization then needs no storage here.
    constexpr explicit InferredShapes(Dims in, bool result_elsewhere = false) {
        shapes.fill(in);
        [[maybe_unused]] State s;
        (add<Ls>(s), ...);
        if (result_elsewhere && fits() && s.normalization >= 0 && !s.activated)
            alias(home[depth], depth);
    }
    constexpr bool fits() const { return misfit == depth; }
    constexpr Dims output() const { return shapes[depth]; }
    /// Storage of all values and of what layers save, then scratch for two gradients and the inside
    /// of layers.
    constexpr Footprint footprint() const {
        return {parameters[depth], state[depth], values[depth] + saved[depth], fixed[depth],
                2 * widest + inner_scratch};
    }

private:
    struct State {
        int i = 0;
        bool spare = false;      // may the next layer overwrite this value?
        int normalization = -1;  // the normalization that made this value, activated or not
        bool activated = false;
    };
    /// Values `first` to `last` lie where the one before them does.
    constexpr void alias(int first, int last) {
        for (auto k = std::size_t(first); k <= std::size_t(last); ++k)
            values[k] = values[std::size_t(first) - 1];
    }
    template <class L>
    constexpr void add(State& s) {
        const int i = s.i++;
        const auto n = std::size_t(i);
        if (misfit < depth)
            return;
        const Dims in = shapes[n];
        if (!L::accepts(in)) {
            misfit = i;
            return;
        }
        if (s.normalization >= 0 && convolves<L>(in)) {
            is_virtual[n] = true;
            normalized_by[n] = s.normalization;
            alias(home[n], i);  // its storage was the last one given
        }
        const Dims out = shapes[n + 1] = L::output(in);
        const Footprint f = L::footprint(in);
        parameters[n + 1] = parameters[n] + f.parameters;
        state[n + 1] = state[n] + f.state;
        saved[n + 1] = saved[n] + f.saved;
        fixed[n + 1] = fixed[n] + f.fixed;
        const bool shares = L::alias || (L::in_place && s.spare);
        home[n + 1] = shares ? home[n] : i + 1;
        values[n + 1] = values[n] + (shares ? 0 : (long(out.size()) + 15) / 16 * 16);
        inner_scratch = std::max(inner_scratch, f.scratch);
        widest =
            std::max({widest, (long(in.size()) + 15) / 16 * 16, (long(out.size()) + 15) / 16 * 16});
        multiply_adds += L::multiply_adds(in);
        s.spare = !L::alias && !L::keeps_output;
        if (normalizes<L>) {
            s.normalization = i;
            s.activated = false;
        } else if (FusableActivation<L> && s.normalization >= 0 && !s.activated)
            s.activated = true;
        else
            s.normalization = -1;
    }
};
template <class P>
struct InferredShapesOf;
template <class... Ls>
struct InferredShapesOf<Pack<Ls...>> {
    using type = InferredShapes<Ls...>;
};
}  // namespace detail

/// The measure of a list of layers.
template <class P>
using inferred_shapes = typename detail::InferredShapesOf<P>::type;

}  // namespace collab
