// SPDX-License-Identifier: Apache-2.0
// training: a collaboration bound to a backend and an optimizer: all weights, all memory, one step
// at a time.
#pragma once
#include <array>
#include <atomic>
#include <bit>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <collab/collaboration/deploy.hpp>
#include <collab/model/model.hpp>
#include <collab/train/batch_input.hpp>
#include <collab/train/deployed_weights.hpp>
#include <collab/train/fit.hpp>
#include <collab/train/loss_recorder.hpp>
#include <collab/train/network_pass.hpp>
#include <collab/train/own_losses.hpp>
#include <collab/train/parameter_store.hpp>
#include <collab/train/settings.hpp>
#include <collab/train/training_checks.hpp>
#include <collab/train/update_schedule.hpp>

namespace collab {

/// `What` is a Collaboration, or a network for individual learning; `O` moves the weights.
///
///     Training<Pair, Cpu<float>> training({.alpha = 0.2, .seed = 1});
///     training.step(images, labels, 128, 0.1);   // NHWC, class numbers, samples, learning rate
///     auto small = training.deploy<0>();         // with its own half of the knowledge base
///
/// Minimizes sum_k [ l(z_k, y) + alpha (L_metric^k + l(v_k, y)) ] with the loss l of the task
/// (cross entropy unless the collaboration names another) and peers detached inside L_metric^k,
/// plus what the methods add. One thread may use a training at a time.
template <class What, class B, Optimizer O = Sgd>
class Training : public ParameterStore<B> {
public:
    using Description = typename detail::AsCollaboration<What>::type;

private:
    using C = typename detail::CheckedTraining<Description, B>::type;
    using X = detail::Traits<C>;
    using Store = ParameterStore<B>;
    using Store::backend_, Store::tensors_, Store::host;
    using T = typename B::Scalar;
    static constexpr int n = C::size;

public:
    using Scalar = T;
    using Backend = B;
    using Methods = decltype(detail::as_tuple(typename C::methods{}));
    using Settings =
        TrainingSettings<typename detail::CheckedTraining<Description, B>::Given::metric, Methods,
                         O, typename C::loss>;
    static constexpr bool rolls_inputs = C::different_inputs;  ///< networks see other samples
    static constexpr int networks = n;
    static constexpr Dims input = X::image;
    static constexpr int outputs = X::outputs;
    /// What a step is given for each sample: a class number (int), or `target_size` floats.
    using Target = typename C::loss::Target;
    static constexpr int target_size = X::target_size;  ///< 0 where targets are class numbers
    static constexpr TaskWords task = X::task;          ///< what its loss and scores are called

    COLLAB_COLD explicit Training(const Settings& settings = {},
                                  std::shared_ptr<B> backend = std::make_shared<B>());

    const Settings& settings() const { return settings_; }
    B& backend() { return *backend_; }
    const std::string& name(int network) const {
        check_network(network);
        return settings_.names[std::size_t(network)];
    }
    /// How many steps were done: dropout's random numbers follow from it. It can be set for a
    /// training that is taken up again.
    long steps() const { return step_; }
    void set_steps(long steps) {
        if (steps < 0)
            fail("a training has done at least 0 steps, not ", steps);
        step_ = steps;
    }
    /// Bytes of all tensors: parameters, gradients, the optimizer's values, activations, and what
    /// the backward pass works in.
    std::size_t memory_bytes() const { return floats_ * sizeof(T) + input_->bytes(); }
    /// Bytes that the operations of a step work in beside these, where the backend can tell; of all
    /// that it has been used for. Before the first step they are found by a rehearsal: a pass over
    /// zeros, which moves no weight, momentum or statistic; losses and logits of an earlier batch
    /// are forgotten.
    std::size_t workspace_bytes();

