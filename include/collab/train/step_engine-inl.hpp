// SPDX-License-Identifier: Apache-2.0
// step_engine-inl: the longer bodies of StepEngine.
#pragma once
#include <algorithm>
#include <bit>

#include <collab/model/constant_weights.hpp>
#include <collab/train/step_engine.hpp>

namespace collab {

template <class C, class B, class O, class M>
StepEngine<C, B, O, M>::StepEngine(const Settings& settings, std::shared_ptr<B> backend)
    : settings_(settings) {
    backend_ = std::move(backend);
    if (!backend_)
        fail("a training needs a backend; it was given a null pointer");
    settings_.check();
    detail::name_networks(settings_.names, n);
    places_ = detail::TensorLister<C>(tensors_, Store::ranges_, settings_.names).list();
    graph_.list(settings_.methods, tensors_, Store::ranges_);
    Store::ranges_ = detail::with_groups(Store::ranges_, tensors_, settings_.groups);
    for (const auto& r : Store::ranges_)
        if (r.decay != 1)
            detail::with_decay(settings_.optimizer, r.decay);  // whether it has one
    if (!C::order::refreshes)
        for (const auto& r : Store::ranges_)
            if (r.owner == Owner::shared)
                fail("IterativeStale moves networks one after the other from one forward pass; "
                     "what they share would have changed in between");
    Arena<T> measure;
    lay_out(measure);
    floats_ = measure.used();
    block_.emplace_back(backend_->template allocate<T>(floats_));
    Arena<T> arena(block_[0].data());
    lay_out(arena);
    input_.allocate(*backend_, settings_.batch);
    Store::set_parameters(
        initial_parameters<T>(tensors_, settings_.initialization, settings_.seed));
    Store::set_state(initial_states<T>(tensors_));
}

template <class C, class B, class O, class M>
void StepEngine<C, B, O, M>::lay_out(Arena<T>& arena) {
    const std::size_t batch = std::size_t(settings_.batch);
    const int critic_scalars = graph_.has_critic() ? Adam::scalars : 0;
    Store::template lay_out_parameters<O>(arena,
                                          std::max(O::slots, graph_.has_critic() ? Adam::slots : 0),
                                          O::scalars + critic_scalars, repeats());
    memory_ = detail::MemoryPlan<C, T>(
        arena, places_, {Store::parameters_, Store::gradients_, Store::state_}, batch);
    T* const work = arena.take(batch * std::size_t(graph_.scratch()));
    graph_.lay_out(
        settings_.methods, arena,
        {Store::parameters_, Store::gradients_, Store::state_, Store::echo_, work}, batch,
        detail::OwnLosses<C, B>(memory_, settings_.loss, settings_.metric, settings_.alpha));
}

template <class C, class B, class O, class M>
std::size_t StepEngine<C, B, O, M>::workspace_bytes() {
    if constexpr (requires {
                      { backend_->workspace_bytes() } -> std::convertible_to<std::size_t>;
                  }) {
        if (step_ == 0 && accumulated_ == 0 && !std::exchange(rehearsed_, true)) {
            const std::vector<T> s = Store::state();
            input_.load_nothing(memory_);
            pass(settings_.batch, Random{}, {X::everyone});
            Store::set_state(s);
            samples_ = 0;
            ++looks_;
        }
        return backend_->workspace_bytes();
    }
    return 0;
}

template <class C, class B, class O, class M>
template <class F>
void StepEngine<C, B, O, M>::step_on_loaded(int samples, double learning_rate, F& before_update) {
    detail::check_not_negative("the learning rate", learning_rate);
    const Random random = random_of_step();
    ++step_;
    write_scalars();
    const auto all = [&] {
        detail::run_update_schedule<C>(
            graph_.has_critic(),
            [&](const detail::PassPlan& plan) {
                pass(samples, random, plan);
                before_update();
            },
            [&](const detail::Active& active) { move(learning_rate, active); });
    };
    // a look may be another each time
    if constexpr (RecordingBackend<B> && std::same_as<std::remove_cvref_t<F>, detail::NoLook>) {
        std::vector<std::uint64_t> signature{number_, looks_, std::uint64_t(samples),
                                             std::bit_cast<std::uint64_t>(learning_rate),
                                             std::uint64_t(mkb_stands_still())};
        graph_.sign(moment_, signature);
        backend_->record(std::move(signature), all);
    } else {
        all();
    }
    samples_ = samples;
}

template <class C, class B, class O, class M>
void StepEngine<C, B, O, M>::evaluate_loaded(int samples) {
    const detail::RoundAsDeployed<B> rounding(*backend_);
    static_for<n>([&](auto i) { forward<i>(context(i, samples, Mode::inference, {}), false); });
    run_graph(samples, Mode::inference, {}, {});
    samples_ = samples;
    ++looks_;
}

template <class C, class B, class O, class M>
void StepEngine<C, B, O, M>::check_accumulation(int samples) const {
    if (repeats())
        fail("gradients were to be accumulated; where networks move one after the other, or a "
             "critic before them, each of them needs passes of its own");
    if (accumulated_ > 0 && samples != each_samples_)
        fail("batches of ", each_samples_, " samples were accumulated, and now one of ", samples,
             "; their mean needs as many in each");
}

template <class C, class B, class O, class M>
void StepEngine<C, B, O, M>::accumulate_loaded(int samples) {
    const Random random = random_of_step();
    pass(samples, accumulated_ > 0 ? random.child(std::uint64_t(accumulated_)) : random,
         {.again = X::everyone, .adds = accumulated_ > 0});
    ++accumulated_;
    samples_ = each_samples_ = samples;
    ++looks_;
}

/// The mean of what was accumulated.
template <class C, class B, class O, class M>
void StepEngine<C, B, O, M>::begin_update(double learning_rate) {
    detail::check_not_negative("the learning rate", learning_rate);
    if (accumulated_ == 0)
        fail("an update was asked for before gradients were accumulated");
    moment_.step = step_++;
    write_scalars();
    if (accumulated_ > 1)
        Store::scale_gradients(1.0 / accumulated_);
    accumulated_ = 0;
}

/// Forward the networks of `plan.again`, then all losses, then backward and gradients of those who
/// are active.
template <class C, class B, class O, class M>
void StepEngine<C, B, O, M>::pass(int samples, Random random, const detail::PassPlan& plan) {
    if (!plan.adds) {
        Store::clear_gradients();
        accumulated_ = 0;
    }
    static_for<n>([&](auto i) {
        if (plan.again >> i & 1u)
            forward<i>(context(i, samples, Mode::training, random), plan.repeated);
    });
    run_graph(samples, Mode::training, random, plan);
    static_for<n>([&](auto i) {
        if constexpr (!X::frozen(i))
            if (plan.active(i)) {
                const Context<B> c = context(i, samples, Mode::training, random);
                detail::NetworkPass<C, B, i>(c, memory_, graph_).backward();
            }
    });
    Store::clear_frozen_gradients();
}

template <class C, class B, class O, class M>
void StepEngine<C, B, O, M>::run_graph(int samples, Mode mode, Random random,
                                       const detail::PassPlan& plan) {
    detail::MethodPass<B> r{{*backend_, samples, settings_.batch, mode, random},
                            graph_.tensors(),
                            input_.labels(),
                            input_.targets(),
                            moment_,
                            plan.active,
                            mode == Mode::training,
                            plan.repeated,
                            plan.stale};
    graph_.run(r);
}

/// Beside the step, which is the same each time but for these.
template <class C, class B, class O, class M>
void StepEngine<C, B, O, M>::write_scalars() {
    constexpr int most = O::scalars + Adam::scalars;
    double values[std::size_t(most) + 1] = {};
    int count = 0;
    if constexpr (O::scalars > 0) {
        settings_.optimizer.write_scalars(moment_.step, values);
        count = O::scalars;
    }
    if constexpr (Graph::may_have_critic)
        if (graph_.has_critic()) {
            settings_.critic.write_scalars(moment_.step, values + count);
            count += Adam::scalars;
        }
    T to[std::size_t(most) + 1] = {};
    std::copy_n(values, count, to);
    if (count > 0)
        backend_->upload(to, std::size_t(count), Store::scalars_);
}

template <class C, class B, class O, class M>
void StepEngine<C, B, O, M>::move(double learning_rate, const detail::Active& active) {
    using Range = detail::ParameterRange;
    if constexpr (Graph::may_have_critic)
        if (active.critic && graph_.has_critic())
            Store::update(settings_.critic, settings_.critic.learning_rate,
                          Store::scalars_ + O::scalars,
                          [](const Range& r) { return r.owner == Owner::critic; });
    const bool still = mkb_stands_still();
    Store::update(settings_.optimizer, learning_rate, Store::scalars_, [&](const Range& r) {
        return r.owner != Owner::critic && active(r.owner) &&
               !(r.owner >= 0 && X::frozen(r.owner)) && !(r.mkb && still);
    });
}

}  // namespace collab
