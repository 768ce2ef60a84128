// SPDX-License-Identifier: Apache-2.0
// exchange: a case for other programs: its numbers as the reference has them, its weights under
// PyTorch's names, and its networks as ONNX. mirror.py compares.
#pragma once
#include <cstdio>
#include <filesystem>
#include <string>

#define COLLAB_RANDOM_EXCHANGE
#define COLLAB_RANDOM_FILES
#include "compare.hpp"
#include "trained.hpp"

namespace collab::random {

inline void add_tensor(Tensors& file, const std::string& name, const Parameter& tensor,
                       const double* values) {
    const detail::Layout layout(tensor);
    file.add<double>(name, layout.extents(), layout.theirs(values).data());
}
inline void add_plain(Tensors& file, const std::string& name, const Numbers& values) {
    file.add<double>(name, {std::int64_t(values.size())}, values.data());
}

/// A quantity of the reference, and how far a rounding of floats and one of doubles move it.
inline void add_exact(Tensors& file, const NamedTensors& catalogue, const Quantity& quantity,
                      double move, double fine_move) {
    const std::string name = quantity.kind + "/" + quantity.name;
    add_plain(file, "move/" + name, {move, fine_move});
    for (const auto* list : {&catalogue.parameters, &catalogue.states})
        for (const Named& n : *list)
            if (n.name == quantity.name)
                return add_tensor(file, name, n.tensor, quantity.values.data());
    add_plain(file, name, quantity.values);
}
/// Parameters and states before anything, images and gradients, in PyTorch's layouts; features
/// behind Flatten stay in the order of storage.
inline void add_data(Tensors& file, const Case& c, const NamedTensors& catalogue,
                     const Data& data) {
    for (const Named& n : catalogue.parameters)
        add_tensor(file, "begin/" + n.name, n.tensor, data.parameters.data() + n.offset);
    for (const Named& n : catalogue.states)
        add_tensor(file, "begin/" + n.name, n.tensor, data.state.data() + n.offset);
    const std::int64_t samples = c.samples;
    const Dims in = c.input;
    file.add<double>("images", {samples, in.height, in.width, in.channels}, data.images.data());
    file.add<double>("gradient", {samples, c.output.channels}, data.gradient.data());
    add_plain(file, "labels", {data.batch.labels.begin(), data.batch.labels.end()});
}

template <class Spec>
void write_case(const Case& c, const std::string& folder) {
    const Measured m = measured(c);
    std::printf("counts\t%d\t%d\t%d\t1\n", int(m.exact.size()), m.bad, m.draws);
    const auto exact = c.exact({});
    Tensors file;
    add_data(file, c, exact->tensors(), m.data);
    for (std::size_t q = 0; q < m.exact.size(); ++q)
        add_exact(file, exact->tensors(), m.exact[q], m.moves[q], m.fine_moves[q]);
    write(file, folder + "/exact.safetensors", "the numbers");
    exact->set(m.data.parameters, m.data.state);
    for (int i = 0; i < c.networks; ++i) {
        const std::string into = folder + "/" + std::to_string(i);
        std::filesystem::create_directories(into);
        const Files files = exact->files(i, into);
        if (!files.refused_onnx.empty())
            std::printf("refused\tONNX\t%s\n", files.refused_onnx.c_str());
        if (!files.refused_weights.empty())
            std::printf("refused\tweights\t%s\n", files.refused_weights.c_str());
    }
}

}  // namespace collab::random
