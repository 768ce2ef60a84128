// SPDX-License-Identifier: Apache-2.0
// written: a network as other programs get it.
#pragma once
#include <string>
#include <vector>

#include <collab/io/npz.hpp>
#include <collab/io/onnx.hpp>
#include <collab/io/weights.hpp>

#include "subject.hpp"

namespace collab::random {

/// f(), or the sentence by which the library refuses.
template <class F>
std::string refusal_of(F f) {
    try {
        f();
        return {};
    } catch (const Error& e) {
        return e.what();
    }
}
inline Array array_of(const Tensors& file, const Tensors::Tensor& tensor) {
    return {{tensor.extents.begin(), tensor.extents.end()}, file.values<double>(tensor.name)};
}

/// The model's files; in `folder`, if there is one: network.onnx, weights.safetensors and
/// weights.npz. What was saved and is loaded again is the same.
template <class M>
Files written(M model, const std::string& folder) {
    Files all;
    all.refused_onnx = refusal_of([&] {
        all.onnx = onnx(model);
        if (!folder.empty())
            export_onnx(model, folder + "/network.onnx");
    });
    all.refused_weights = refusal_of([&] {
        const Tensors file = weights(model);
        for (const Tensors::Tensor& t : file.tensors())
            all.weights[t.name] = array_of(file, t);
        all.order = output_order(model);
    });
    if (folder.empty() || !all.refused_weights.empty())
        return all;
    const std::string path = folder + "/weights.safetensors";
    save(model, path);
    save_npz(weights(model), folder + "/weights.npz");
    const auto parameters = model.parameters();
    const auto state = model.state();
    model.set_parameters({parameters.rbegin(), parameters.rend()});
    load(model, path);
    if (model.parameters() != parameters || model.state() != state)
        fail("what is loaded is not what was saved");
    return all;
}

}  // namespace collab::random
