// SPDX-License-Identifier: Apache-2.0
// write: networks for other programs: `write FOLDER` writes NAME.safetensors, NAME.onnx,
// NAME.images.npy and NAME.logits.npy; `write FOLDER read` reads NAME.theirs.safetensors and
// compares with NAME.theirs.npy, the logits of another program.
#include <cstdio>
#include <cstring>

#include "networks.hpp"

using namespace collab;
using namespace collab::exchange;

namespace {
template <class N>
void write_one(const std::string& folder, const std::string& name) {
    auto model = some_model<N>();
    const std::vector<float> x = some_images<N>();
    constexpr Dims d = input_of<N>::dims;
    save(model, folder + "/" + name + ".safetensors");
    export_onnx(model, folder + "/" + name + ".onnx", {.name = name});
    export_onnx(model, folder + "/" + name + ".3.onnx", {.batch = 3, .name = name});
    save_npy(folder + "/" + name + ".images.npy", {3, d.channels, d.height, d.width}, planes(x, d));
    const std::vector<float> z = model.predict(x.data(), 3);
    save_npy(folder + "/" + name + ".logits.npy", {3, std::int64_t(z.size()) / 3}, z);
}
template <class N>
bool read_one(const std::string& folder, const std::string& name) {
    Model<N, Reference<float>> model(3);
    load(model, folder + "/" + name + ".theirs.safetensors");
    const std::vector<float> z = model.predict(some_images<N>().data(), 3);
    const std::vector<float> theirs = numbers(read_npy(folder + "/" + name + ".theirs.npy"));
    double worst = z.size() == theirs.size() ? 0 : 1e9;
    for (std::size_t i = 0; i < z.size() && i < theirs.size(); ++i)
        worst = std::max(worst, std::abs(double(z[i]) - double(theirs[i])));
    std::printf("%s: weights of theirs give logits that differ by at most %.1e\n", name.c_str(),
                worst);
    return worst < 1e-5;
}
}  // namespace

int main(int argc, char** argv) {
    if (argc < 2)
        return std::fputs("usage: write FOLDER [read]\n", stderr), 2;
    const std::string folder = argv[1];
    try {
        if (argc > 2)
            return read_one<Plain>(folder, "plain") && read_one<Composites>(folder, "composites") &&
                           read_one<Smooth>(folder, "smooth")
                       ? 0
                       : 1;
        write_one<Plain>(folder, "plain");
        write_one<Windows>(folder, "windows");
        write_one<Composites>(folder, "composites");
        write_one<Smooth>(folder, "smooth");
        write_one<Deployed<Pair, 0>>(folder, "deployed");
        write_one<Deployed<SumPair, 1>>(folder, "deployed_sum");
    } catch (const std::exception& e) {
        return std::fprintf(stderr, "%s\n", e.what()), 1;
    }
}
