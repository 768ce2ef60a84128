// SPDX-License-Identifier: Apache-2.0
// batch_input: a batch on its way to the backend: images and labels, checked, and rolled from
// network to network where these are to see different samples.
#pragma once
#include <array>
#include <concepts>
#include <cstddef>
#include <memory>
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

public:
    BatchInput(B& backend, int batch) : backend_(backend), batch_(batch) {
        labels_.emplace_back(backend.template allocate<int>(std::size_t(batch) * copies));
        for (std::size_t i = 0; i < n; ++i)
            labels_of_[i] = labels_[0].data() + (copies > 1 ? i * std::size_t(batch) : 0);
    }

    const int* const* labels() const { return labels_of_.data(); }
    std::size_t bytes() const { return labels_[0].size() * sizeof(int); }
    /// What undoes the normalization of the images, so that their mass can be told.
    void undo(const Statistics& s) { undo_ = s; }

    /// NHWC images and class numbers from the host. With `roll`, network i gets the samples rolled
    /// by i places where inputs are to differ.
    void load(const float* images, const int* labels, int samples, bool roll,
              const MemoryPlan<C, T>& memory, MethodGraph<C, B>& graph) {
        check_labels(labels, samples);
        check_images(images, X::image, std::size_t(samples));
        const T* const from =
            converted(images, std::size_t(samples) * std::size_t(X::image.size()));
        for (std::size_t i = 0; i < copies; ++i)
            upload(i, from, labels, std::size_t(samples), roll ? i % std::size_t(samples) : 0,
                   memory);
        if constexpr (C::different_inputs)
            load_distances(images, samples, roll, graph);
    }
    /// Images that are formed where they are needed: `form(to)` writes them.
    template <class Form>
    void load(Form& form, const int* labels, int samples, const MemoryPlan<C, T>& memory) {
        check_labels(labels, samples);
        form(memory.images[0]);
        backend_.upload(labels, std::size_t(samples), labels_of_[0]);
    }
    /// A batch of nothing, to find out what memory a step needs.
    void load_nothing(const MemoryPlan<C, T>& memory) {
        for (std::size_t i = 0; i < n; ++i)
            backend_.fill(std::size_t(batch_) * std::size_t(X::image.size()), T(0),
                          memory.images[i]);
        const std::vector<int> zeros(labels_[0].size(), 0);
        backend_.upload(zeros.data(), zeros.size(), labels_[0].data());
    }

private:
    void check_labels(const int* labels, int samples) const {
        if (samples < 1 || samples > batch_)
            fail("this training has room for 1 to ", batch_, " samples per step, not ", samples);
        for (int i = 0; i < samples; ++i)
            if (labels[i] < 0 || labels[i] >= X::outputs)
                fail("label ", labels[i], " of sample ", i, " lies outside [0, ", X::outputs, ")");
    }
    const T* converted(const float* images, [[maybe_unused]] std::size_t count) {
        if constexpr (std::same_as<T, float>) {
            return images;
        } else {
            converted_.assign(images, images + count);
            return converted_.data();
        }
    }
    void upload(std::size_t network, const T* images, const int* labels, std::size_t samples,
                std::size_t first, const MemoryPlan<C, T>& memory) {
        const std::size_t size = std::size_t(X::image.size());
        T* const to = memory.images[network];
        int* const to_labels = labels_of_[network];
        backend_.upload(images + first * size, (samples - first) * size, to);
        backend_.upload(labels + first, samples - first, to_labels);
        if (first == 0)
            return;
        backend_.upload(images, first * size, to + (samples - first) * size);
        backend_.upload(labels, first, to_labels + (samples - first));
    }
    void load_distances(const float* images, int samples, bool roll, MethodGraph<C, B>& graph) {
        if (roll)
            distances_.measure(images, X::image, samples,
                               undo_.mean.empty() ? nullptr : undo_.mean.data(),
                               undo_.mean.empty() ? nullptr : undo_.stddev.data());
        for (int i = 0; i < C::size; ++i)
            for (int j = 0; j < C::size; ++j) {
                if (roll && i != j)
                    backend_.upload(distances_.template between<T>(i, j, samples),
                                    std::size_t(samples), graph.distances(i, j));
                else
                    backend_.fill(std::size_t(samples), T(0), graph.distances(i, j));
            }
    }

    B& backend_;
    int batch_;
    std::vector<decltype(std::declval<B&>().template allocate<int>(1))> labels_;
    std::array<int*, n> labels_of_{};
    std::vector<T> converted_;
    Statistics undo_;
    ImageDistances<typename C::feed::Distance, C::size> distances_;
};

}  // namespace collab::detail
