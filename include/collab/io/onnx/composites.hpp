// SPDX-License-Identifier: Apache-2.0
// composites: how layers made of layers are written as ONNX.
#pragma once
#include <string>
#include <vector>

#include <collab/collaboration/merge.hpp>
#include <collab/collaboration/mkb_path.hpp>
#include <collab/io/onnx/layers.hpp>
#include <collab/layer/channel_split.hpp>
#include <collab/layer/concat.hpp>
#include <collab/layer/dense_block.hpp>
#include <collab/layer/residual.hpp>

namespace collab {

/// How a merge is written; specialize it for one of your own: `static std::string write(OnnxGraph&,
/// const std::string& x, const std::string& u)` adds nodes and returns the name of the result.
template <class M>
struct OnnxMerge;

namespace detail {
inline std::string one_plus_elu(OnnxGraph& g, const std::string& u) {
    return g.node("Add",
                  {g.node("Elu", {u}, {{"alpha", 1.0f}}), g.constant(g.fresh("one"), {1}, {1.0f})});
}
template <class M>
concept MergeWritesOnnx = requires(OnnxGraph& g, const std::string& s) {
    { OnnxMerge<M>::write(g, s, s) } -> std::same_as<std::string>;
};
}  // namespace detail
template <>
struct OnnxMerge<ProductMerge> {
    static std::string write(OnnxGraph& g, const std::string& x, const std::string& u) {
        return g.node("Mul", {detail::one_plus_elu(g, u), x});
    }
};
template <>
struct OnnxMerge<SumMerge> {
    static std::string write(OnnxGraph& g, const std::string& x, const std::string& u) {
        return g.node("Add", {detail::one_plus_elu(g, u), x});
    }
};
template <>
struct OnnxMerge<IdentityMerge> {
    static std::string write(OnnxGraph&, const std::string& x, const std::string&) { return x; }
};

template <class Body, class Shortcut>
struct OnnxLayer<Residual<Body, Shortcut>> {
    using L = Residual<Body, Shortcut>;
    template <StaticShape In>
    static OnnxValue write(OnnxWriter& out, In in, const OnnxValue& x) {
        std::vector<OnnxValue> both{out.sequence<ExecutionPlan<typename L::body_layers, In>>(x)};
        if constexpr (L::pads)
            both.push_back(padded(out, in, x));
        else
            both.push_back(out.sequence<ExecutionPlan<typename L::shortcut_layers, In>>(x));
        out.make_alike(both, L::output(in));
        return {out.graph().node("Add", OnnxWriter::names(both)), both[0].flat};
    }

private:
    /// Every stride-th pixel (a window of one), and zeros around the channels.
    static OnnxValue padded(OnnxWriter& out, Dims in, const OnnxValue& x) {
        const Dims result = L::output(in);
        const int down = in.height / result.height;
        const int along = in.width / result.width;
        OnnxValue skip = out.map(x, in);
        if (down > 1 || along > 1)
            skip =
                out.node("MaxPool", skip, {{"kernel_shape", {1, 1}}, {"strides", {down, along}}});
        return detail::onnx_padded(out, skip, in.channels, result.channels);
    }
};

template <class... Branches>
struct OnnxLayer<Concat<Branches...>> {
    using L = Concat<Branches...>;
    template <StaticShape In>
    static OnnxValue write(OnnxWriter& out, In in, const OnnxValue& x) {
        std::vector<OnnxValue> all;
        static_for<L::n>([&](auto i) {
            using Way = ExecutionPlan<typename L::template branch<i>, In>;
            all.push_back(out.sequence<Way>(x));
        });
        return out.joined(all, L::output(in));
    }
};
template <class... Lists>
struct OnnxLayer<DenseBlock<Lists...>> {
    using L = DenseBlock<Lists...>;
    template <StaticShape In>
    static OnnxValue write(OnnxWriter& out, In, const OnnxValue& x) {
        OnnxValue all = x;
        L::template each_part<In>([&](auto part, auto) {
            all = out.joined({all, out.sequence<decltype(part)>(all)}, In::dims);
        });
        return all;
    }
};
template <class... Branches>
struct OnnxLayer<ChannelSplit<Branches...>> {
    using L = ChannelSplit<Branches...>;
    template <StaticShape In>
    static OnnxValue write(OnnxWriter& out, In in, const OnnxValue& x) {
        const std::vector<OnnxValue> parts = out.split(x, in, L::n);
        std::vector<OnnxValue> all;
        L::template each_part<In>([&](auto part, auto) {
            all.push_back(out.sequence<decltype(part)>(parts[all.size()]));
        });
        return out.joined(all, L::output(in));
    }
};

template <class E, class T, class D, class M>
struct OnnxLayer<MutualKnowledge<E, T, D, M>> {
    static_assert(
        detail::MergeWritesOnnx<M>,
        "collab: this merge cannot be written as ONNX; specialize collab::OnnxMerge for it");
    template <StaticShape In>
    static OnnxValue write(OnnxWriter& out, In in, const OnnxValue& x) {
        OnnxValue u = x;
        MutualKnowledge<E, T, D, M>::template each_part<In>(
            [&](auto part, auto) { u = out.sequence<decltype(part)>(u); });
        std::vector<OnnxValue> both{x, u};
        out.make_alike(both, in);
        return {OnnxMerge<M>::write(out.graph(), both[0].name, both[1].name), both[0].flat};
    }
};

}  // namespace collab
