// SPDX-License-Identifier: Apache-2.0
// step_engine: one step at a time: all weights and all memory of a collaboration on a backend, what
// a step does with them, and what it says of its batch.
#pragma once
#include <array>
#include <atomic>
#include <bit>
#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <collab/train/batch_input.hpp>
#include <collab/train/loss_recorder.hpp>
#include <collab/train/network_pass.hpp>
#include <collab/train/own_losses.hpp>
#include <collab/train/parameter_store.hpp>
#include <collab/train/settings.hpp>
#include <collab/train/training_checks.hpp>
#include <collab/train/update_schedule.hpp>

namespace collab {

/// The part of Training that does steps. C is the collaboration, O moves the weights, M is the
/// metric that the settings hold.
template <class C, class B, class O, class M>
class StepEngine : public ParameterStore<B> {
protected:
    using X = detail::Traits<C>;
    using Store = ParameterStore<B>;
    using Store::backend_, Store::tensors_, Store::host;
    using Graph = MethodGraph<C, B>;
    using T = typename B::Scalar;
    static constexpr int n = C::size;

public:
    using Collaboration = C;
    using Scalar = T;
    using Backend = B;
    using Methods = decltype(detail::as_tuple(typename C::methods{}));
    using Settings = TrainingSettings<M, Methods, O, typename C::loss>;
    static constexpr bool rolls_inputs = C::different_inputs;  ///< networks see other samples
    static constexpr int networks = n;
    static constexpr Dims input = X::image;
    static constexpr int outputs = X::outputs;
    /// What a step is given for each sample: a class number (int), or `target_size` floats.
    using Target = typename C::loss::Target;
    static constexpr int target_size = X::target_size;  ///< 0 where targets are class numbers
    static constexpr TaskWords task = X::task;          ///< what its loss and scores are called

    COLLAB_COLD explicit StepEngine(const Settings& settings, std::shared_ptr<B> backend);

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
    std::size_t memory_bytes() const { return floats_ * sizeof(T) + input_.bytes(); }
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
        input_.load(images, targets, samples, C::different_inputs, memory_, graph_);
        step_on_loaded(samples, learning_rate, before_update);
    }
    /// The same on images that are formed where they are needed: `form(to)` writes them, NHWC, to
    /// memory of the backend.
    template <std::invocable<T*> Form, std::invocable F = detail::NoLook>
        requires(!C::different_inputs)
    void step(Form&& form, const Target* targets, int samples, double learning_rate,
              F&& before_update = {}) {
        input_.load(form, targets, samples, memory_);
        step_on_loaded(samples, learning_rate, before_update);
    }
    /// The forward and backward pass of a step, without the update: the gradients of all losses at
    /// once, whatever the order of updates. It counts as no step.
    void compute_gradients(const float* images, const Target* targets, int samples) {
        input_.load(images, targets, samples, C::different_inputs, memory_, graph_);
        pass(samples, random_of_step(), {X::everyone});
        samples_ = samples;
        ++looks_;
    }
    /// Adds the gradients of a batch to those of the batches since the last update, and moves
    /// nothing: `update` then does what one step on all of these samples would do. Nothing but
    /// `accumulate` and `evaluate_batch` may come in between: it would forget them. All of them
    /// have as many samples. Not for critics and networks that move one after the other.
    void accumulate(const float* images, const Target* targets, int samples) {
        check_accumulation(samples);
        input_.load(images, targets, samples, C::different_inputs, memory_, graph_);
        accumulate_loaded(samples);
    }
    template <std::invocable<T*> Form>
        requires(!C::different_inputs)
    void accumulate(Form&& form, const Target* targets, int samples) {
        check_accumulation(samples);
        input_.load(form, targets, samples, memory_);
        accumulate_loaded(samples);
    }
    /// One step along the mean of the gradients that were accumulated. `before_update()` may look
    /// at it.
    template <std::invocable F = detail::NoLook>
    void update(double learning_rate, F&& before_update = {}) {
        begin_update(learning_rate);
        before_update();
        move(learning_rate, {X::everyone, true, true});
    }
    /// Forward only, in inference mode: afterwards `losses()` and `logits(i)` speak of this batch.
    /// Changes no weight and no statistic. All networks see the same images, whatever they are
    /// trained on.
    void evaluate_batch(const float* images, const Target* targets, int samples) {
        input_.load(images, targets, samples, false, memory_, graph_);
        evaluate_loaded(samples);
    }
    template <std::invocable<T*> Form>
        requires(!C::different_inputs)
    void evaluate_batch(Form&& form, const Target* targets, int samples) {
        input_.load(form, targets, samples, memory_);
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
    /// The same network by network.
    COLLAB_COLD std::vector<NetworkLoss> take_note_list() {
        return recorder_.take_list(graph_, *backend_);
    }
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
        const int slot = memory_.mkbs[std::size_t(network)][Base].embedding;
        return host(graph_.tensors()[std::size_t(slot)].value,
                    std::size_t(samples_) *
                        X::template Branch<0, Base>::Embed::Output::dims.size());
    }

protected:
    static void check_network(int network) {
        if (network < 0 || network >= n)
            fail("there is no network ", network, "; this training has ", n);
    }
    void check_losses(const Losses& all, long step) const {
        for (int i = 0; i < n; ++i)
            detail::check_loss(all[std::size_t(i)], task.loss, name(i), step);
    }

