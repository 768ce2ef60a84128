// SPDX-License-Identifier: Apache-2.0
// network_module: a network type behind Deployable. Modules that the program has compiled include
// it; the program does not.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include <collab/backend/cpu/cpu.hpp>
#include <collab/collaboration/deploy.hpp>
#include <collab/io/npz.hpp>
#include <collab/io/onnx.hpp>
#include <collab/io/plan_text.hpp>
#include <collab/io/summary.hpp>
#include <collab/io/weights.hpp>
#include <collab/model/model.hpp>
#include <collab/zoo/cuts.hpp>

#include "module.hpp"

namespace program {

using namespace collab;

[[noreturn]] inline void fail_for_purpose() {
    fail("a network was compiled without what is asked of it now; this is a fault of collab");
}

/// A network's facts, for those that need no weights.
template <class N>
class Described : public Deployable {
public:
    Dims input() const override { return input_of<N>::dims; }
    int outputs() const override { return int(bound<N>::Output::dims.size()); }
    long multiply_adds() const override { return long(bound<N>::table.multiply_adds); }
    std::size_t parameters() const override { return std::size_t(bound<N>::footprint.parameters); }
    void load(const std::string&) override { fail_for_purpose(); }
    void save(const std::string&, const Words&) const override { fail_for_purpose(); }
    void save_onnx(const std::string&, int, const Words&) const override { fail_for_purpose(); }
    void save_arrays(const std::string&) const override { fail_for_purpose(); }
    std::vector<float> logits(const Images&, const Transform&) override { fail_for_purpose(); }
    void run(const std::vector<float>&, int) override { fail_for_purpose(); }
    std::string table() const override { fail_for_purpose(); }
    std::string plan() const override { fail_for_purpose(); }
    std::string backend() override { return ""; }
};

template <class N, Purpose>
class Held;

template <class N>
class Held<N, Purpose::inspect> final : public Described<N> {
public:
    Held(int, int) {}
    std::string table() const override { return summary<N>(); }
    std::string plan() const override { return plan_text<N>(); }
};

/// A network with weights.
template <class N>
class Loaded : public Described<N> {
public:
    Loaded(int batch, int threads) : model_(batch, std::make_shared<Cpu<float>>(threads)) {}
    void load(const std::string& path) override { collab::load(model_, path); }

protected:
    Model<N, Cpu<float>> model_;
};

template <class N>
class Held<N, Purpose::ask> final : public Loaded<N> {
public:
    using Loaded<N>::Loaded;
    std::vector<float> logits(const Images& images, const Transform& transform) override {
        return model_.predict(images, transform);
    }
    void run(const std::vector<float>& images, int samples) override {
        model_.predict(images.data(), samples);
    }
    std::string backend() override { return model_.backend().describe(); }

private:
    using Loaded<N>::model_;
};

template <class N>
class Held<N, Purpose::write> final : public Loaded<N> {
public:
    using Loaded<N>::Loaded;
    void save(const std::string& path, const Words& words) const override {
        collab::save(model_, path, words);
    }
    void save_onnx(const std::string& path, int batch, const Words& words) const override {
        export_onnx(model_, path, {.batch = batch, .name = "collab", .words = words});
    }
    void save_arrays(const std::string& path) const override { save_npz(weights(model_), path); }

private:
    using Loaded<N>::model_;
};

template <class N, Purpose P>
std::unique_ptr<Deployable> held(int batch, int threads) {
    return std::make_unique<Held<N, P>>(batch, threads);
}

}  // namespace program
