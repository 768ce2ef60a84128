// SPDX-License-Identifier: Apache-2.0
// parameter_store: all numbers that a training keeps from step to step, by name and by owner:
// parameters, gradients, the optimizer's values, running statistics.
#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <collab/collaboration/method_graph.hpp>
#include <collab/core/error.hpp>
#include <collab/memory/arena.hpp>
#include <collab/model/named_tensors.hpp>
#include <collab/optim/optimizer.hpp>
#include <collab/train/parameter_groups.hpp>

namespace collab {

namespace detail {
template <class T>
struct Squared {
    const T* from;
    T* to;
    COLLAB_HD void operator()(std::size_t i) const { to[i] = from[i] * from[i]; }
};
template <class T>
struct Scaled {
    T* values;
    T factor;
    COLLAB_HD void operator()(std::size_t i) const { values[i] *= factor; }
};
template <class T>
struct Clamped {
    T* values;
    T most;
    COLLAB_HD void operator()(std::size_t i) const {
        if (values[i] > most)
            values[i] = most;
        if (values[i] < -most)
            values[i] = -most;
    }
};
}  // namespace detail

/// Every list of values is in the order of `named_tensors()`. Reading one waits for the backend.
template <class B>
class ParameterStore {
public:
    using T = typename B::Scalar;

    /// Names and places of all parameters and running statistics.
    const NamedTensors& named_tensors() const { return tensors_; }
    std::vector<T> parameters() const { return host(parameters_, tensors_.parameter_count); }
    std::vector<T> gradients() const { return host(gradients_, tensors_.parameter_count); }
    std::vector<T> state() const { return host(state_, tensors_.state_count); }
    void set_parameters(const std::vector<T>& values) {
        assign(values, parameters_, tensors_.parameter_count, "parameters");
    }
    void set_state(const std::vector<T>& values) {
        assign(values, state_, tensors_.state_count, "running statistics");
    }

    /// How many values the optimizers keep for each parameter, and one of these for all of them.
    int slots() const { return slot_count_; }
    std::vector<T> slot(int k) const {
        return host(slots_[checked_slot(k)], tensors_.parameter_count);
    }
    void set_slot(int k, const std::vector<T>& values) {
        assign(values, slots_[checked_slot(k)], tensors_.parameter_count,
               "values of the optimizer");
    }
    /// Slot 0, which holds the momenta of the optimizers that have them.
    std::vector<T> momentum() const { return slot(0); }
    void set_momentum(const std::vector<T>& values) {
        assign(values, slots_[0], tensors_.parameter_count, "momenta");
    }
    /// Slot 1, which holds Adam's second moments; empty where there is none.
    std::vector<T> second_moments() const {
        return slot_count_ > 1 ? host(slots_[1], tensors_.parameter_count) : std::vector<T>{};
    }
    void set_second_moments(const std::vector<T>& values) {
        assign(values, slots_[1], slot_count_ > 1 ? tensors_.parameter_count : 0, "second moments");
    }

    /// One tensor by its name, as stored; an unknown name is an error that lists the near ones.
    std::vector<T> parameter(std::string_view name) const {
        const Named& t = tensors_.find(name);
        return host(parameters_ + t.offset, std::size_t(t.tensor.size));
    }
    void set_parameter(std::string_view name, const std::vector<T>& values) {
        const Named& t = tensors_.find(name);
        if (values.size() != std::size_t(t.tensor.size))
            fail("parameter '", name, "' has ", t.tensor.size, " values, not ", values.size());
        backend_->upload(values.data(), values.size(), parameters_ + t.offset);
    }

    /// The Euclidean norm of all gradients as they stand, and their scaling: for callbacks before
    /// an update.
    double gradient_norm() {
        if (squares_.empty())
            squares_.emplace_back(backend_->template allocate<T>(tensors_.parameter_count + 1));
        backend_->for_each(tensors_.parameter_count,
                           detail::Squared<T>{gradients_, squares_[0].data()});
        return std::sqrt(backend_->sum(tensors_.parameter_count, squares_[0].data()));
    }
    void scale_gradients(double factor) {
        backend_->for_each(tensors_.parameter_count, detail::Scaled<T>{gradients_, T(factor)});
    }
    /// Brings every gradient into [-most, most].
    void clamp_gradients(double most) {
        backend_->for_each(tensors_.parameter_count, detail::Clamped<T>{gradients_, T(most)});
    }

protected:
    ParameterStore() = default;
    ParameterStore(ParameterStore&&) = default;
    ParameterStore& operator=(ParameterStore&&) = default;
    ~ParameterStore();

