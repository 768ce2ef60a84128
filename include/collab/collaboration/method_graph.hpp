// SPDX-License-Identifier: Apache-2.0
// method_graph: the graph that the methods of a collaboration list, and its passes. One mechanism
// for all of them.
#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include <collab/collaboration/collaboration.hpp>
#include <collab/collaboration/method_nodes.hpp>
#include <collab/loss/batch_pair.hpp>
#include <collab/memory/arena.hpp>
#include <collab/model/named_tensors.hpp>

namespace collab {

/// A metric of whole batches instead of rows: it compares how samples lie to each other.
/// `evaluate(backend, pair)` does what BatchPair says. `scratch(capacity, dims_a, dims_b)` says how
/// many elements it works in. A sum over the batch that it needs comes from sum_to
/// (backend/sum_to.hpp): one that it waits for keeps a GPU from capturing the step.
template <class M, class B>
concept BatchMetric =
    requires(const M& m, B& backend, int n, Dims d, const BatchPair<typename B::Scalar>& pair) {
        m.evaluate(backend, pair);
        { M::scratch(n, d, d) } -> std::convertible_to<std::size_t>;
    };

/// One loss of the last batch: its mean over samples, the weight it was given, and the share of
/// samples classified rightly where it is a cross entropy (else 0). The owner is a network's
/// number, `shared` or `critic`.
struct Term {
    std::string name;
    int owner = 0;
    double value = 0;
    double weight = 0;
    double score = 0;
};

namespace detail {
/// Asks a metric or a function that a method uses whether its settings are in range. That it can be
/// asked is asked here, where all of them come by.
template <class Part>
void check_part(const Part& part) {
    constexpr bool says = SaysItsRanges<Part>;
    static_assert(says,
                  "collab: this metric or function of a method has settings and no `check() const` "
                  "that says which values they may have");
    check_settings(part);
}
/// ParameterLayer values of one owner that lie side by side.
struct ParameterRange {
    std::size_t first = 0;
    std::size_t count = 0;
    int owner = 0;
    bool mkb = false;
    double rate = 1;  ///< factors of the learning rate and of the weight decay
    double decay = 1;
    bool frozen = false;
    bool elementwise = false;

    bool moves_like(const ParameterRange& other) const {
        return rate == other.rate && decay == other.decay && frozen == other.frozen &&
               elementwise == other.elementwise;
    }
};

template <class B>
using LossList = std::vector<std::unique_ptr<LossNode<B>>>;

/// The part of MethodGraph that the collaboration does not matter to: its nodes, losses and values.
template <class B>
class GraphLists {
protected:
    using T = typename B::Scalar;
    using Node = MethodNode<B>;
    using Loss = LossNode<B>;

public:
    /// While it is laid out: memory of `width` elements per sample.
    T* take(int width) { return arena_->take(capacity_ * std::size_t(width)); }
    /// While it is laid out: a value from outside of the graph, with memory for its gradient.
    int add_value(Dims dims) { return new_slot(dims); }
    /// Adds a loss to the list; `networks`: how many there are.
    void enter(std::unique_ptr<Loss> node, int networks, int owner, const std::string& name,
               const Weight& weight);
    const LossList<B>& losses() const { return losses_; }
    std::vector<Tensor<T>>& tensors() { return tensors_; }
    const std::vector<Tensor<T>>& tensors() const { return tensors_; }
    /// Appends the bits of every weight at a moment: where they are the same, a step asks for the
    /// same operations.
    void sign(const Moment& m, std::vector<std::uint64_t>& signature) const {
        for (const auto& node : nodes_)
            node->sign(signature);
        for (const auto& l : losses_)
            signature.push_back(std::bit_cast<std::uint64_t>(l->weight.at(m, l->name)));
    }
    std::vector<Term> terms(B& backend, int samples) const;

protected:
    GraphLists() = default;
    ~GraphLists();
    GraphLists(GraphLists&&) = default;
    GraphLists& operator=(GraphLists&&) = default;

