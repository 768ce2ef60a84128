// SPDX-License-Identifier: Apache-2.0
// method_nodes: what a graph of couplings is made of: layers on a value, functions of several
// values, and losses.
#pragma once
#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <collab/collaboration/method_value.hpp>
#include <collab/collaboration/peer_distance.hpp>
#include <collab/core/config.hpp>
#include <collab/layer/execution_plan.hpp>
#include <collab/loss/batch_pair.hpp>
#include <collab/loss/concepts.hpp>
#include <collab/loss/cross_entropy.hpp>
#include <collab/loss/task.hpp>

namespace collab::detail {

/// Where a value and, unless it is a constant, its gradient lie.
template <class T>
struct Tensor {
    const T* value = nullptr;
    T* gradient = nullptr;
};

/// Who is moved in a step.
struct Active {
    unsigned networks = ~0u;
    bool shared = true;
    bool critic = true;
    constexpr bool operator()(int owner) const {
        return owner >= 0               ? (networks >> owner & 1u) != 0
               : owner == Owner::shared ? shared
                                        : critic;
    }
};

/// Random streams of layers that methods add begin here: those of networks and MKBs are smaller.
inline constexpr int method_stream = 5000;

/// The circumstances of one pass through the graph.
template <class B>
struct MethodPass {
    using T = typename B::Scalar;
    Context<B> context;
    std::vector<Tensor<T>>& tensors;
    const int* const* labels;  ///< of each network; null where targets are values
    const T* const* targets;   ///< of each network; null where targets are class numbers
    Moment moment;
    Active active;
    bool train;     ///< gradients are wanted
    bool repeated;  ///< a pass over the same batch again: statistics do not move
    bool stale;     ///< values stay as the pass before made them
};

template <class B>
struct MethodNode {
    using T = typename B::Scalar;
    virtual ~MethodNode() = default;
    virtual void forward(MethodPass<B>&) = 0;
    virtual void backward(MethodPass<B>&) {}
    virtual void clear(MethodPass<B>&) {}
    /// Appends the bits of what changes from step to step and is no weight.
    virtual void sign(std::vector<std::uint64_t>&) const {}
};

template <class Plan, class B>
struct LayersNode : MethodNode<B> {
    using T = typename B::Scalar;
    Memory<T> memory;
    T* state = nullptr;
    T* echo = nullptr;
    int in = 0;
    int out = 0;
    int number = 0;
    bool attached = false;

    Memory<T> now(const MethodPass<B>& r) const {
        Memory<T> m = memory;
        m.state = r.repeated ? echo : state;
        return m;
    }
    Context<B> here(const MethodPass<B>& r) const { return r.context.part(method_stream + number); }
    View<const T> x(const MethodPass<B>& r) const {
        return {r.tensors[std::size_t(in)].value, Plan::Input::dims.channels};
    }
    void clear(MethodPass<B>& r) override {
        r.context.backend.fill(std::size_t(r.context.batch) * Plan::Output::dims.size(), T(0),
                               r.tensors[std::size_t(out)].gradient);
    }
    void forward(MethodPass<B>& r) override {
        r.tensors[std::size_t(out)].value =
            Plan::template forward<0, Plan::depth>(here(r), now(r), x(r)).data;
    }
    void backward(MethodPass<B>& r) override {
        const View<const T> dy{r.tensors[std::size_t(out)].gradient, Plan::Output::dims.channels};
        const View<const T> dx =
            Plan::template backward<0, Plan::depth>(here(r), now(r), x(r), dy, {}, attached);
        if (attached)
            r.context.backend.add(
                {r.context.batch, Plan::Input::dims}, dx,
                View<T>{r.tensors[std::size_t(in)].gradient, Plan::Input::dims.channels});
    }
};

/// The rows of several values, one sample at a time.
template <class T>
struct RowInputs {
    Row<T> first;  ///< of sample 0
    const int* labels;
    COLLAB_HD Row<T> at(int sample) const {
        Row<T> r = first;
        for (int k = 0; k < r.count; ++k) {
            const std::ptrdiff_t offset = std::ptrdiff_t(sample) * r.size(k);
            r.x[std::size_t(k)] += offset;
            if (r.dx[std::size_t(k)])
                r.dx[std::size_t(k)] += offset;
        }
        r.label = labels ? labels[sample] : -1;
        return r;
    }
};
template <class F, class T>
struct CombineForward {
    F f;
    RowInputs<T> inputs;
    T* y;
    int width;
    COLLAB_HD void operator()(int sample) const {
        f.forward(inputs.at(sample), y + std::ptrdiff_t(sample) * width);
    }
};
template <class F, class T>
struct CombineBackward {
    F f;
    RowInputs<T> inputs;
    const T *y, *dy;
    int width;
    COLLAB_HD void operator()(int sample) const {
        f.backward(inputs.at(sample), y + std::ptrdiff_t(sample) * width,
                   dy + std::ptrdiff_t(sample) * width);
    }
};

/// A function whose numbers change while a training runs: `now(count)` is the one of this moment,
/// for so many values, and `share` are its numbers.
template <class F>
concept ChangingRowFunction = requires(const F& f) { f.now(1).share; };

template <class F, class B>
struct CombineNode : MethodNode<B> {
    using T = typename B::Scalar;
    F f;
    Row<T> shape;  ///< extents and count; pointers are filled in for each pass
    std::array<int, Row<T>::most> in{};
    std::array<bool, Row<T>::most> attached{};
    int out = 0;
    int width = 0;
    int labels_of = 0;
    T* y = nullptr;