    /// One step on `samples` samples (at most the batch of the settings): NHWC images and targets
    /// (see Target) on the host. In an iterative collaboration, one after the other for each
    /// network; a method with a critic moves that first. `before_update()` may look at the
    /// gradients before each update uses them.
    template <std::invocable F = detail::NoLook>
    void step(const float* images, const Target* targets, int samples, double learning_rate,
              F&& before_update = {}) {
        input_->load(images, targets, samples, C::different_inputs, *memory_, graph_);
        step_on_loaded(samples, learning_rate, before_update);
    }
    /// The same on images that are formed where they are needed: `form(to)` writes them, NHWC, to
    /// memory of the backend.
    template <std::invocable<T*> Form, std::invocable F = detail::NoLook>
        requires(!C::different_inputs)
    void step(Form&& form, const Target* targets, int samples, double learning_rate,
              F&& before_update = {}) {
        input_->load(form, targets, samples, *memory_);
        step_on_loaded(samples, learning_rate, before_update);
    }
    /// The forward and backward pass of a step, without the update: the gradients of all losses at
    /// once, whatever the order of updates. It counts as no step.
    void compute_gradients(const float* images, const Target* targets, int samples) {
        input_->load(images, targets, samples, C::different_inputs, *memory_, graph_);
        pass(samples, random_of_step(), {X::everyone});
        samples_ = samples;
        ++looks_;
    }
    /// Forward only, in inference mode: afterwards `losses()` and `logits(i)` speak of this batch.
    /// Changes no weight and no statistic. All networks see the same images, whatever they are
    /// trained on.
    void evaluate_batch(const float* images, const Target* targets, int samples) {
        input_->load(images, targets, samples, false, *memory_, graph_);
        evaluate_loaded(samples);
    }
    template <std::invocable<T*> Form>
        requires(!C::different_inputs)
    void evaluate_batch(Form&& form, const Target* targets, int samples) {
        input_->load(form, targets, samples, *memory_);
        evaluate_loaded(samples);
    }
    /// Tells the training where it stands, for weights that change with time: epoch in [0, epochs).
    /// `fit` does.
    COLLAB_COLD void begin_epoch(int epoch, int epochs) {
        if (epoch < 0 || epoch >= epochs)
            fail("epoch ", epoch, " of ", epochs,
                 " was begun; expected one of at least 0 and below their number");
        moment_.epoch = epoch;
        moment_.epochs = epochs;
    }

    using Losses = std::array<NetworkLoss, std::size_t(n)>;
    /// The losses of the last batch, network by network. Waits for the backend. Throws Error where
    /// one is infinite or not a number: `terms()` and `logits(i)` then tell more.
    Losses losses() const {
        const Losses all = recorder_.now(graph_, *backend_, samples_);
        check_losses(all, step_);
        return all;
    }
    /// Keeps what `losses()` would say now, without waiting where the backend allows that
    /// (`notes_wait()`). `noted_losses()` gives what was kept, oldest first, and forgets it, and
    /// throws as `losses()` does. For loops that look only now and then.
    COLLAB_COLD void note_losses() { recorder_.note(graph_, *backend_, samples_, step_); }
    std::vector<Losses> noted_losses() {
        const auto [all, steps] = recorder_.take(graph_, *backend_);
        for (std::size_t k = 0; k < all.size(); ++k)
            check_losses(all[k], steps[k]);
        return all;
    }
    /// The same without a look at them, for loops that judge losses themselves.
    std::vector<Losses> take_notes() { return recorder_.take(graph_, *backend_).first; }
    bool notes_wait() const { return DeferringBackend<B>; }
    /// Every loss that the methods list, over the last batch. Waits for the backend.
    std::vector<Term> terms() const {
        if (samples_ == 0)
            fail("losses were asked for before the first batch");
        return graph_.terms(*backend_, samples_);
    }
    /// Logits [samples][classes] of the last batch.
    std::vector<T> logits(int network) const {
        check_network(network);
        return host(graph_.tensors()[std::size_t(network)].value,
                    std::size_t(samples_) * std::size_t(X::outputs));
    }
    /// Embeddings [samples][width] of the last batch in the mutual space of MKB `base`.
    template <int Base = 0>
    std::vector<T> embeddings(int network) const {
        check_network(network);
        const int slot = memory_->mkbs[std::size_t(network)][Base].embedding;
        return host(graph_.tensors()[std::size_t(slot)].value,
                    std::size_t(samples_) *
                        X::template Branch<0, Base>::Embed::Output::dims.size());
    }

    /// The weights of one network, without any part of an MKB or a method, and the same for
    /// setting: `training.set_network_weights(0, teacher.network_weights(0))`.
    NetworkWeights<T> network_weights(int network) const {
        const auto [place, size] = network_place(network);
        return {host(Store::parameters_ + place.parameters, std::size_t(size.parameters)),
                host(Store::state_ + place.state, std::size_t(size.state))};
    }
    void set_network_weights(int network, const NetworkWeights<T>& w) {
        const auto [place, size] = network_place(network);
        Store::assign(w.parameters, Store::parameters_ + place.parameters,
                      std::size_t(size.parameters), "parameters in this network");
        Store::assign(w.state, Store::state_ + place.state, std::size_t(size.state),
                      "running statistics in this network");
    }

    /// Trains on `data.train` and evaluates on `data.validation` if there is one, else on
    /// `data.test`; see FitOptions. Callbacks take part: see Callback.
    template <class... Callbacks>
    COLLAB_COLD History fit(const Splits& data, const FitOptions& options = {},
                            Callbacks&&... callbacks) {
        const Images& held_out = data.validation.size() > 0 ? data.validation : data.test;
        return collab::fit(*this, data.train, held_out, options, callbacks...);
    }
    /// How images are prepared from here on: `fit` says what it was given, and what that comes to
    /// for its images.
    void set_transform(const std::optional<Transform>& given, const Transform& fitted) {
        transform_ = given;
        input_->undo(fitted.normalize);
    }
    const std::optional<Transform>& transform() const { return transform_; }
    /// Loss and scores of every network over a whole set, in inference mode. Without a transform,
    /// that of the last fit is used.
    COLLAB_COLD std::array<Evaluation, std::size_t(n)> evaluate(
        const Images& images, const std::optional<Transform>& transform = {}) {
        return collab::evaluate(*this, images, transform ? transform : transform_);
    }

