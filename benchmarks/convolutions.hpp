// SPDX-License-Identifier: Apache-2.0
// convolutions: what a network computes, taken from its description: the geometry of every
// convolution and product.
#pragma once
#include <string>

#include <collab/backend/geometry.hpp>
#include <collab/core/error.hpp>
#include <collab/layer/execution_plan.hpp>
#include <collab/model/concepts.hpp>

namespace collab::benchmarks {

/// f(geometry, transposed) for every convolution of a list of layers, those inside residual blocks
/// included, and g(product) for every linear layer.
template <class List, StaticShape In, class F, class G>
void each_operation(int batch, F&& f, G&& g) {
    using Bound = ExecutionPlan<List, In>;
    static_for<Bound::depth>([&](auto i) {
        using L = typename Bound::template LayerAt<i>;
        using Here = typename Bound::template ShapeAt<i>;
        if constexpr (Composite<L>) {  // residual blocks: both ways begin at the same map
            static_for<L::parts::size>([&](auto p) {
                each_operation<typename L::parts::template at<p>, Here>(batch, f, g);
            });
        } else if constexpr (requires {
                                 L::geometry(Dims{}, 1);
                                 L::has_bias;
                             }) {
            const backend::Convolution c = L::geometry(Here::dims, batch);
            f(c, c.in != Here::dims || c.out != Bound::table.shapes[i + 1]);
        } else if constexpr (requires { L::has_bias; }) {
            g(backend::Product{batch, Here::dims.size(), Bound::table.shapes[i + 1].channels});
        }
    });
}

inline bool depthwise(const backend::Convolution& g) {
    return g.groups > 1 && g.groups == g.in.channels;
}

/// Floating-point operations of the direct algorithm; faster algorithms are credited with the same.
inline double direct_flops(const backend::Convolution& g) {
    return 2.0 * g.batch * g.out.area() * g.weights();
}

/// "3x3 s2 16-32 32x32 b128": kernel, stride, channels, input map, batch.
inline std::string text(const backend::Convolution& g) {
    const std::string stride = g.stride.height > 1 ? sentence(" s", g.stride.height) : "";
    const std::string channels = depthwise(g) ? sentence("dw ", g.in.channels)
                                              : sentence(g.in.channels, "-", g.out.channels);
    return sentence(g.kernel.height, "x", g.kernel.width, stride, " ", channels, " ", g.in.height,
                    "x", g.in.width, " b", g.batch);
}

}  // namespace collab::benchmarks
