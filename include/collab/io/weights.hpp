// SPDX-License-Identifier: Apache-2.0
// weights: a network's weights as safetensors with the names and the layouts of PyTorch, out and
// in.
#pragma once
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/core/facts.hpp>
#include <collab/data/preparation.hpp>
#include <collab/io/layer_channels.hpp>
#include <collab/io/layout.hpp>
#include <collab/io/safetensors.hpp>
#include <collab/model/model.hpp>

namespace collab {

namespace detail {
/// For each tensor of a bound sequence, in the order of the named_tensors, where PyTorch keeps its
/// values. Where no order satisfies all layers, Error names the layer.
struct Layouts {
    std::vector<Layout> parameters, states;
    std::vector<int> output;  ///< the order of the output's channels; empty: ours

    Layouts(const NamedTensors& named_tensors, const ChannelWalk& walk, int result);
    template <class M>
    static Layouts of(const M& model) {
        ChannelWalk walk;
        const int result =
            walk.sequence<typename M::Plan>({}, walk.orders.given(M::Plan::Input::dims.channels));
        walk.orders.solve();
        return {model.named_tensors(), walk, result};
    }
};
/// "net0.3.body.0.weight" is "3.body.0.weight" to others.
inline std::string name_for_others(const std::string& name) {
    return name.substr(name.find('.') + 1);
}

template <class M>
concept IsModel = requires(const M& m) {
    typename M::Plan;
    m.named_tensors();
    m.parameter_count();
};
}  // namespace detail

/// The weights of a network as PyTorch would have them: `0.weight` of the first layer, a
/// convolution's as [out][in][row][column], a linear layer's as [out][in], batch normalizations
/// with running_mean and running_var.
///
/// Features that were flattened are in PyTorch's order, and so is whatever depends on it (see
/// LayerChannels). Layers that bring together what PyTorch's order keeps apart have no such
/// weights: they are refused by name.
template <detail::IsModel M>
Tensors weights(const M& model) {
    using T = typename M::Scalar;
    const detail::Layouts layouts = detail::Layouts::of(model);
    Tensors file;
    const auto add = [&](const std::vector<Named>& list, const std::vector<detail::Layout>& there,
                         const std::vector<T>& values) {
        for (std::size_t i = 0; i < list.size(); ++i)
            file.add<T>(detail::name_for_others(list[i].name), there[i].extents(),
                        there[i].theirs(values.data() + list[i].offset).data());
    };
    add(model.named_tensors().parameters, layouts.parameters, model.parameters());
    add(model.named_tensors().states, layouts.states, model.state());
    return file;
}
/// The order of the outputs of a network of the same layers in PyTorch: output k there is output
/// `output_order(model)[k]` here. They differ where the network ends in a flattened map that no
/// Linear follows. Of an output with rows and columns, its channels.
template <detail::IsModel M>
std::vector<int> output_order(const M& model) {
    std::vector<int> order = detail::Layouts::of(model).output;
    if (order.empty())
        for (int k = 0; k < M::output.channels; ++k)
            order.push_back(k);
    return order;
}
/// Writes them to a file. An nn.Sequential of the same layers loads it; every item of the list
/// counts.
///
///     save(training.deploy<0>(), "small.safetensors");
///
/// How pictures must be prepared stands beside the weights, and `load` gives it to the network.
/// `words` stand beside them, for whoever reads the file: {{"classes", "cat, dog"}}. Where
/// PyTorch's network has its outputs in another order, "output_order" says which.
template <detail::IsModel M>
void save(const M& model, const std::string& path, const Facts& words = {}) {
    Tensors file = weights(model);
    file.say("format", "pt");
    file.say("collab", COLLAB_VERSION);
    std::string order;
    for (const int k : detail::Layouts::of(model).output)
        order += sentence(order.empty() ? "" : " ", k);
    if (!order.empty())
        file.say("output_order", order);
    if (model.transform())
        file.say("preparation", preparation_text(*model.transform()));
    for (const auto& [name, word] : words)
        file.say(name, word);
    write(file, path, "the weights");
}
namespace detail {
[[noreturn]] void fail_without(const Tensors& file, const std::string& name,
                               const std::string& path);

/// The values of a tensor of float or double.
template <class T>
std::vector<T> float_values(const Tensors& file, const Tensors::Tensor& tensor,
                            const std::string& path) {
    std::vector<T> values;
    if (tensor.type == "F32") {
        const auto f = file.values<float>(tensor.name);
        values.assign(f.begin(), f.end());
    } else if (tensor.type == "F64") {
        const auto f = file.values<double>(tensor.name);
        values.resize(f.size());
        std::transform(f.begin(), f.end(), values.begin(), [](double x) { return T(x); });
    } else
        fail(path, ": '", tensor.name, "' is of type ", tensor.type, "; expected F32 or F64");
    return values;
}
}  // namespace detail

/// Reads weights that PyTorch or `save` wrote. Names and shapes must be those of the network; float
/// and double are converted. All or nothing. `num_batches_tracked`, which PyTorch counts for
/// itself, is passed over.
template <detail::IsModel M>
void load(M& model, const std::string& path) {
    using T = typename M::Scalar;
    const detail::Layouts layouts = detail::Layouts::of(model);
    const Tensors file = read_tensors(path);
    if (const std::string* format = file.word("format");
        format && format->starts_with("collab checkpoint"))
        fail(path, ": holds a whole training; expected the weights of one network. Load it into "
                   "the training, and deploy the network from there");
    std::size_t used = 0;
    const auto take = [&](const std::vector<Named>& list, const std::vector<detail::Layout>& there,
                          std::vector<T> values) {
        for (std::size_t i = 0; i < list.size(); ++i) {
            const std::string name = detail::name_for_others(list[i].name);
            const detail::Layout& layout = there[i];
            const Tensors::Tensor* t = file.find(name);
            if (!t)
                detail::fail_without(file, name, path);
            if (t->extents != layout.extents())
                fail(path, ": is of another network: its '", name, "' is ",
                     detail::extents_text(t->extents), ", here it is ",
                     detail::extents_text(layout.extents()));
            const std::vector<T> v = detail::float_values<T>(file, *t, path);
            layout.take(v, values.data() + list[i].offset);
            ++used;
        }
        return values;
    };
    const std::vector<T> parameters =
        take(model.named_tensors().parameters, layouts.parameters, model.parameters());
    const std::vector<T> state = take(model.named_tensors().states, layouts.states, model.state());
    for (const auto& t : file.tensors())
        used += t.name.ends_with("num_batches_tracked");
    if (used != file.tensors().size())
        fail(path, ": is of another network: it holds ", file.tensors().size(),
             " tensors, here there are ", used);
    const std::string* const preparation = file.word("preparation");
    const std::optional<Transform> transform =
        preparation ? std::optional(preparation_of(*preparation, path)) : std::nullopt;
    model.set_parameters(parameters);
    model.set_state(state);
    if (transform)
        model.set_transform(transform);
}

}  // namespace collab

#ifdef COLLAB_BODIES
#include <collab/io/weights-inl.hpp>
#endif
