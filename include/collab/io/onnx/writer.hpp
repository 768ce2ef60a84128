// SPDX-License-Identifier: Apache-2.0
// writer: walks a network and lets each layer add its nodes to an ONNX graph.
#pragma once
#include <concepts>
#include <string>
#include <utility>
#include <vector>

#include <collab/io/layout.hpp>
#include <collab/io/onnx_graph.hpp>
#include <collab/layer/execution_plan.hpp>
#include <collab/model/named_tensors.hpp>

namespace collab {

/// A value of the graph: [batch][feature] when flat, [batch][channel][row][column] otherwise.
/// Features and channels are in the library's order.
struct OnnxValue {
    std::string name;
    bool flat = false;
};

/// How a layer is written: one specialization for each. Specialize it for a layer of your own in
/// one of two forms. The short one is for a layer whose result is flat where its input is; it adds
/// nodes and returns the name of the result. `tensors` are the layer's parameters and then its
/// states, in PyTorch's layout.
///
///     static std::string write(OnnxGraph& g, Dims in, const std::string& x,
///                              const std::vector<std::vector<float>>& tensors);
///
/// The long one is that of the library's own layers (io/onnx/layers.hpp). It must accept flat
/// values and maps (`writer.flat`, `writer.map`), and takes its tensors in the order in which it
/// lists them (`writer.parameter`, `writer.state`).
///
///     static OnnxValue write(OnnxWriter& writer, Dims in, const OnnxValue& x);
///
/// A layer of the library may say it itself, without including any of this, in the member that the
/// specialization for it hands on to:
///
///     template <class Writer, class Value>
///     static Value write_onnx(Writer& writer, Dims in, const Value& x);
template <class L>
struct OnnxLayer;

class OnnxWriter;

namespace detail {
template <class L>
concept WritesItselfAsOnnx = requires(OnnxWriter& writer, const OnnxValue& x) {
    { L::write_onnx(writer, Dims{}, x) } -> std::same_as<OnnxValue>;
};
}  // namespace detail
template <detail::WritesItselfAsOnnx L>
struct OnnxLayer<L> {
    static OnnxValue write(OnnxWriter& writer, Dims in, const OnnxValue& x) {
        return L::write_onnx(writer, in, x);
    }
};

namespace detail {
template <class L, class In>
concept WritesOnnx = requires(OnnxWriter& writer, const OnnxValue& x) {
    { OnnxLayer<L>::write(writer, In{}, x) } -> std::same_as<OnnxValue>;
};
template <class L>
concept WritesOnnxShortly =
    requires(OnnxGraph& g, const std::string& x, const std::vector<std::vector<float>>& t) {
        { OnnxLayer<L>::write(g, Dims{}, x, t) } -> std::same_as<std::string>;
    };
}  // namespace detail

/// Walks a network and adds its nodes. Tensors are met in the order of the named_tensors.
class OnnxWriter {
public:
    /// A tensor of the network, in PyTorch's layout.
    struct Tensor {
        std::string name;
        std::vector<std::int64_t> extents;
        std::vector<float> values;
    };
    using Attributes = std::vector<OnnxGraph::Attribute>;

    OnnxWriter(OnnxGraph& graph, std::vector<Tensor> parameters, std::vector<Tensor> states)
        : g_(graph),
          parameters_(std::move(parameters)),
          states_(std::move(states)) {}

    OnnxGraph& graph() { return g_; }
    /// A node that leaves a value as flat as it is.
    OnnxValue node(std::string_view op, const OnnxValue& x, const Attributes& attributes = {}) {
        return {g_.node(op, {x.name}, attributes), x.flat};
    }
    /// The next parameter or state of the layer, as a constant of the file.
    std::string parameter() { return constant(parameters_[at_parameter_++]); }
    std::string state() { return constant(states_[at_state_++]); }

    /// A value as [batch][feature].
    OnnxValue flat(const OnnxValue& x, Dims d) {
        if (x.flat)
            return x;
        const bool turn = d.area() > 1 && d.channels > 1;
        const std::string in_order =
            turn ? g_.node("Transpose", {x.name}, {{"perm", {0, 2, 3, 1}}}) : x.name;
        return {g_.node("Flatten", {in_order}, {{"axis", 1}}), true};
    }
    /// A value as [batch][channel][row][column].
    OnnxValue map(const OnnxValue& x, Dims d) {
        return x.flat ? OnnxValue{reshaped(x.name, {0, d.channels, d.height, d.width}), false} : x;
    }
    /// Values of one height and width that are to meet: all flat, or none.
    void make_alike(std::vector<OnnxValue>& values, Dims d) {
        bool any_flat = false;
        for (const OnnxValue& v : values)
            any_flat = any_flat || v.flat;
        for (OnnxValue& v : values)
            if (any_flat)
                v = flat(v, d);
    }
    /// Values side by side in the channels.
    OnnxValue joined(std::vector<OnnxValue> values, Dims d) {
        make_alike(values, d);
        if (values.size() == 1)
            return values[0];
        return {g_.node("Concat", names(values), {{"axis", 1}}), values[0].flat};
    }
    /// `count` equal parts of the channels.
    std::vector<OnnxValue> split(const OnnxValue& x, Dims d, int count) {
        if (count == 1)
            return {x};
        const std::vector<int> sizes(std::size_t(count), d.channels / count);
        std::vector<OnnxValue> parts;
        for (std::string& name : g_.node("Split", {x.name}, {{"axis", 1}, {"split", sizes}}, count))
            parts.push_back({std::move(name), x.flat});
        return parts;
    }
    std::string reshaped(const std::string& x, const std::vector<std::int64_t>& extents) {
        return g_.node("Reshape", {x, g_.constant(g_.fresh("shape"), extents)});
    }
    static std::vector<std::string> names(const std::vector<OnnxValue>& values) {
        std::vector<std::string> all;
        for (const OnnxValue& v : values)
            all.push_back(v.name);
        return all;
    }

    /// The layers of a bound sequence, one behind the other.
    template <class S>
    OnnxValue sequence(OnnxValue x) {
        static_for<S::depth>([&](auto i) {
            x = layer<typename S::template LayerAt<i>, typename S::template ShapeAt<i>>(x);
        });
        return x;
    }

private:
    template <class L, class In>
    OnnxValue layer(const OnnxValue& x) {
        if constexpr (detail::WritesOnnx<L, In>) {
            return OnnxLayer<L>::write(*this, In{}, x);
        } else if constexpr (detail::WritesOnnxShortly<L>) {
            std::vector<std::vector<float>> tensors;
            for (std::size_t k = L::parameters(In::dims).size(); k > 0; --k)
                tensors.push_back(parameters_[at_parameter_++].values);
            for (std::size_t k = L::states(In::dims).size(); k > 0; --k)
                tensors.push_back(states_[at_state_++].values);
            return {OnnxLayer<L>::write(g_, In::dims, x.name, tensors), x.flat};
        } else {
            // A plain value: of a concept, an error would print every requirement.
            constexpr bool writes_onnx = detail::WritesOnnx<L, In>;
            static_assert(writes_onnx, "collab: this layer cannot be written as ONNX; specialize "
                                       "collab::OnnxLayer for it");
            return x;
        }
    }
    std::string constant(const Tensor& t) { return g_.constant(t.name, t.extents, t.values); }

    OnnxGraph& g_;
    std::vector<Tensor> parameters_, states_;
    std::size_t at_parameter_ = 0;
    std::size_t at_state_ = 0;
};

}  // namespace collab
