// SPDX-License-Identifier: Apache-2.0
// model: one network bound to a backend, for inference: weights, storage, and logits from images.
#pragma once
#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <collab/data/images.hpp>
#include <collab/data/transforms.hpp>
#include <collab/model/check.hpp>
#include <collab/model/constant_weights.hpp>
#include <collab/model/named_tensors.hpp>

namespace collab {

/// A network with its weights on a backend. One thread may use it at a time; models that do not
/// share a backend may be used at once.
///
///     Model<SmallNet, Cpu<float>> model(128);
///     std::vector<float> logits = model.predict(images, 128);    // images: NHWC
template <NetworkDescription N, class B>
class Model {
    using wrong =
        detail::first_wrong<joined<detail::NetworkChecks<N>, detail::BackendChecks<N, B>>>;
    static_assert(sizeof(typename wrong::sentence) > 0);
    // nobody reads a cut here
    using Run = running<std::conditional_t<wrong::holds, N, detail::Nothing>>;

public:
    using Network = N;
    using Scalar = typename B::Scalar;
    using Plan = bound<std::conditional_t<wrong::holds, N, detail::Nothing>>;
    static constexpr Dims input = input_of<N>::dims;
    static constexpr Dims output = Plan::Output::dims;

    /// Storage for batches of up to `capacity` samples; weights are initialized after He from
    /// `seed`.
    COLLAB_COLD explicit Model(int capacity, std::shared_ptr<B> backend = std::make_shared<B>(),
                               std::uint64_t seed = 0)
        : backend_(std::move(backend)),
          capacity_(checked(capacity, backend_)),
          parameters_(buffer(Plan::footprint.parameters)),
          state_(buffer(Plan::footprint.state)),
          saved_(buffer(std::size_t(capacity) * Run::footprint.saved)),
          fixed_(buffer(Run::footprint.fixed)),
          images_(buffer(std::size_t(capacity) * input.size())),
          constant_(backend_) {
        named_tensors_.template add<Plan>("net0");
        set_parameters(initial_parameters<Scalar>(named_tensors_, {}, seed));
        set_state(initial_states<Scalar>(named_tensors_));
    }

    B& backend() { return *backend_; }
    int capacity() const { return capacity_; }
    const NamedTensors& named_tensors() const { return named_tensors_; }
    std::size_t parameter_count() const { return named_tensors_.parameter_count; }

    /// All parameters, or all running statistics, in the order of the named_tensors.
    std::vector<Scalar> parameters() const {
        return host(parameters_, named_tensors_.parameter_count);
    }
    std::vector<Scalar> state() const { return host(state_, named_tensors_.state_count); }
    void set_parameters(const std::vector<Scalar>& values) {
        assign(values, parameters_, named_tensors_.parameter_count, "parameters");
    }
    void set_state(const std::vector<Scalar>& values) {
        assign(values, state_, named_tensors_.state_count, "running statistics");
    }

    /// How whole images are prepared for this network, where a call does not say. A deployed
    /// network has the transform of its training, a loaded one that of its file.
    const std::optional<Transform>& transform() const { return transform_.get(); }
    void set_transform(const std::optional<Transform>& transform) { transform_.set(transform); }

    /// Logits [batch][classes] of NHWC images, in inference mode; any number of samples.
    std::vector<Scalar> predict(const Scalar* images, int samples) {
        if (samples < 0)
            fail("logits were asked for ", samples, " samples");
        std::vector<Scalar> logits(std::size_t(samples) * output.size());
        for (int first = 0; first < samples; first += capacity_) {
            const int n = std::min(capacity_, samples - first);
            const View<const Scalar> z = forward(images + std::size_t(first) * input.size(), n);
            backend_->download(z.data, std::size_t(n) * output.size(),
                               logits.data() + std::size_t(first) * output.size());
        }
        return logits;
    }
    /// Logits of whole images, prepared by the given transform or else by `transform()`. Where
    /// there is neither, images are padded to the network's size, values in [0, 1].
    COLLAB_COLD std::vector<Scalar> predict(const Images& images,
                                            const std::optional<Transform>& transform = {}) {
        const Augmenter prepare(
            fitted_transform(transform ? transform : transform_.get(), images.dims, input),
            images.dims);
        std::vector<Scalar> logits;
        std::vector<float> pixels(std::size_t(capacity_) * input.size());
        for (int first = 0; first < images.size(); first += capacity_) {
            const int n = std::min(capacity_, images.size() - first);
            for (int i = 0; i < n; ++i)
                prepare.apply(images, first + i, Random{}, false,
                              pixels.data() + std::size_t(i) * input.size());
            const std::vector<Scalar> x(pixels.begin(),
                                        pixels.begin() + std::ptrdiff_t(n) * input.size());
            const std::vector<Scalar> z = predict(x.data(), n);
            logits.insert(logits.end(), z.begin(), z.end());
        }
        return logits;
    }
    /// The share of images whose largest logit is that of their label.
    COLLAB_COLD double accuracy(const Images& images,
                                const std::optional<Transform>& transform = {}) {
        if (images.target_size > 0)
            fail(images.name, " has ", images.target_size,
                 " target values a sample; an accuracy needs class numbers");
        const std::vector<Scalar> z = predict(images, transform);
        int hits = 0;
        for (int i = 0; i < images.size(); ++i) {
            const auto row = z.begin() + std::ptrdiff_t(i) * output.size();
            hits +=
                std::max_element(row, row + output.size()) - row == images.labels[std::size_t(i)];
        }
        return double(hits) / images.size();
    }
    /// Logits on the backend, valid until the next call; at most `capacity` samples.
    View<const Scalar> forward(const Scalar* images, int samples) {
        if (samples < 1 || samples > capacity_)
            fail("this model has room for 1 to ", capacity_, " samples at a time, not ", samples);
        backend_->upload(images, std::size_t(samples) * input.size(), images_.data());
        const Context<B> c{*backend_, samples, capacity_, Mode::inference};
        const Memory<Scalar> m{parameters_.data(), nullptr,       state_.data(),
                               saved_.data(),      fixed_.data(), nullptr};
        [[maybe_unused]] const auto constant = constant_.use();
        return Run::template forward<0, Run::depth>(
            c, m, View<const Scalar>{images_.data(), input.channels});
    }

private:
    using Buffer = decltype(std::declval<B&>().template allocate<Scalar>(1));

    // before anything is allocated for it
    static int checked(int capacity, const std::shared_ptr<B>& backend) {
        if (!backend)
            fail("a model needs a backend; it was given a null pointer");
        if (capacity < 1)
            fail("a model needs room for at least one sample, not ", capacity);
        return capacity;
    }
    Buffer buffer(std::size_t n) { return backend_->template allocate<Scalar>(n + 1); }
    std::vector<Scalar> host(const Buffer& from, std::size_t n) const {
        std::vector<Scalar> values(n);
        backend_->download(from.data(), n, values.data());
        return values;
    }
    void assign(const std::vector<Scalar>& values, Buffer& to, std::size_t n, const char* what) {
        if (values.size() != n)
            fail("this network has ", n, " ", what, ", not ", values.size());
        backend_->upload(values.data(), n, to.data());
        constant_.changed();
    }

    std::shared_ptr<B> backend_;
    detail::KeptTransform transform_;
    int capacity_;
    NamedTensors named_tensors_;
    Buffer parameters_, state_, saved_, fixed_, images_;
    detail::ConstantWeights<B> constant_;  // forgets before the memory is given back
};

}  // namespace collab