    /// Forgets all nodes; `base`: values that there are without any.
    void restart(int base);
    int new_slot(Dims dims, bool gradient = true);
    /// The weights of the networks' own losses.
    void weigh_tasks(const Weight* of_networks);
    /// Values of the graph, losses and, when training, their gradients with respect to every logit
    /// and every part.
    void run_nodes(MethodPass<B>& r);

    std::vector<std::unique_ptr<Node>> nodes_;
    LossList<B> losses_;
    std::vector<Tensor<T>> tensors_;
    Arena<T>* arena_ = nullptr;
    std::size_t capacity_ = 0;
    bool critic_ = false;
};

template <class B>
GraphLists<B>::~GraphLists() = default;

template <class B>
COLLAB_COLD void GraphLists<B>::restart(int base) {
    nodes_.clear();
    losses_.clear();
    tensors_.resize(std::size_t(base));
    critic_ = false;
}
template <class B>
COLLAB_COLD int GraphLists<B>::new_slot(Dims dims, bool gradient) {
    tensors_.push_back({nullptr, arena_ && gradient
                                     ? arena_->take(capacity_ * std::size_t(dims.size()))
                                     : nullptr});
    return int(tensors_.size()) - 1;
}
template <class B>
COLLAB_COLD void GraphLists<B>::enter(std::unique_ptr<Loss> node, int networks, int owner,
                                      const std::string& name, const Weight& weight) {
    if (owner < Owner::critic || owner >= networks)
        fail("the loss '", name, "' belongs to network ", owner, "; there are ", networks);
    if (!weight.changes())
        weight.at({}, name);
    node->owner = owner;
    node->name = name;
    node->weight = weight;
    if (arena_)
        node->rows = arena_->take(capacity_);
    critic_ = critic_ || owner == Owner::critic;
    losses_.push_back(std::move(node));
}
template <class B>
COLLAB_COLD void GraphLists<B>::weigh_tasks(const Weight* of_networks) {
    for (const auto& l : losses_)
        if (l->part == LossPart::task)
            l->weight = of_networks[l->owner];
}
template <class B>
COLLAB_COLD void GraphLists<B>::run_nodes(MethodPass<B>& r) {
    if (r.train)
        for (const auto& node : nodes_)
            node->clear(r);
    if (!r.stale)
        for (const auto& node : nodes_)
            node->forward(r);
    for (const auto& node : losses_)
        node->forward(r);
    if (r.train)
        for (std::size_t k = nodes_.size(); k-- > 0;)
            nodes_[k]->backward(r);
}
template <class B>
COLLAB_COLD std::vector<Term> GraphLists<B>::terms(B& backend, int samples) const {
    std::vector<Term> all;
    for (const auto& l : losses_) {
        if (l->part != LossPart::method)
            continue;
        all.push_back(
            {l->name, l->owner, backend.sum(std::size_t(samples), l->rows) / samples,
             l->last_weight,
             l->scores[0] ? backend.sum(std::size_t(samples), l->scores[0]) / samples : 0});
    }
    return all;
}
}  // namespace detail

/// What a method's `build(g)` is given. It lists values and losses once; training runs the list at
/// every step.
///
///     template <class G>
///     void build(G& g) const {
///         static_for<G::networks>([&](auto i) {
///             static_for<G::networks>([&](auto j) {
///                 if constexpr (i != j)
///                     g.loss(i, "mutual", KullbackLeibler{}, g.logits(i), g.constant(g.logits(j)),
///                            1.0 / (G::networks - 1));
///             });
///         });
///     }
template <class C, class B>
class MethodGraph : public detail::GraphLists<B> {
    using T = typename B::Scalar;
    using Lists = detail::GraphLists<B>;
    using Lists::nodes_, Lists::losses_, Lists::tensors_, Lists::arena_, Lists::capacity_,
        Lists::critic_, Lists::new_slot;
    template <int I>
    using Plan = typename C::template plan<I>;
    template <class S, bool Attached>
    using Handle = std::conditional_t<Attached, Value<S>, Constant<S>>;
    static constexpr int n = C::size;
    static constexpr int taps = C::taps::size;
    static constexpr int base = n + n * taps + (C::different_inputs ? n * n : 0);
    /// The network that a method names; another one where there is none, so that what follows is
    /// not refused again.
    template <class I>
    static constexpr int there() {
        static_assert(I::value >= 0 && I::value < n,
                      "collab: a method names a network that is not there");
        return I::value >= 0 && I::value < n ? I::value : 0;
    }
    /// Where a loss has nothing to move.
    template <class S>
    static void refuse_constant() {
        static_assert(!sizeof(S*), "collab: this method trains a network that is frozen, or gives "
                                   "a loss a constant to move");
    }

public:
    using Scalar = T;
    static constexpr int networks = n;
    static constexpr int scores = C::scores::size;                ///< of the task
    static constexpr int classes = Plan<0>::Output::dims.size();  ///< outputs of each network
    static constexpr bool frozen(int network) { return C::frozen::has(network); }

