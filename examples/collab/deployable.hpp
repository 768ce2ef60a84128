// SPDX-License-Identifier: Apache-2.0
// deployable: a network type behind the words of deployed.hpp. Compiled once for each kind of
// picture.
#pragma once
#include <collab/backend/cpu/cpu.hpp>
#include <collab/io/npz.hpp>
#include <collab/io/onnx.hpp>
#include <collab/io/plan_text.hpp>
#include <collab/io/summary.hpp>
#include <collab/train/training.hpp>
#include <collab/zoo/resnet.hpp>
#include <collab/zoo/small_net.hpp>

#include "deployed.hpp"

namespace program {

template <class N>
class Held final : public Deployable {
public:
    Held(int batch, int threads) : model_(batch, std::make_shared<collab::Cpu<float>>(threads)) {}
    void set(const collab::NetworkWeights<float>& w) override {
        model_.set_parameters(w.parameters);
        model_.set_state(w.state);
    }
    void load(const std::string& path) override { collab::load(model_, path); }
    void save(const std::string& path, const Words& words) const override {
        collab::save(model_, path, words);
    }
    void save_onnx(const std::string& path, int batch, const Words& words) const override {
        collab::export_onnx(model_, path, {.batch = batch, .name = "collab", .words = words});
    }
    void save_arrays(const std::string& path) const override {
        collab::save_npz(collab::weights(model_), path);
    }
    std::vector<float> logits(const collab::Images& images,
                              const collab::Transform& transform) override {
        return model_.predict(images, transform);
    }
    void run(const std::vector<float>& images, int samples) override {
        model_.predict(images.data(), samples);
    }
    collab::Dims input() const override { return collab::input_of<N>::dims; }
    std::string table() const override { return collab::summary<N>(); }
    std::string plan() const override { return collab::plan_text<N>(); }
    long multiply_adds() const override { return collab::bound<N>::table.multiply_adds; }
    std::size_t parameters() const override { return model_.parameter_count(); }
    std::string backend() override { return model_.backend().describe(); }

private:
    collab::Model<N, collab::Cpu<float>> model_;
};

template <class N>
std::unique_ptr<Deployable> held(const std::string& knowledge, int batch, int threads) {
    using collab::Collaboration, collab::Decoder, collab::Encoder, collab::MKB, collab::SumMerge,
        collab::Transfer;
    if (knowledge == "product")
        return std::make_unique<
            Held<collab::Deployed<Collaboration<N, MKB<Encoder<64>, Transfer<64>, Decoder>>, 0>>>(
            batch, threads);
    if (knowledge == "sum")
        return std::make_unique<Held<collab::Deployed<
            Collaboration<N, MKB<Encoder<64>, Transfer<64>, Decoder, SumMerge>>, 0>>>(batch,
                                                                                      threads);
    return std::make_unique<Held<N>>(batch, threads);
}

}  // namespace program
