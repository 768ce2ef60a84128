// SPDX-License-Identifier: Apache-2.0
// onnx: a network as an ONNX file, for other programs to run.
#pragma once
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <collab/collaboration/merge.hpp>
#include <collab/collaboration/mkb_path.hpp>
#include <collab/io/layout.hpp>
#include <collab/io/onnx_graph.hpp>
#include <collab/io/replace_file.hpp>
#include <collab/io/weights.hpp>
#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/channel_shuffle.hpp>
#include <collab/layer/channel_split.hpp>
#include <collab/layer/concat.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/conv_transpose.hpp>
#include <collab/layer/cut.hpp>
#include <collab/layer/dense_block.hpp>
#include <collab/layer/dropout.hpp>
#include <collab/layer/maxout.hpp>
#include <collab/layer/pad_channels.hpp>
#include <collab/layer/pool.hpp>
#include <collab/layer/residual.hpp>

namespace collab {

/// How a layer of your own is written: specialize it with `static std::string write(OnnxGraph&,
/// Dims in, const std::string& x, const std::vector< std::vector<float>>& tensors)`, which adds
/// nodes and returns the name of the result; the tensors are its parameters and then its states, in
/// PyTorch's layout.
template <class L>
struct OnnxLayer;
/// The same for a merge: `static std::string write(OnnxGraph&, const std::string& x, const
/// std::string& u)`.
template <class M>
struct OnnxMerge;

namespace detail {
inline std::string one_plus_elu(OnnxGraph& g, const std::string& u) {
    return g.node("Add",
                  {g.node("Elu", {u}, {{"alpha", 1.0f}}), g.constant(g.fresh("one"), {1}, {1.0f})});
}
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

namespace detail {
template <class L>
concept WritesOnnx =
    requires(OnnxGraph& g, const std::string& x, const std::vector<std::vector<float>>& t) {
        { OnnxLayer<L>::write(g, Dims{}, x, t) } -> std::same_as<std::string>;
    };
template <class L>
inline constexpr bool is_cut = false;
template <class Tag>
inline constexpr bool is_cut<Cut<Tag>> = true;
template <class L>
inline constexpr bool is_dropout = false;
template <int P, int Q>
inline constexpr bool is_dropout<Dropout<P, Q>> = true;
template <class L>
inline constexpr bool is_transposed = false;
template <int Out, int K, class... Os>
inline constexpr bool is_transposed<ConvTranspose2d<Out, K, Os...>> = true;
template <class L>
inline constexpr bool is_norm = requires {
    { L::constants } -> std::convertible_to<backend::Normalization>;
};
template <class L>
inline constexpr int leaky = 0;
template <int P, int Q>
inline constexpr int leaky<LeakyRelu<P, Q>> = 1;
template <class L>
inline constexpr bool is_max_pool = false;
template <int K, class... Os>
inline constexpr bool is_max_pool<MaxPool<K, Os...>> = true;
template <class L>
inline constexpr bool is_average_pool = false;
template <int K, class... Os>
inline constexpr bool is_average_pool<AvgPool<K, Os...>> = true;
template <class L>
inline constexpr bool is_adaptive_pool = std::same_as<L, GlobalAvgPool>;
template <int H, int W>
inline constexpr bool is_adaptive_pool<AdaptiveAvgPool<H, W>> = true;
template <class L>
inline constexpr int maxout_pieces = 0;
template <int N>
inline constexpr int maxout_pieces<Maxout<N>> = N;
template <class L>
inline constexpr int shuffled_groups = 0;
template <int N>
inline constexpr int shuffled_groups<ChannelShuffle<N>> = N;
template <class L>
inline constexpr bool pads_channels = false;
template <int N>
inline constexpr bool pads_channels<PadChannels<N>> = true;
template <class L>
struct OnnxKind {
    static constexpr int value = 0;
};
template <class B, class S>
struct OnnxKind<Residual<B, S>> {
    static constexpr int value = 1;
};
template <class... Bs>
struct OnnxKind<Concat<Bs...>> {
    static constexpr int value = 2;
};
template <class... Ls>
struct OnnxKind<DenseBlock<Ls...>> {
    static constexpr int value = 3;
};
template <class... Bs>
struct OnnxKind<ChannelSplit<Bs...>> {
    static constexpr int value = 4;
};
template <class E, class T, class D, class M>
struct OnnxKind<MutualKnowledge<E, T, D, M>> {
    static constexpr int value = 5;
    using merge = M;
};

/// Walks a network and adds its nodes. Tensors are met in the order of the named_tensors.
class OnnxWalk {
public:
    /// A value of the graph; a flat one has no rows and columns.
    struct Value {
        std::string name;
        bool flat = false;
    };