    // What methods use.

    /// The logits of network i.
    template <class I>
    auto logits(I) const {
        constexpr int i = there<I>();
        return Handle<typename Plan<i>::Output, !frozen(i)>{i};
    }
    /// The feature map of network i at a cut that the method lists in `taps`.
    template <class Tag, class I>
    auto feature(Tagged<Tag>, I) const {
        static_assert(C::taps::template find<Tag> >= 0,
                      "collab: a method reads at a cut that its `taps` do not name");
        constexpr int i = there<I>();
        constexpr int place = detail::place_of<Plan<i>, Tag>;
        static_assert(place >= 0,
                      "collab: a method reads at a cut that this network does not have");
        return Handle<typename Plan<i>::template ShapeAt<std::max(place, 0)>, !frozen(i)>{
            n + i * taps + C::taps::template find<Tag>};
    }
    /// W2^2 of the images that networks i and j see, one number per sample.
    template <class I, class J>
    auto image_distance(I, J) const {
        static_assert(C::different_inputs, "collab: siamese networks see the same image; distances "
                                           "between images need DifferentInputs");
        return Constant<Shape<1>>{n + n * taps + I::value * n + J::value};
    }
    template <AnyValue V>
    Constant<typename V::Shape> constant(V v) const {
        return {v.slot};
    }

    /// Layers with parameters of their own, which `apply` may use several times.
    template <class Plan>
    struct Part {
        int number = 0;
    };
    template <class... Ls, StaticShape In>
    auto part(Layers<Ls...>, In, int owner, const std::string& name) {
        using P = ExecutionPlan<Layers<Ls...>, In>;
        static_assert(detail::all_run<flat_layers<Layers<Ls...>>, B>,
                      "collab: the backend lacks an operation that an adapter of a method needs");
        if (named_tensors_) {
            parts_.push_back({named_tensors_->parameter_count, named_tensors_->state_count});
            ranges_->push_back({named_tensors_->parameter_count,
                                std::size_t(P::footprint.parameters), owner, false});
            named_tensors_->template add<P>(sentence("method", method_, ".", name));
        }
        return Part<P>{part_++};
    }
    /// What the layers make of a value. With `Learning::no` their parameters feel nothing of what
    /// is done with the result.
    enum class Learning { yes, no };
    template <class P, AnyValue V>
    auto apply(Part<P> p, V v, Learning learning = Learning::yes) {
        static_assert(SameShape<typename V::Shape, typename P::Input>,
                      "collab: the layers of an adapter were made for a value of another shape");
        const int slot = new_slot(P::Output::dims);
        auto node = std::make_unique<detail::LayersNode<P, B>>();
        node->in = v.slot;
        node->out = slot;
        node->attached = V::attached;
        node->number = int(nodes_.size());
        if (arena_) {
            const auto [parameters, state] = parts_[std::size_t(p.number)];
            constexpr Footprint f = P::footprint;
            T* const ignored =
                learning == Learning::no ? arena_->take(std::size_t(f.parameters)) : nullptr;
            node->memory = {memory_.parameters ? memory_.parameters + parameters : nullptr,
                            ignored             ? ignored
                            : memory_.gradients ? memory_.gradients + parameters
                                                : nullptr,
                            nullptr,
                            arena_->take(capacity_ * std::size_t(f.saved)),
                            arena_->take(std::size_t(f.fixed)),
                            memory_.scratch};
            node->state = memory_.state ? memory_.state + state : nullptr;
            node->echo = memory_.echo ? memory_.echo + state : nullptr;
        }
        scratch_ = std::max(scratch_, P::footprint.scratch);
        nodes_.push_back(std::move(node));
        return Value<typename P::Output>{slot};
    }
    template <class... Ls, AnyValue V>
    auto adapter(Layers<Ls...> list, V v, int owner, const std::string& name) {
        return apply(part(list, typename V::Shape{}, owner, name), v);
    }