    /// Takes memory; called once to measure and once with memory. `echo`: batches are passed
    /// through more than once, and running statistics move but once.
    template <class O>
    void lay_out_parameters(Arena<T>& arena, int slots, int scalars, bool echo) {
        if constexpr (TensorOptimizer<O>) {
            std::size_t most = 0;
            for (const Named& n : tensors_.parameters)
                most = std::max(most, O::room(n.tensor));
            room_ = arena.take(most);
        }
        lay_out_values(arena, slots, scalars, echo);
    }
    void lay_out_values(Arena<T>& arena, int slots, int scalars, bool echo);
    void clear_gradients() { backend_->fill(tensors_.parameter_count, T(0), gradients_); }
    /// What is frozen has no gradient.
    void clear_frozen_gradients() {
        for (const detail::ParameterRange& r : ranges_)
            if (r.frozen)
                backend_->fill(r.count, T(0), gradients_ + r.first);
    }
    /// Moves the ranges that `moves(range)` is true for. Ranges side by side that move alike are
    /// one loop.
    template <class O, class F>
    void update(const O& optimizer, double learning_rate, const T* scalars, F&& moves) {
        const WeightRange<T> all{parameters_, gradients_, slots_, scalars, T(learning_rate)};
        detail::ParameterRange now;
        for (const detail::ParameterRange& r : ranges_) {
            if (r.frozen || !moves(r))
                continue;
            if (r.first == now.first + now.count && r.moves_like(now)) {
                now.count += r.count;
            } else {
                move(optimizer, all, now);
                now = r;
            }
        }
        move(optimizer, all, now);
    }
    /// What a second pass over the same batch does to statistics goes nowhere.
    Memory<T> with_echo(Memory<T> m, bool repeated) const {
        if (repeated)
            m.state = echo_ + (m.state - state_);
        return m;
    }
    std::vector<T> host(const T* from, std::size_t count) const;
    void assign(const std::vector<T>& values, T* to, std::size_t count, const char* what);

    std::shared_ptr<B> backend_;
    NamedTensors tensors_;
    std::vector<detail::ParameterRange> ranges_;
    T* parameters_ = nullptr;
    T* gradients_ = nullptr;
    T* state_ = nullptr;
    T* echo_ = nullptr;
    T* scalars_ = nullptr;
    T* room_ = nullptr;  // that an optimizer works in

private:
    template <class O>
    void move(const O& optimizer, WeightRange<T> all, const detail::ParameterRange& r) {
        if (r.count == 0)
            return;
        all.learning_rate *= T(r.rate);
        const WeightRange<T> range = all.from(r.first);
        if (r.decay == 1)
            move_decayed(optimizer, range, r);
        else
            move_decayed(detail::with_decay(optimizer, r.decay), range, r);
    }
    template <class O>
    void move_decayed(const O& optimizer, const WeightRange<T>& range,
                      const detail::ParameterRange& r) {
        if constexpr (TensorOptimizer<O>)
            if (!r.elementwise)
                return move_tensors(optimizer, range, r);
        backend_->for_each(r.count, optimizer.update(range));
    }
    template <TensorOptimizer O>
    void move_tensors(const O& optimizer, const WeightRange<T>& range,
                      const detail::ParameterRange& r) {
        for (const Named& n : tensors_.parameters) {
            if (n.offset < r.first || n.offset >= r.first + r.count)
                continue;
            const WeightRange<T> own = range.from(n.offset - r.first);
            if (O::room(n.tensor) > 0)
                optimizer.move(*backend_, n.tensor, own, room_);
            else
                backend_->for_each(std::size_t(n.tensor.size), optimizer.update(own));
        }
    }
    std::size_t checked_slot(int k) const {
        if (k < 0 || k >= slot_count_)
            fail("there is no slot ", k, "; the optimizers of this training keep ", slot_count_,
                 " values for each parameter");
        return std::size_t(k);
    }
    int slot_count_ = 0;
    std::array<T*, WeightRange<T>::most_slots> slots_{};
    std::vector<decltype(std::declval<B&>().template allocate<T>(1))> squares_;
};

template <class B>
ParameterStore<B>::~ParameterStore() = default;

template <class B>
COLLAB_COLD void ParameterStore<B>::lay_out_values(Arena<T>& arena, int slots, int scalars,
                                                   bool echo) {
    slot_count_ = slots;
    parameters_ = arena.take(tensors_.parameter_count);
    gradients_ = arena.take(tensors_.parameter_count);
    for (int k = 0; k < slots; ++k)
        slots_[std::size_t(k)] = arena.take(tensors_.parameter_count);
    state_ = arena.take(tensors_.state_count);
    scalars_ = scalars > 0 ? arena.take(std::size_t(scalars)) : nullptr;
    echo_ = echo ? arena.take(tensors_.state_count) : nullptr;
}
template <class B>
COLLAB_COLD auto ParameterStore<B>::host(const T* from, std::size_t count) const -> std::vector<T> {
    std::vector<T> values(count);
    backend_->download(from, count, values.data());
    return values;
}
template <class B>
COLLAB_COLD void ParameterStore<B>::assign(const std::vector<T>& values, T* to, std::size_t count,
                                           const char* what) {
    if (values.size() != count)
        fail("this collaboration has ", count, " ", what, ", not ", values.size());
    backend_->upload(values.data(), count, to);
}

}  // namespace collab
