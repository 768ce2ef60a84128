// SPDX-License-Identifier: Apache-2.0
// weights: a network's weights as safetensors with the names and the layouts of PyTorch, out and
// in.
#pragma once
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/io/layout.hpp>
#include <collab/io/safetensors.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/model/model.hpp>

namespace collab {

namespace detail {
template <class L>
inline constexpr bool is_linear = false;
template <int Out, class... Os>
inline constexpr bool is_linear<Linear<Out, Os...>> = true;

/// For each tensor of a bound sequence, in the order of the named_tensors, the map from which its
/// features were flattened.
class FlattenedFrom {
public:
    std::vector<Dims> parameters, states;

    template <class S>
    void visit(Dims flat = {}) {
        static_for<S::depth>([&](auto i) {
            using L = typename S::template LayerAt<i>;
            using In = typename S::template ShapeAt<i>;
            if constexpr (Composite<L>) {
                if constexpr (ListsItsParts<L, In>)
                    L::template each_part<In>(
                        [&](auto part, auto) { visit<decltype(part)>(flat); });
                else
                    static_for<L::parts::size>([&](auto k) {
                        visit<ExecutionPlan<typename L::parts::template at<k>, In>>(flat);
                    });
            } else {
                if constexpr (std::same_as<L, Flatten>)
                    flat = In::dims.area() > 1 ? In::dims : flat;
                for (const Parameter& p : L::parameters(In::dims)) {
                    static_cast<void>(p);
                    parameters.push_back(flat);
                }
                for (const Parameter& p : L::states(In::dims)) {
                    static_cast<void>(p);
                    states.push_back(flat);
                }
                if constexpr (is_linear<L>)
                    flat = {};
            }
        });
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
template <detail::IsModel M>
Tensors weights(const M& model) {
    using T = typename M::Scalar;
    detail::FlattenedFrom flat;
    flat.template visit<typename M::Plan>();
    Tensors file;
    const auto add = [&](const std::vector<Named>& list, const std::vector<Dims>& from,
                         const std::vector<T>& values) {
        for (std::size_t i = 0; i < list.size(); ++i) {
            const detail::Layout layout(list[i].tensor, from[i]);
            file.add<T>(detail::name_for_others(list[i].name), layout.extents(),
                        layout.theirs(values.data() + list[i].offset).data());
        }
    };
    add(model.named_tensors().parameters, flat.parameters, model.parameters());
    add(model.named_tensors().states, flat.states, model.state());
    return file;
}
/// Writes them to a file. An nn.Sequential of the same layers loads it; every item of the list
/// counts.
///
///     save(training.deploy<0>(), "small.safetensors");
///
/// `words` stand beside them, for whoever reads the file: {{"classes", "cat, dog"}}.
template <detail::IsModel M>
void save(const M& model, const std::string& path,
          const std::vector<std::pair<std::string, std::string>>& words = {}) {
    Tensors file = weights(model);
    file.say("format", "pt");
    file.say("collab", COLLAB_VERSION);
    for (const auto& [name, word] : words)
        file.say(name, word);
    write(file, path, "the weights");
}
/// Reads weights that PyTorch or `save` wrote. Names and shapes must be those of the network; float
/// and double are converted. All or nothing. `num_batches_tracked`, which PyTorch counts for
/// itself, is passed over.
template <detail::IsModel M>
void load(M& model, const std::string& path) {
    using T = typename M::Scalar;
    detail::FlattenedFrom flat;
    flat.template visit<typename M::Plan>();
    const Tensors file = read_tensors(path);
    if (const std::string* format = file.word("format");
        format && format->starts_with("collab checkpoint"))
        fail(path, ": holds a whole training; expected the weights of one network. Load it into "
                   "the training, and deploy the network from there");
    std::size_t used = 0;
    const auto take = [&](const std::vector<Named>& list, const std::vector<Dims>& from,
                          std::vector<T> values) {
        for (std::size_t i = 0; i < list.size(); ++i) {
            const std::string name = detail::name_for_others(list[i].name);
            const detail::Layout layout(list[i].tensor, from[i]);
            const Tensors::Tensor* t = file.find(name);
            if (!t) {
                std::string held;
                for (const auto& other : file.tensors())
                    if (held.size() < 200)
                        held += (held.empty() ? "" : ", ") + other.name;
                fail(path, ": is of another network: it holds no '", name, "'; it begins with ",
                     held.empty() ? "nothing" : held);
            }
            if (t->extents != layout.extents())
                fail(path, ": is of another network: its '", name, "' is ",
                     detail::extents_text(t->extents), ", here it is ",
                     detail::extents_text(layout.extents()));
            std::vector<T> v;
            if (t->type == "F32") {
                const auto f = file.values<float>(name);
                v.assign(f.begin(), f.end());
            } else if (t->type == "F64") {
                const auto f = file.values<double>(name);
                v.resize(f.size());
                std::transform(f.begin(), f.end(), v.begin(), [](double x) { return T(x); });
            } else
                fail(path, ": '", name, "' is of type ", t->type, "; expected F32 or F64");
            layout.take(v, values.data() + list[i].offset);
            ++used;
        }
        return values;
    };
    const std::vector<T> parameters =
        take(model.named_tensors().parameters, flat.parameters, model.parameters());
    const std::vector<T> state = take(model.named_tensors().states, flat.states, model.state());
    for (const auto& t : file.tensors())
        used += t.name.ends_with("num_batches_tracked");
    if (used != file.tensors().size())
        fail(path, ": is of another network: it holds ", file.tensors().size(),
             " tensors, here there are ", used);
    model.set_parameters(parameters);
    model.set_state(state);
}

}  // namespace collab