    /// The function with the numbers of this moment, if these change.
    auto now() const {
        if constexpr (ChangingRowFunction<F>)
            return f.now(shape.count);
        else
            return f;
    }
    void sign(std::vector<std::uint64_t>& signature) const override {
        if constexpr (ChangingRowFunction<F>)
            for (const double share : now().share)
                signature.push_back(std::bit_cast<std::uint64_t>(share));
    }
    RowInputs<T> inputs(const MethodPass<B>& r) const {
        RowInputs<T> i{shape, r.labels ? r.labels[labels_of] : nullptr};
        for (std::size_t k = 0; k < std::size_t(shape.count); ++k) {
            i.first.x[k] = r.tensors[std::size_t(in[k])].value;
            i.first.dx[k] = attached[k] ? r.tensors[std::size_t(in[k])].gradient : nullptr;
        }
        return i;
    }
    void clear(MethodPass<B>& r) override {
        if (T* const g = r.tensors[std::size_t(out)].gradient)
            r.context.backend.fill(std::size_t(r.context.batch) * std::size_t(width), T(0), g);
    }
    void forward(MethodPass<B>& r) override {
        const auto g = now();
        r.context.backend.for_rows(r.context.batch,
                                   CombineForward<decltype(now()), T>{g, inputs(r), y, width});
    }
    void backward(MethodPass<B>& r) override {
        if constexpr (DifferentiableRowFunction<F, T>) {
            if (const T* const g = r.tensors[std::size_t(out)].gradient)
                r.context.backend.for_rows(r.context.batch,
                                           CombineBackward<F, T>{f, inputs(r), y, g, width});
        }
    }
};

/// Which part of a network's loss something is (Eq. 1 and 2).
enum class LossPart { task, verification, distance, method };

/// A loss: its value in each sample, and the gradient of its weighted mean.
template <class B>
struct LossNode : MethodNode<B> {
    using T = typename B::Scalar;
    std::string name;
    LossPart part = LossPart::method;
    int owner = 0;
    Weight weight{};
    T* rows = nullptr;
    std::array<T*, std::size_t(most_scores)> scores{};  ///< of the task, in each sample
    double last_weight = 0;