    Settings settings_;
    detail::Places<C> places_{};
    detail::BatchInput<C, B> input_;

private:
    COLLAB_COLD void lay_out(Arena<T>& arena);
    bool repeats() const { return C::order::iterative || graph_.has_critic(); }
    bool mkb_stands_still() const {
        return settings_.freeze_mkb_after >= 0 && moment_.step >= settings_.freeze_mkb_after;
    }
    COLLAB_COLD Context<B> context(int network, int samples, Mode mode, Random random) const {
        return {*backend_, samples, settings_.batch, X::frozen(network) ? Mode::inference : mode,
                random.child(detail::hash(name(network)))};
    }
    /// What every step of this number draws from.
    Random random_of_step() {
        moment_.step = step_;
        return Random{settings_.seed}.child(std::uint64_t(step_) + 0x53746570u);
    }
    template <class F>
    void step_on_loaded(int samples, double learning_rate, F& before_update);
    COLLAB_COLD void evaluate_loaded(int samples);
    COLLAB_COLD void check_accumulation(int samples) const;
    COLLAB_COLD void accumulate_loaded(int samples);
    COLLAB_COLD void begin_update(double learning_rate);
    COLLAB_COLD void pass(int samples, Random random, const detail::PassPlan& plan);
    template <int I>
    COLLAB_COLD void forward(const Context<B>& c, bool repeated) {
        detail::NetworkPass<C, B, I>(c, memory_, graph_).forward([&](const Memory<T>& m) {
            return Store::with_echo(m, repeated);
        });
    }
    COLLAB_COLD void run_graph(int samples, Mode mode, Random random, const detail::PassPlan& plan);
    COLLAB_COLD void write_scalars();
    COLLAB_COLD void move(double learning_rate, const detail::Active& active);

    Graph graph_;
    std::vector<decltype(std::declval<B&>().template allocate<T>(1))> block_;

    detail::MemoryPlan<C, T> memory_;
    detail::LossRecorder<Graph, B> recorder_;
    Moment moment_;
    std::uint64_t number_ = detail::next_number();
    std::uint64_t looks_ =
        0;  // a pass that was no step has moved what logits() and others speak of
    std::size_t floats_ = 0;
    long step_ = 0;
    int samples_ = 0;
    int accumulated_ = 0;   // batches whose gradients wait for an update, and
    int each_samples_ = 0;  // the samples of each of them
    bool rehearsed_ = false;
};

namespace detail {
/// The engine of a training of `What`. Where that does not hold, its sentence is the only error.
template <class What, class B, class O,
          class Checked = CheckedTraining<typename AsCollaboration<What>::type, B>>
using EngineOf = StepEngine<typename Checked::type, B, O, typename Checked::Given::metric>;
}  // namespace detail

}  // namespace collab

#include <collab/train/step_engine-inl.hpp>