    /// f of several values, of shape Out. A constant when f has no derivative, or when all its
    /// inputs are constants. `labels_of`: whose labels f sees.
    template <StaticShape Out, class F, AnyValue... Vs>
    auto combine(Out, const F& f, Vs... vs) {
        return combine_for(0, Out{}, f, vs...);
    }
    template <StaticShape Out, class F, AnyValue... Vs>
    auto combine_for(int labels_of, Out, const F& f, Vs... vs) {
        static_assert(RowFunction<F, T>, "collab: combine needs a function with `forward(row, y)`");
        static_assert(sizeof...(Vs) >= 1 && sizeof...(Vs) <= Row<T>::most,
                      "collab: a function combines at most twelve values");
        static_assert(detail::class_targets<typename C::loss> || !detail::reads_label<F>,
                      "collab: this function of several values reads the class of a sample, and "
                      "the targets of this task are values");
        detail::check_part<F>(f);
        if constexpr (requires { f.check(int(sizeof...(Vs))); })
            f.check(int(sizeof...(Vs)));
        constexpr bool attached = DifferentiableRowFunction<F, T> && (Vs::attached || ...);
        auto node = std::make_unique<detail::CombineNode<F, B>>();
        node->f = f;
        std::size_t k = 0;
        ((node->in[k] = vs.slot, node->attached[k] = Vs::attached, node->shape.dims[k] = Vs::dims,
          ++k),
         ...);
        node->shape.count = int(k);
        node->width = Out::dims.size();
        node->labels_of = labels_of;
        node->out = new_slot(Out::dims, attached);
        if (arena_)
            node->y = arena_->take(capacity_ * std::size_t(Out::dims.size()));
        tensors_[std::size_t(node->out)].value = node->y;
        const int out = node->out;
        nodes_.push_back(std::move(node));
        return Handle<Out, attached>{out};
    }