    /// The type of network I once it is deployed; of a training without an MKB, Model<Network, B>.
    template <int I>
    using DeployedModel = Model<Deployed<C, I>, B>;
    /// Network I with its own half of every MKB, as a plain network with the same logits in
    /// inference mode, and with the transform of this training. It has a backend of its own, so
    /// that it may run beside others, where the backend can make another of its kind.
    template <int I>
        requires(because<"there is a network of this number">(I >= 0 && I < n))
    COLLAB_COLD DeployedModel<I> deploy() const {
        if constexpr (requires {
                          { backend_->another() } -> std::convertible_to<std::shared_ptr<B>>;
                      })
            return deploy<I>(backend_->another());
        else
            return deploy<I>(backend_);
    }
    /// The same on a backend that it may share: one thread may then use all of them at a time.
    template <int I>
        requires(because<"there is a network of this number">(I >= 0 && I < n))
    COLLAB_COLD DeployedModel<I> deploy(std::shared_ptr<B> backend) const {
        DeployedModel<I> model(settings_.batch, std::move(backend));
        const NetworkWeights<T> w = deployed_weights<I>();
        model.set_parameters(w.parameters);
        model.set_state(w.state);
        model.set_transform(transform_);
        return model;
    }
    /// The same as weights only, in the order of Deployed<C, I>: for a model that is built
    /// elsewhere.
    template <int I>
        requires(because<"there is a network of this number">(I >= 0 && I < n))
    COLLAB_COLD NetworkWeights<T> deployed_weights() const {
        return detail::DeployedWeights<C, I, T>(Store::parameters(), Store::state())
            .collect(places_);
    }

private:
    COLLAB_COLD void lay_out(Arena<T>& arena);
    bool repeats() const { return C::order::iterative || graph_.has_critic(); }
    bool mkb_stands_still() const {
        return settings_.freeze_mkb_after >= 0 && moment_.step >= settings_.freeze_mkb_after;
    }
    template <int I>
    Context<B> context(int samples, Mode mode, Random random) const {
        return {*backend_, samples, settings_.batch, X::frozen(I) ? Mode::inference : mode,
                random.child(detail::hash(name(I)))};
    }
    /// What every step of this number draws from.
    Random random_of_step() {
        moment_.step = step_;
        return Random{settings_.seed}.child(std::uint64_t(step_) + 0x53746570u);
    }
    template <class F>
    void step_on_loaded(int samples, double learning_rate, F& before_update);
    COLLAB_COLD void evaluate_loaded(int samples);
    COLLAB_COLD void pass(int samples, Random random, const detail::PassPlan& plan);
    template <int I>
    COLLAB_COLD void forward(const Context<B>& c, bool repeated) {
        detail::NetworkPass<C, B, I>(c, *memory_, graph_).forward([&](const Memory<T>& m) {
            return Store::with_echo(m, repeated);
        });
    }
    void run_graph(int samples, Mode mode, Random random, const detail::PassPlan& plan);
    void write_scalars();
    void move(double learning_rate, const detail::Active& active);

    static void check_network(int network) {
        if (network < 0 || network >= n)
            fail("there is no network ", network, "; this training has ", n);
    }
    void check_losses(const Losses& all, long step) const {
        for (int i = 0; i < n; ++i)
            detail::check_loss(all[std::size_t(i)], task.loss, name(i), step);
    }
    COLLAB_COLD std::pair<detail::Place, Footprint> network_place(int network) const {
        check_network(network);
        std::pair<detail::Place, Footprint> found;
        static_for<n>([&](auto i) {
            if (i == network)
                found = {places_.network[i], X::template Plan<i>::footprint};
        });
        return found;
    }

    Settings settings_;
    detail::Places<C> places_{};
    MethodGraph<C, B> graph_;
    std::vector<decltype(std::declval<B&>().template allocate<T>(1))> block_;
    std::unique_ptr<detail::BatchInput<C, B>> input_;
    std::unique_ptr<detail::MemoryPlan<C, T>> memory_;
    detail::LossRecorder<MethodGraph<C, B>, B> recorder_;
    std::optional<Transform> transform_;
    Moment moment_;
    std::uint64_t number_ = detail::next_number();
    std::uint64_t looks_ =
        0;  // a pass that was no step has moved what logits() and others speak of
    std::size_t floats_ = 0;
    long step_ = 0;
    int samples_ = 0;
    bool rehearsed_ = false;
};

}  // namespace collab

#include <collab/train/training-inl.hpp>