    T scale(const MethodPass<B>& r);
    bool pulls(const MethodPass<B>& r) const { return r.train && r.active(owner); }
};

template <class B>
COLLAB_COLD auto LossNode<B>::scale(const MethodPass<B>& r) -> T {
    last_weight = weight.at(r.moment, name);
    if (part != LossPart::method)
        return T(1) / T(r.context.batch) * T(last_weight);
    return T(last_weight / r.context.batch);
}

template <class M, class T>
concept HasTargetGradient = requires(const M& m, int d, const T* a, T scale, T* db) {
    m.target_gradient(d, a, a, scale, db);
};

template <class M, class T>
struct LossRow {
    M metric;
    int width;
    const T *own, *target;
    T *loss, *gradient, *target_gradient;
    T scale;
    COLLAB_HD void operator()(int row) const {
        const std::ptrdiff_t at = std::ptrdiff_t(row) * width;
        loss[row] = metric.value(width, own + at, target + at);
        if (gradient)
            metric.gradient(width, own + at, target + at, scale, gradient + at);
        if constexpr (HasTargetGradient<M, T>) {
            if (target_gradient)
                metric.target_gradient(width, own + at, target + at, scale, target_gradient + at);
        }
    }
};
template <class M, class B>
struct MetricNode : LossNode<B> {
    using T = typename B::Scalar;
    M metric;
    int own = 0;
    int target = 0;
    int width = 0;
    bool attached_target = false;
    void forward(MethodPass<B>& r) override {
        const bool pulls = this->pulls(r);
        const Tensor<T>& a = r.tensors[std::size_t(own)];
        const Tensor<T>& b = r.tensors[std::size_t(target)];
        r.context.backend.for_rows(
            r.context.batch,
            LossRow<M, T>{metric, width, a.value, b.value, this->rows, pulls ? a.gradient : nullptr,
                          pulls && attached_target ? b.gradient : nullptr, this->scale(r)});
    }
};
template <class M, class B>
concept ReachesTarget = requires(const M& m, B& b, const BatchPair<typename B::Scalar>& pair,
                                 typename B::Scalar* db) { m.evaluate_both(b, pair, db); };
template <class M, class B>
struct BatchMetricNode : LossNode<B> {
    using T = typename B::Scalar;
    M metric;
    int own = 0;
    int target = 0;
    Dims own_dims{};
    Dims target_dims{};
    T* scratch = nullptr;
    bool attached_target = false;
    void forward(MethodPass<B>& r) override {
        const Tensor<T>& a = r.tensors[std::size_t(own)];
        const Tensor<T>& b = r.tensors[std::size_t(target)];
        const bool pulls = this->pulls(r);
        const BatchPair<T> pair{.samples = r.context.batch,
                                .dims_a = own_dims,
                                .a = a.value,
                                .dims_b = target_dims,
                                .b = b.value,
                                // the mean is the metric's own
                                .scale = this->scale(r) * T(r.context.batch),
                                .rows = this->rows,
                                .da = pulls ? a.gradient : nullptr,
                                .scratch = scratch};
        if constexpr (ReachesTarget<M, B>)
            metric.evaluate_both(r.context.backend, pair,
                                 pulls && attached_target ? b.gradient : static_cast<T*>(nullptr));
        else
            metric.evaluate(r.context.backend, pair);
    }
};
template <class T>
struct MinimizeRow {
    const T* value;
    T *loss, *gradient;
    T scale;
    COLLAB_HD void operator()(std::size_t i) const {
        loss[i] = value[i];
        if (gradient)
            gradient[i] += scale;
    }
};
template <class B>
struct MinimizeNode : LossNode<B> {
    using T = typename B::Scalar;
    int own = 0;
    void forward(MethodPass<B>& r) override {
        const Tensor<T>& a = r.tensors[std::size_t(own)];
        r.context.backend.for_each(std::size_t(r.context.batch),
                                   MinimizeRow<T>{a.value, this->rows,
                                                  this->pulls(r) ? a.gradient : nullptr,
                                                  this->scale(r)});
    }
};
template <class T>
struct AccumulateInto {
    const T* x;
    T* y;
    COLLAB_HD COLLAB_INLINE void operator()(std::size_t i) const { y[i] += x[i]; }
};
template <class B>
struct CrossEntropyNode : LossNode<B> {
    using T = typename B::Scalar;
    int own = 0;
    int classes = 0;
    int labels_of = 0;
    /// The backend writes, and a loss adds. Null where this loss is the first to reach its value.
    T* own_gradient = nullptr;
    void forward(MethodPass<B>& r) override;
};
template <class B>
COLLAB_COLD void CrossEntropyNode<B>::forward(MethodPass<B>& r) {
    const Tensor<T>& a = r.tensors[std::size_t(own)];
    const bool pulls = this->pulls(r) && a.gradient;
    r.context.backend.softmax_cross_entropy(
        {r.context.batch, classes, View<const T>{a.value, classes}, r.labels[labels_of]},
        this->scale(r),
        pulls ? View<T>{own_gradient ? own_gradient : a.gradient, classes} : View<T>{}, this->rows,
        this->scores[0]);
    if (pulls && own_gradient)
        r.context.backend.for_each(std::size_t(r.context.batch) * std::size_t(classes),
                                   AccumulateInto<T>{own_gradient, a.gradient});
}

/// The loss of the task, and its scores, as the first loss that reaches the outputs. Cross entropy
/// is the backend's own.
template <class L, class Scores, class B>
struct TaskNode;
template <class L, class... S, class B>
struct TaskNode<L, Pack<S...>, B> : LossNode<B> {
    using T = typename B::Scalar;
    L loss;
    int own = 0;
    int width = 0;
    int target_of = 0;
    void forward(MethodPass<B>& r) override {
        const Tensor<T>& a = r.tensors[std::size_t(own)];
        T* const gradient = this->pulls(r) ? a.gradient : nullptr;
        r.context.backend.for_rows(
            r.context.batch,
            TaskLossRow<L, T, S...>{loss, width, target_size<L>(width), a.value,
                                    class_targets<L> ? r.labels[target_of] : nullptr,
                                    class_targets<L> ? nullptr : r.targets[target_of], this->rows,
                                    this->scores, gradient, this->scale(r), true});
    }
};
template <class First, class... S, class B>
    requires std::same_as<First, Accuracy>
struct TaskNode<CrossEntropy, Pack<First, S...>, B> : CrossEntropyNode<B> {
    using T = typename B::Scalar;
    void forward(MethodPass<B>& r) override {
        CrossEntropyNode<B>::forward(r);
        if constexpr (sizeof...(S) > 0)
            r.context.backend.for_rows(
                r.context.batch,
                ClassScoresRow<T, S...>{this->classes, r.tensors[std::size_t(this->own)].value,
                                        r.labels[this->labels_of], this->scores});
    }
};

/// An embedding and, where networks see different images, the distance of these.
struct Peer {
    int embedding = -1;
    int image_distance = -1;
};
void add_peer(std::vector<Peer>& peers, int embedding, int image_distance);

/// The distance of one network's embedding to those of its peers, which are constants (Eq. 4 to 6).
/// It is the first loss to reach the embedding, so it clears its gradient.
/// `MeanOf`: how many peers there are where it compares with their mean, else 0.
template <class M, class B, int MeanOf>
struct PeerDistanceNode : LossNode<B> {
    using T = typename B::Scalar;
    M metric;
    int own = 0;
    int width = 0;
    std::vector<Peer> peers;
    T* mean = nullptr;  ///< memory for the mean of the peers, where that is what it compares with