    /// Adds weight times the mean over samples of metric(own, target) to what `owner` minimizes.
    /// The gradient flows into `own`, and into `target` only where it is not a constant and the
    /// metric has a `target_gradient`.
    template <class M, class S, AnyValue V>
    void loss(int owner, const std::string& name, const M& metric, Value<S> own, V target,
              const Weight& weight = 1) {
        detail::check_part<M>(metric);
        if constexpr (BatchMetric<M, B>) {
            static_assert(!V::attached || detail::ReachesTarget<M, B>,
                          "collab: this metric of whole batches has no gradient for its target: "
                          "make it a constant, g.constant(...)");
            static_assert(
                !detail::ReachesTarget<M, B> || S::dims.size() == V::dims.size(),
                "collab: this metric compares rows of one length; an adapter can make them so");
            auto node = std::make_unique<detail::BatchMetricNode<M, B>>();
            node->metric = metric;
            node->own = own.slot;
            node->target = target.slot;
            node->own_dims = S::dims;
            node->target_dims = V::dims;
            node->attached_target = V::attached;
            if (arena_)
                node->scratch = arena_->take(M::scratch(int(capacity_), S::dims, V::dims));
            Lists::enter(std::move(node), n, owner, name, weight);
        } else {
            static_assert(Metric<M, T>, "collab: a loss between two values needs a metric");
            static_assert(
                S::dims.size() == V::dims.size(),
                "collab: this metric compares rows of one length; an adapter can make them so");
            static_assert(!V::attached || detail::HasTargetGradient<M, T>,
                          "collab: this metric has no gradient for its target: make it a constant, "
                          "g.constant(...)");
            auto node = std::make_unique<detail::MetricNode<M, B>>();
            node->metric = metric;
            node->own = own.slot;
            node->target = target.slot;
            node->width = S::dims.size();
            node->attached_target = V::attached;
            Lists::enter(std::move(node), n, owner, name, weight);
        }
    }
    template <class M, class S, AnyValue V>
    void loss(int, const std::string&, const M&, Constant<S>, V, const Weight& = 1) {
        refuse_constant<S>();
    }
    /// Adds weight times the mean of a number that each sample has.
    void minimize(int owner, const std::string& name, Value<Shape<1>> v, const Weight& weight = 1) {
        auto node = std::make_unique<detail::MinimizeNode<B>>();
        node->own = v.slot;
        Lists::enter(std::move(node), n, owner, name, weight);
    }
    template <class S>
    void minimize(int, const std::string&, Constant<S>, const Weight& = 1) {
        refuse_constant<S>();
    }
    /// Adds weight times the cross entropy of logits against the labels. The task must be one of
    /// class numbers.
    template <class S>
    void cross_entropy(int owner, const std::string& name, Value<S> logits,
                       const Weight& weight = 1) {
        static_assert(detail::class_targets<typename C::loss>,
                      "collab: this method takes the cross entropy of class numbers, and the "
                      "targets of this task are values");
        static_assert(S::dims.size() == classes,
                      "collab: a cross entropy needs as many logits as there are classes");
        auto node = std::make_unique<detail::CrossEntropyNode<B>>();
        node->own = logits.slot;
        node->classes = classes;
        node->labels_of = std::max(owner, 0);
        if (arena_) {
            node->own_gradient = arena_->take(capacity_ * std::size_t(classes));
            node->scores[0] = arena_->take(capacity_);
        }
        Lists::enter(std::move(node), n, owner, name, weight);
    }
    template <class S>
    void cross_entropy(int, const std::string&, Constant<S>, const Weight& = 1) {
        refuse_constant<S>();
    }
    /// The weight of network i's own cross entropy, 1 unless a method says otherwise.
    void classification_weight(int network, const Weight& weight) {
        if (!weight.changes())
            weight.at({}, C::loss::name);
        classification_[std::size_t(network)] = weight;
    }

    // What training uses.

