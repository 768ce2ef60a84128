// SPDX-License-Identifier: Apache-2.0
// odd_networks: networks with layers at odd places for other programs: `odd_networks FOLDER` writes
// NAME.onnx, NAME.3.onnx, NAME.images.npy and NAME.logits.npy for all of them and lists their names
// in onnx_networks.txt; those that PyTorch can have weights of are in odd_networks.txt, with
// NAME.safetensors and NAME.py. `odd_networks FOLDER read` reads NAME.theirs.safetensors.
#include <cstdio>
#include <fstream>

#include "spelled.hpp"

using namespace collab;
using namespace collab::exchange;

namespace {
using B = Reference<double>;

class Exchange {
public:
    Exchange(std::string folder, bool reads) : folder_(std::move(folder)), reads_(reads) {}

    template <class N>
    void both(const std::string& name) {
        if (reads_)
            return read<N>(name);
        onnx_only<N>(name);
        save(some_model<N, B>(), at(name, ".safetensors"));
        std::ofstream(at(name, ".py")) << spelled<N>();
        std::ofstream(at("odd_networks", ".txt"), std::ios::app) << name << "\n";
    }
    template <class N>
    void onnx_only(const std::string& name) {
        if (reads_)
            return;
        auto model = some_model<N, B>();
        const std::vector<double> x = some_images<N, double>();
        constexpr Dims d = input_of<N>::dims;
        export_onnx(model, at(name, ".onnx"), {.name = name});
        export_onnx(model, at(name, ".3.onnx"), {.batch = 3, .name = name});
        save_npy(at(name, ".images.npy"), {3, d.channels, d.height, d.width}, planes(x, d));
        const std::vector<double> z = model.predict(x.data(), 3);
        save_npy(at(name, ".logits.npy"), {3, std::int64_t(z.size()) / 3}, z);
        std::ofstream(at("onnx_networks", ".txt"), std::ios::app) << name << "\n";
    }
    bool good() const { return good_; }
    double worst() const { return worst_; }

private:
    std::string at(const std::string& name, const char* ending) const {
        return folder_ + "/" + name + ending;
    }
    template <class N>
    void read(const std::string& name) {
        Model<N, B> model(3);
        load(model, at(name, ".theirs.safetensors"));
        const std::vector<double> z = model.predict(some_images<N, double>().data(), 3);
        const std::vector<double> theirs = numbers<double>(read_npy(at(name, ".theirs.npy")));
        double worst = z.size() == theirs.size() ? 0 : 1e9;
        for (std::size_t i = 0; i < z.size() && i < theirs.size(); ++i)
            worst = std::max(worst, std::abs(z[i] - theirs[i]));
        worst_ = std::max(worst, worst_);
        if (worst < 1e-10)
            return;
        std::printf("%s: weights of theirs give logits that differ by %.1e\n", name.c_str(), worst);
        good_ = false;
    }

    std::string folder_;
    bool reads_;
    bool good_ = true;
    double worst_ = 0;
};
}  // namespace

int main(int argc, char** argv) {
    if (argc < 2)
        return std::fputs("usage: odd_networks FOLDER [read]\n", stderr), 2;
    try {
        Exchange e(argv[1], argc > 2);
#define BOTH(name) e.both<name<Flatten>>(#name);
        ODD_NETWORKS(BOTH)
#undef BOTH
#define BOTH(name) e.both<name>(#name);
        MAP_NETWORKS(BOTH)
#undef BOTH
        e.onnx_only<TornMaxout<Flatten>>("TornMaxout");
        e.onnx_only<TornSplit<Flatten>>("TornSplit");
        e.onnx_only<TornGroups<Flatten>>("TornGroups");
        e.onnx_only<TornSum<Flatten>>("TornSum");
        e.onnx_only<TornInside<Flatten>>("TornInside");
        if (argc > 2)
            std::printf("odd networks: PyTorch's weights give logits that differ by at most %.1e\n",
                        e.worst());
        return e.good() ? 0 : 1;
    } catch (const std::exception& e) {
        return std::fprintf(stderr, "%s\n", e.what()), 1;
    }
}
