// SPDX-License-Identifier: Apache-2.0
// branches: what composites of lists of layers whose results lie side by side in the channels have
// in common.
#pragma once
#include <algorithm>

#include <collab/layer/execution_plan.hpp>
#include <collab/layer/flatten.hpp>

namespace collab::detail {

/// Self::source(in) is the shape that each branch reads. All branches give the same height and
/// width.
template <class Self, class... Branches>
struct BranchesSideBySide : LayerBase {
    using parts = Pack<flat_layers<Branches>...>;
    static constexpr int n = parts::size;
    template <int I>
    using branch = typename parts::template at<I>;
    static constexpr bool keeps_output = true;  // a branch may need its slice

    static constexpr bool accepts(Dims in) {
        bool good = true;
        Dims first{};
        static_for<n>([&](auto i) {
            const inferred_shapes<branch<i>> m(Self::source(in));
            if (!m.fits())
                good = false;
            else if (i == 0)
                first = m.output();
            else
                good = good && m.output().height == first.height && m.output().width == first.width;
        });
        return good;
    }
    static constexpr Dims output(Dims in) {
        Dims out = inferred_shapes<branch<0>>(Self::source(in)).output();
        out.channels = first_channel(in, n);
        return out;
    }
    static constexpr Footprint footprint(Dims in) { return before(in, n); }
    static constexpr long multiply_adds(Dims in) {
        long sum = 0;
        static_for<n>(
            [&](auto i) { sum += inferred_shapes<branch<i>>(Self::source(in)).multiply_adds; });
        return sum;
    }

protected:
    /// Where the result of a branch begins.
    static constexpr int first_channel(Dims in, int branches) {
        int sum = 0;
        static_for<n>([&](auto i) {
            if (i < branches)
                sum += inferred_shapes<branch<i>>(Self::source(in)).output().channels;
        });
        return sum;
    }
    /// What the branches before this one occupy.
    static constexpr Footprint before(Dims in, int branches) {
        Footprint f;
        static_for<n>([&](auto i) {
            if (i >= branches)
                return;
            const Footprint b = inferred_shapes<branch<i>>(Self::source(in)).footprint();
            f = {f.parameters + b.parameters, f.state + b.state, f.saved + b.saved,
                 f.fixed + b.fixed, std::max(f.scratch, b.scratch)};
        });
        return f;
    }
    template <int I, class In, class B, class T>
    static Memory<T> memory(const Context<B>& c, const Memory<T>& m) {
        constexpr Footprint f = before(In::dims, I);
        return m.after(f, c.capacity);
    }
};

}  // namespace collab::detail
