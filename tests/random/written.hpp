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

/// network.onnx, weights.safetensors and weights.npz in `folder`. What was saved and is loaded
/// again is the same.
template <class M>
void write_files(M& model, const Files& all, const std::string& folder) {
    if (all.refused_onnx.empty())
        export_onnx(model, folder + "/network.onnx");
    if (!all.refused_weights.empty())
        return;
    const std::string path = folder + "/weights.safetensors";
    save(model, path);
    save_npz(weights(model), folder + "/weights.npz");
    const auto parameters = model.parameters();
    const auto state = model.state();
    model.set_parameters({parameters.rbegin(), parameters.rend()});
    load(model, path);
    if (model.parameters() != parameters || model.state() != state)
        fail("what is loaded is not what was saved");
}

/// The model's files, and in `folder`, if there is one. The test command names none, and is spared
/// their code.
template <class M>
Files written(M model, [[maybe_unused]] const std::string& folder) {
    Files all;
    all.refused_onnx = refusal_of([&] { all.onnx = onnx(model); });
    all.refused_weights = refusal_of([&] {
        const Tensors file = weights(model);
        for (const Tensors::Tensor& t : file.tensors())
            all.weights[t.name] = array_of(file, t);
        all.order = output_order(model);
    });
#ifdef COLLAB_RANDOM_EXCHANGE
    if (!folder.empty())
        write_files(model, all, folder);
#endif
    return all;
}

}  // namespace collab::random
