// SPDX-License-Identifier: Apache-2.0
// onnx: a network as an ONNX file, for other programs to run.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include <collab/core/facts.hpp>
#include <collab/io/onnx/composites.hpp>
#include <collab/io/onnx/layers.hpp>
#include <collab/io/onnx/pools.hpp>
#include <collab/io/onnx/writer.hpp>
#include <collab/io/replace_file.hpp>
#include <collab/io/weights.hpp>

namespace collab {

struct OnnxOptions {
    int batch = 0;  ///< how many images at once; 0: any number
    std::string name = "network";
    /// stand in the file's metadata, for whoever reads it: {{"classes", "cat, dog"}}
    Facts words{};
};

namespace detail {
/// Tensors for ONNX: in PyTorch's layout, but with features in our order, since maps are transposed
/// before they are flattened.
template <class T>
std::vector<OnnxWriter::Tensor> onnx_tensors(const std::vector<Named>& list,
                                             const std::vector<T>& values) {
    std::vector<OnnxWriter::Tensor> all;
    for (const Named& n : list) {
        const Layout layout(n.tensor);
        const std::vector<T> v = layout.theirs(values.data() + n.offset);
        all.push_back(
            {name_for_others(n.name), layout.extents(), std::vector<float>(v.begin(), v.end())});
    }
    return all;
}
}  // namespace detail

/// A network as the bytes of an ONNX file: input "images" [batch][channel][row][column], prepared
/// as for `predict`; output "logits" [batch][class], in the order of `predict`.
template <detail::IsModel M>
std::string onnx(const M& model, const OnnxOptions& options = {}) {
    if (options.batch < 0)
        fail("an ONNX network takes at least 0 images at once, not ", options.batch,
             "; 0 is any number");
    OnnxGraph graph;
    OnnxWriter writer(graph,
                      detail::onnx_tensors(model.named_tensors().parameters, model.parameters()),
                      detail::onnx_tensors(model.named_tensors().states, model.state()));
    constexpr Dims in = M::input;
    constexpr Dims out = M::output;
    const OnnxValue result =
        writer.flat(writer.template sequence<typename M::Plan>({"images"}), out);
    graph.node_named("logits", result.name);
    Facts words = options.words;
    words.push_back({"collab", COLLAB_VERSION});
    if (model.transform())
        words.push_back({"preparation", preparation_text(*model.transform())});
    return graph.encode(options.name, {"images", {in.channels, in.height, in.width}},
                        {"logits", {out.size()}}, options.batch, words);
}
/// Writes it to a file, whole or not at all.
///
///     export_onnx(training.deploy<0>(), "small.onnx");
template <detail::IsModel M>
void export_onnx(const M& model, const std::string& path, const OnnxOptions& options = {}) {
    detail::replace_file(path, onnx(model, options), "the network");
}

}  // namespace collab