    void forward(MethodPass<B>& r) override;

private:
    void compare(MethodPass<B>& r, const T* with, const Peer& peer, T part_of_all, bool first,
                 bool pulls);
};
template <class M, class B, int MeanOf>
COLLAB_COLD void PeerDistanceNode<M, B, MeanOf>::forward(MethodPass<B>& r) {
    const Tensor<T>& a = r.tensors[std::size_t(own)];
    const bool pulls = this->pulls(r);
    const std::size_t size = std::size_t(r.context.batch) * std::size_t(width);
    this->last_weight = this->weight.at(r.moment, this->name);
    if (pulls)
        r.context.backend.fill(size, T(0), a.gradient);
    if constexpr (MeanOf > 0) {  // Eq. 6
        PeerMean<T, MeanOf> average{{}, mean};
        for (std::size_t k = 0; k < std::size_t(MeanOf); ++k)
            average.peers[k] = r.tensors[std::size_t(peers[k].embedding)].value;
        r.context.backend.for_each(size, average);
        compare(r, mean, peers[0], T(1), true, pulls);
    } else {
        for (std::size_t k = 0; k < peers.size(); ++k)  // Eq. 5; for two networks, Eq. 4
            compare(r, r.tensors[std::size_t(peers[k].embedding)].value, peers[k],
                    T(1) / T(peers.size()), k == 0, pulls);
    }
}
template <class M, class B, int MeanOf>
COLLAB_COLD void PeerDistanceNode<M, B, MeanOf>::compare(MethodPass<B>& r, const T* with,
                                                         const Peer& peer, T part_of_all,
                                                         bool first, bool pulls) {
    const Tensor<T>& a = r.tensors[std::size_t(own)];
    const T* const distance =
        peer.image_distance < 0 ? nullptr : r.tensors[std::size_t(peer.image_distance)].value;
    const T scale = part_of_all * T(this->last_weight) * (T(1) / T(r.context.batch));
    r.context.backend.for_rows(
        r.context.batch, MetricRow<M, T>{metric, width, a.value, with, distance, this->rows,
                                         pulls ? a.gradient : nullptr, part_of_all, scale, first});
}

}  // namespace collab::detail

#ifdef COLLAB_BODIES
#include <collab/collaboration/method_nodes-inl.hpp>
#endif