    template <class M>
    OnnxWalk(OnnxGraph& graph, const M& model) : g_(graph) {
        const auto read = [](const std::vector<Named>& list, const auto& values,
                             std::vector<Tensor>& to) {
            for (const Named& n : list) {
                const Layout layout(n.tensor, {});  // flattened maps are transposed before
                const auto v = layout.theirs(values.data() + n.offset);
                to.push_back({name_for_others(n.name), layout.extents(),
                              std::vector<float>(v.begin(), v.end())});
            }
        };
        read(model.named_tensors().parameters, model.parameters(), parameters_);
        read(model.named_tensors().states, model.state(), states_);
    }

    template <class S>
    Value sequence(Value x) {
        static_for<S::depth>([&](auto i) {
            x = layer<typename S::template LayerAt<i>, typename S::template ShapeAt<i>>(x);
        });
        return x;
    }
    Value flattened(const Value& x, Dims d) {
        if (x.flat)
            return x;
        const std::string in_order = d.area() > 1 && d.channels > 1
                                         ? g_.node("Transpose", {x.name}, {{"perm", {0, 2, 3, 1}}})
                                         : x.name;
        return {g_.node("Flatten", {in_order}, {{"axis", 1}}), true};
    }

private:
    struct Tensor {
        std::string name;
        std::vector<std::int64_t> extents;
        std::vector<float> values;
    };
    using Attributes = std::vector<OnnxGraph::Attribute>;

    std::string parameter() { return constant(parameters_[at_parameter_++]); }
    std::string state() { return constant(states_[at_state_++]); }
    std::string constant(const Tensor& t) { return g_.constant(t.name, t.extents, t.values); }
    template <class W>
    static Attributes window(const W& w) {
        return {{"kernel_shape", {w.kernel.height, w.kernel.width}},
                {"strides", {w.stride.height, w.stride.width}},
                {"pads", {w.pad.height, w.pad.width, w.pad.height, w.pad.width}}};
    }