    struct Storage {
        T* parameters = nullptr;
        T* gradients = nullptr;
        T* state = nullptr;
        T* echo = nullptr;
        T* scratch = nullptr;
    };
    /// Enters the parameters of all parts.
    template <class Methods>
    void list(const Methods& methods, NamedTensors& named_tensors,
              std::vector<detail::ParameterRange>& ranges) {
        named_tensors_ = &named_tensors;
        ranges_ = &ranges;
        build(methods, [](MethodGraph&) {});
        named_tensors_ = nullptr;
        ranges_ = nullptr;
    }
    long scratch() const { return scratch_; }  ///< per sample, known once listed
    /// Places every value; called once to measure and once with memory. `own_losses(graph)` enters
    /// those that are no method's.
    template <class Methods, class F>
    void lay_out(const Methods& methods, Arena<T>& arena, const Storage& storage,
                 std::size_t capacity, F&& own_losses) {
        arena_ = &arena;
        memory_ = storage;
        capacity_ = capacity;
        build(methods, own_losses);
        Lists::weigh_tasks(classification_.data());
        arena_ = nullptr;
    }
    using Lists::take;
    static constexpr int image_distance_slot(int i, int j) { return n + n * taps + i * n + j; }
    /// While it is laid out: the loss of the task on a network's outputs (value `own`), or on what
    /// the verification head makes of its embedding, as the first loss that reaches the value.
    COLLAB_COLD void add_task(detail::LossPart part, int network, const std::string& name,
                              const typename C::loss& loss, int own, const Weight& weight) {
        using L = typename C::loss;
        auto node = std::make_unique<detail::TaskNode<L, typename C::scores, B>>();
        node->part = part;
        node->own = own;
        if constexpr (std::derived_from<typename decltype(node)::element_type,
                                        detail::CrossEntropyNode<B>>) {
            node->classes = classes;
            node->labels_of = network;
        } else {
            node->loss = loss;
            node->width = classes;
            node->target_of = network;
        }
        for (std::size_t k = 0; k < std::size_t(C::scores::size); ++k)
            node->scores[k] = take(1);
        Lists::enter(std::move(node), n, network, name, weight);
    }
    T*& logit_gradient(int i) { return tensors_[std::size_t(i)].gradient; }
    const T*& logit_value(int i) { return tensors_[std::size_t(i)].value; }
    detail::Tensor<T>& tap(int network, int tap) {
        return tensors_[std::size_t(n + network * taps + tap)];
    }
    T* distances(int i, int j) { return distances_[std::size_t(i * n + j)]; }
    /// Only a method brings a critic.
    static constexpr bool may_have_critic = C::methods::size > 0;
    bool has_critic() const { return may_have_critic && critic_; }

    /// Values of the graph, losses and, when training, their gradients with respect to every tap,
    /// every logit and every part.
    void run(detail::MethodPass<B>& r) {
        if (r.train)
            for (int k = 0; k < n * taps; ++k)
                if (T* const g = tensors_[std::size_t(n + k)].gradient)
                    r.context.backend.fill(
                        std::size_t(r.context.batch) * tap_sizes_[std::size_t(k)], T(0), g);
        Lists::run_nodes(r);
    }

private:
    struct Place {
        std::size_t parameters, state;
    };

    template <class Methods, class F>
    void build(const Methods& methods, F&& own_losses) {
        Lists::restart(base);
        part_ = method_ = 0;
        for (Weight& weight : classification_)
            weight = Weight(1);
        static_for<n>([&](auto i) {
            if (frozen(i))
                classification_[i] = Weight(0);
            static_for<taps>([&](auto t) {
                constexpr int place = detail::place_of<Plan<i>, typename C::taps::template at<t>>;
                tap_sizes_[i * taps + t] =
                    place < 0 ? 0
                              : std::size_t(
                                    Plan<i>::table.shapes[std::size_t(std::max(place, 0))].size());
                if (arena_ && place >= 0 && !frozen(i))
                    tap(i, t).gradient = arena_->take(capacity_ * tap_sizes_[i * taps + t]);
            });
            if constexpr (C::different_inputs)
                static_for<n>([&](auto j) {
                    if (arena_)
                        tensors_[std::size_t(n + n * taps + i * n + j)].value =
                            distances_[i * n + j] = arena_->take(capacity_);
                });
        });
        own_losses(*this);
        build_each(methods, std::make_index_sequence<std::tuple_size_v<Methods>>{});
    }
    // A function of its own: in an error it is one line, where std::apply is ten.
    template <class Methods, std::size_t... I>
    void build_each(const Methods& methods, std::index_sequence<I...>) {
        ((detail::check_settings(std::get<I>(methods)), std::get<I>(methods).build(*this),
          ++method_),
         ...);
    }

    std::vector<Place> parts_;
    std::array<Weight, std::size_t(n)> classification_{};
    std::array<std::size_t, std::size_t(n* taps + 1)> tap_sizes_{};
    std::array<T*, std::size_t(n* n)> distances_{};
    NamedTensors* named_tensors_ = nullptr;
    std::vector<detail::ParameterRange>* ranges_ = nullptr;
    Storage memory_{};
    long scratch_ = 0;
    int part_ = 0;
    int method_ = 0;
};

}  // namespace collab
