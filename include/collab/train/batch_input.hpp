// SPDX-License-Identifier: Apache-2.0
// batch_input: a batch on its way to the backend: images and targets, checked, and rolled from
// network to network where these are to see different samples.
#pragma once
#include <array>
#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include <collab/collaboration/method_graph.hpp>
#include <collab/core/error.hpp>
#include <collab/data/images.hpp>
#include <collab/loss/wasserstein.hpp>
#include <collab/train/check_images.hpp>
#include <collab/train/memory_plan.hpp>

namespace collab::detail {

template <class C, class B>
class BatchInput {
    using X = Traits<C>;
    using T = typename B::Scalar;
    static constexpr std::size_t n = std::size_t(C::size);
    static constexpr std::size_t copies = C::different_inputs ? n : 1;

    // Of one sample: a class number, or target values in the backend's numbers.
    static constexpr std::size_t width = X::class_targets ? 1 : std::size_t(X::target_size);
    using Kept = std::conditional_t<X::class_targets, int, T>;

public:
    /// What the host gives for each sample: a class number, or `target_size` floats.
    using Target = typename X::Loss::Target;

    void allocate(B& backend, int batch) {
        backend_ = &backend;
        batch_ = batch;
        targets_.emplace_back(backend.template allocate<Kept>(std::size_t(batch) * copies * width));
        for (std::size_t i = 0; i < n; ++i)
            targets_of_[i] = targets_[0].data() + (copies > 1 ? i * std::size_t(batch) * width : 0);
    }

    /// Class numbers of each network; null where targets are values.
    const int* const* labels() const {
        if constexpr (X::class_targets)
            return targets_of_.data();
        else
            return nullptr;
    }
    /// Target values of each network; null where targets are class numbers.
    const T* const* targets() const {
        if constexpr (X::class_targets)
            return nullptr;
        else
            return targets_of_.data();
    }
    std::size_t bytes() const { return targets_[0].size() * sizeof(Kept); }
    /// What undoes the normalization of the images, so that their mass can be told.
    void undo([[maybe_unused]] const Statistics& s) {
        if constexpr (C::different_inputs)
            undo_ = s;
    }

    /// NHWC images and targets from the host. With `roll`, network i gets the samples rolled
    /// by i places where inputs are to differ.
    COLLAB_COLD void load(const float* images, const Target* targets, int samples, bool roll,
                          const MemoryPlan<C, T>& memory, MethodGraph<C, B>& graph) {
        check_targets(targets, samples);
        check_images(images, X::image, std::size_t(samples));
        const T* const from =
            converted(images, std::size_t(samples) * std::size_t(X::image.size()), converted_);
        const Kept* const kept = converted_targets(targets, std::size_t(samples));
        for (std::size_t i = 0; i < copies; ++i)
            upload(i, from, kept, std::size_t(samples), roll ? i % std::size_t(samples) : 0,
                   memory);
        if constexpr (C::different_inputs)
            load_distances(images, samples, roll, graph);
    }
    /// Images that are formed where they are needed: `form(to)` writes them.
    template <class Form>
    void load(Form& form, const Target* targets, int samples, const MemoryPlan<C, T>& memory) {
        check_targets(targets, samples);
        form(memory.images[0]);
        backend_->upload(converted_targets(targets, std::size_t(samples)),
                         std::size_t(samples) * width, targets_of_[0]);
    }
    /// A batch of nothing, to find out what memory a step needs.
    void load_nothing(const MemoryPlan<C, T>& memory) {
        for (std::size_t i = 0; i < n; ++i)
            backend_->fill(std::size_t(batch_) * std::size_t(X::image.size()), T(0),
                           memory.images[i]);
        const std::vector<Kept> zeros(targets_[0].size(), Kept(0));
        backend_->upload(zeros.data(), zeros.size(), targets_[0].data());
    }

private:
    void check_targets(const Target* targets, int samples) const {
        if (samples < 1 || samples > batch_)
            fail("this training has room for 1 to ", batch_, " samples per step, not ", samples);
        for (int i = 0; i < samples; ++i)
            if constexpr (X::class_targets) {
                if (targets[i] < 0 || targets[i] >= X::outputs)
                    fail("label ", targets[i], " of sample ", i, " lies outside [0, ", X::outputs,
                         ")");
            } else {
                check_values(targets + std::size_t(i) * width, i);
            }
    }
    static void check_values(const float* values, int sample) {
        for (std::size_t k = 0; k < width; ++k)
            if (!(values[k] - values[k] == 0))
                fail("target value ", k, " of sample ", sample, " is ", values[k],
                     "; expected a finite number");
        if constexpr (requires { X::Loss::wrong_target(0, values); })
            if (const char* const expected = X::Loss::wrong_target(int(width), values))
                fail("the target values of sample ", sample, " begin with ", values[0],
                     "; expected ", expected);
    }
    static const T* converted(const float* values, [[maybe_unused]] std::size_t count,
                              [[maybe_unused]] std::vector<T>& to) {
        if constexpr (std::same_as<T, float>) {
            return values;
        } else {
            to.assign(values, values + count);
            return to.data();
        }
    }
    const Kept* converted_targets(const Target* targets, [[maybe_unused]] std::size_t samples) {
        if constexpr (X::class_targets)
            return targets;
        else
            return converted(targets, samples * width, values_);
    }
    void upload(std::size_t network, const T* images, const Kept* targets, std::size_t samples,
                std::size_t first, const MemoryPlan<C, T>& memory) {
        const std::size_t size = std::size_t(X::image.size());
        T* const to = memory.images[network];
        Kept* const to_targets = targets_of_[network];
        backend_->upload(images + first * size, (samples - first) * size, to);
        backend_->upload(targets + first * width, (samples - first) * width, to_targets);
        if (first == 0)
            return;
        backend_->upload(images, first * size, to + (samples - first) * size);
        backend_->upload(targets, first * width, to_targets + (samples - first) * width);
    }
    void load_distances(const float* images, int samples, bool roll, MethodGraph<C, B>& graph) {
        if (roll)
            distances_.measure(images, X::image, samples,
                               undo_.mean.empty() ? nullptr : undo_.mean.data(),
                               undo_.mean.empty() ? nullptr : undo_.stddev.data());
        for (int i = 0; i < C::size; ++i)
            for (int j = 0; j < C::size; ++j) {
                if (roll && i != j)
                    backend_->upload(distances_.template between<T>(i, j, samples),
                                     std::size_t(samples), graph.distances(i, j));
                else
                    backend_->fill(std::size_t(samples), T(0), graph.distances(i, j));
            }
    }

    B* backend_ = nullptr;
    int batch_ = 0;
    std::vector<decltype(std::declval<B&>().template allocate<Kept>(1))> targets_;
    std::array<Kept*, n> targets_of_{};
    std::vector<T> converted_;
    std::vector<T> values_;
    struct NoStatistics {};
    std::conditional_t<C::different_inputs, Statistics, NoStatistics> undo_;
    ImageDistances<typename C::feed::Distance, C::size> distances_;
};

}  // namespace collab::detail