    template <class L, class In>
    Value layer(const Value& x) {
        constexpr Dims in = In::dims;
        const auto keep = [&](std::string name) { return Value{std::move(name), x.flat}; };
        if constexpr (WritesOnnx<L>) {
            std::vector<std::vector<float>> tensors;
            for (const auto& p : L::parameters(in)) {
                static_cast<void>(p);
                tensors.push_back(parameters_[at_parameter_++].values);
            }
            for (const auto& p : L::states(in)) {
                static_cast<void>(p);
                tensors.push_back(states_[at_state_++].values);
            }
            return keep(OnnxLayer<L>::write(g_, in, x.name, tensors));
        } else if constexpr (is_cut<L> || is_dropout<L>) {
            return x;
        } else if constexpr (std::same_as<L, Flatten>) {
            return flattened(x, in);
        } else if constexpr (is_linear<L>) {
            const Value flat = flattened(x, in);
            std::vector<std::string> inputs{flat.name, parameter()};
            if constexpr (L::has_bias)
                inputs.push_back(parameter());
            else
                inputs.push_back(
                    g_.constant(g_.fresh("no_bias"), {L::output(in).channels},
                                std::vector<float>(std::size_t(L::output(in).channels))));
            return {g_.node("Gemm", inputs, {{"transB", 1}}), true};
        } else if constexpr (is_norm<L>) {
            const std::string scale = parameter();
            const std::string shift = parameter();
            const std::string mean = state();
            const std::string variance = state();
            return keep(g_.node("BatchNormalization", {x.name, scale, shift, mean, variance},
                                {{"epsilon", float(L::constants.epsilon)}}));
        } else if constexpr (std::same_as<L, Relu>) {
            return keep(g_.node("Relu", {x.name}));
        } else if constexpr (std::same_as<L, Relu6>) {
            return keep(g_.node("Clip", {x.name}, {{"min", 0.0f}, {"max", 6.0f}}));
        } else if constexpr (std::same_as<L, Elu>) {
            return keep(g_.node("Elu", {x.name}, {{"alpha", 1.0f}}));
        } else if constexpr (std::same_as<L, Sigmoid>) {
            return keep(g_.node("Sigmoid", {x.name}));
        } else if constexpr (leaky<L> != 0) {
            return keep(
                g_.node("LeakyRelu", {x.name}, {{"alpha", float(L::function().negative_slope)}}));
        } else if constexpr (is_max_pool<L>) {
            Attributes a = window(L::window);
            if (L::window.ceil_mode)
                a.emplace_back("ceil_mode", 1);
            return keep(g_.node("MaxPool", {x.name}, a));
        } else if constexpr (is_average_pool<L>) {
            // Averages over padding are written as such: not every program that runs ONNX looks at
            // count_include_pad.
            detail::WindowOptions w = L::window;
            std::string from = x.name;
            if (!w.exclude_padding && w.pad != backend::Extent{0, 0}) {
                from = g_.node(
                    "Pad", {from},
                    {{"mode", "constant"},
                     {"pads", {0, 0, w.pad.height, w.pad.width, 0, 0, w.pad.height, w.pad.width}}});
                w.pad = {0, 0};
            }
            Attributes a = window(w);
            if (w.ceil_mode)
                a.emplace_back("ceil_mode", 1);
            return keep(g_.node("AveragePool", {from}, a));
        } else if constexpr (is_adaptive_pool<L>) {
            constexpr Dims out = L::output(in);
            if (x.flat || in == out)
                return x;
            if constexpr (out.area() == 1)
                return keep(g_.node("GlobalAveragePool", {x.name}));
            else {
                static_assert(in.height % out.height == 0 && in.width % out.width == 0,
                              "collab: ONNX has no adaptive pool whose windows differ in size");
                return keep(
                    g_.node("AveragePool", {x.name},
                            {{"kernel_shape", {in.height / out.height, in.width / out.width}},
                             {"strides", {in.height / out.height, in.width / out.width}}}));
            }
        } else if constexpr (maxout_pieces<L> != 0) {
            constexpr int pieces = maxout_pieces<L>;
            if constexpr (pieces == 1)
                return x;
            else
                return keep(
                    g_.node("Max", g_.node("Split", {x.name},
                                           {{"axis", 1},
                                            {"split", std::vector<int>(std::size_t(pieces),
                                                                       in.channels / pieces)}},
                                           pieces)));
        } else if constexpr (shuffled_groups<L> != 0) {
            constexpr int groups = shuffled_groups<L>;
            const std::string apart = g_.node(
                "Reshape", {x.name, g_.constant(g_.fresh("shape"), {0, groups, in.channels / groups,
                                                                    in.height, in.width})});
            const std::string turned = g_.node("Transpose", {apart}, {{"perm", {0, 2, 1, 3, 4}}});
            return keep(g_.node(
                "Reshape",
                {turned, g_.constant(g_.fresh("shape"), {0, in.channels, in.height, in.width})}));
        } else if constexpr (pads_channels<L>) {
            return keep(padded(x.name, in.channels, L::output(in).channels));
        } else if constexpr (OnnxKind<L>::value != 0) {
            return composite<L, In>(x);
        } else if constexpr (requires {
                                 {
                                     L::geometry(in, 1)
                                 } -> std::convertible_to<backend::Convolution>;
                             }) {
            Attributes a = window(L::window);
            if constexpr (is_transposed<L>)
                a.emplace_back("output_padding", std::vector<int>{L::window.output_pad.height,
                                                                  L::window.output_pad.width});
            else
                a.emplace_back("group", L::geometry(in, 1).groups);
            std::vector<std::string> inputs{x.name, parameter()};
            if constexpr (L::has_bias)
                inputs.push_back(parameter());
            return keep(g_.node(is_transposed<L> ? "ConvTranspose" : "Conv", inputs, a));
        } else {
            static_assert(WritesOnnx<L>, "collab: this layer cannot be written as ONNX; specialize "
                                         "collab::OnnxLayer for it");
            return x;
        }
    }
    std::string padded(const std::string& x, int from, int to) {
        const int before = (to - from) / 2;
        return from == to ? x
                          : g_.node("Pad", {x},
                                    {{"mode", "constant"},
                                     {"pads", {0, before, 0, 0, 0, to - from - before, 0, 0}}});
    }

