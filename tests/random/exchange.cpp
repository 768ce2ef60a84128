// SPDX-License-Identifier: Apache-2.0
// exchange: numbers in PyTorch's layouts.
#include "exchange.hpp"

namespace collab::random {

namespace {
void add_tensor(Tensors& file, const std::string& name, const Parameter& tensor,
                const double* values) {
    const detail::Layout layout(tensor, {});
    file.add<double>(name, layout.extents(), layout.theirs(values).data());
}
void add_plain(Tensors& file, const std::string& name, const Numbers& values) {
    file.add<double>(name, {std::int64_t(values.size())}, values.data());
}
}  // namespace

void add_exact(Tensors& file, const Catalogue& catalogue, const Quantity& quantity, double move) {
    const std::string name = quantity.kind + "/" + quantity.name;
    add_plain(file, "move/" + name, {move});
    for (const auto* list : {&catalogue.parameters, &catalogue.states})
        for (const Named& n : *list)
            if (n.name == quantity.name)
                return add_tensor(file, name, n.tensor, quantity.values.data());
    add_plain(file, name, quantity.values);
}
void add_data(Tensors& file, const Case& c, const Catalogue& catalogue, const Data& data) {
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

}  // namespace collab::random