    template <class L, class In>
    Value composite(const Value& x) {
        constexpr Dims in = In::dims;
        constexpr int kind = OnnxKind<L>::value;
        if constexpr (kind == 1) {
            const Value body = sequence<ExecutionPlan<typename L::body_layers, In>>(x);
            std::string skip = x.name;
            if constexpr (L::pads) {  // every stride-th pixel: a window of one
                constexpr Dims out = L::output(in);
                constexpr int down = in.height / out.height;
                constexpr int along = in.width / out.width;
                if constexpr (down > 1 || along > 1)
                    skip = g_.node("MaxPool", {skip},
                                   {{"kernel_shape", {1, 1}}, {"strides", {down, along}}});
                skip = padded(skip, in.channels, out.channels);
            } else {
                skip = sequence<ExecutionPlan<typename L::shortcut_layers, In>>(x).name;
            }
            return {g_.node("Add", {body.name, skip}), x.flat};
        } else if constexpr (kind == 2) {
            std::vector<std::string> all;
            static_for<L::n>([&](auto i) {
                all.push_back(sequence<ExecutionPlan<typename L::template branch<i>, In>>(x).name);
            });
            return {all.size() == 1 ? all[0] : g_.node("Concat", all, {{"axis", 1}}), x.flat};
        } else if constexpr (kind == 3) {
            Value all = x;
            L::template each_part<In>([&](auto part, auto) {
                const Value more = sequence<decltype(part)>(all);
                all = {g_.node("Concat", {all.name, more.name}, {{"axis", 1}}), x.flat};
            });
            return all;
        } else if constexpr (kind == 4) {
            if constexpr (L::n == 1) {
                Value out = x;
                L::template each_part<In>(
                    [&](auto part, auto) { out = sequence<decltype(part)>(x); });
                return out;
            } else {
                const auto parts =
                    g_.node("Split", {x.name},
                            {{"axis", 1},
                             {"split", std::vector<int>(std::size_t(L::n), in.channels / L::n)}},
                            L::n);
                std::vector<std::string> all;
                L::template each_part<In>([&](auto part, auto) {
                    all.push_back(sequence<decltype(part)>(Value{parts[all.size()], x.flat}).name);
                });
                return {g_.node("Concat", all, {{"axis", 1}}), x.flat};
            }
        } else {
            using M = typename OnnxKind<L>::merge;
            static_assert(
                requires(OnnxGraph& g, const std::string& s) { OnnxMerge<M>::write(g, s, s); },
                "collab: this merge cannot be written as ONNX; specialize collab::OnnxMerge for "
                "it");
            Value u = x;
            L::template each_part<In>([&](auto part, auto) { u = sequence<decltype(part)>(u); });
            return {OnnxMerge<M>::write(g_, x.name, u.name), x.flat};
        }
    }

    OnnxGraph& g_;
    std::vector<Tensor> parameters_, states_;
    std::size_t at_parameter_ = 0;
    std::size_t at_state_ = 0;
};
}  // namespace detail

struct OnnxOptions {
    int batch = 0;  ///< how many images at once; 0: any number
    std::string name = "network";
};

/// A network as the bytes of an ONNX file: input "images" [batch][channel][row][column], prepared
/// as for `predict`; output "logits" [batch][class].
template <detail::IsModel M>
std::string onnx(const M& model, const OnnxOptions& options = {}) {
    if (options.batch < 0)
        fail("an ONNX network takes at least 0 images at once, not ", options.batch,
             "; 0 is any number");
    OnnxGraph graph;
    detail::OnnxWalk walk(graph, model);
    constexpr Dims in = M::input;
    constexpr Dims out = M::output;
    const auto value = walk.flattened(walk.template sequence<typename M::Plan>({"images"}), out);
    graph.node_named("logits", value.name);
    return graph.encode(options.name, {"images", {in.channels, in.height, in.width}},
                        {"logits", {out.size()}}, options.batch, {{"collab", COLLAB_VERSION}});
}
/// Writes it to a file.
///
///     export_onnx(training.deploy<0>(), "small.onnx");
template <detail::IsModel M>
void export_onnx(const M& model, const std::string& path, const OnnxOptions& options = {}) {
    detail::replace_file(path, onnx(model, options), "the network");
}

}  // namespace collab
