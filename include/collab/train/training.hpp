// SPDX-License-Identifier: Apache-2.0
// training: a collaboration bound to a backend. All weights, all memory, one step at a time.
#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <collab/collaboration/deploy.hpp>
#include <collab/collaboration/method_graph.hpp>
#include <collab/collaboration/peer_distance.hpp>
#include <collab/memory/arena.hpp>
#include <collab/model/model.hpp>
#include <collab/model/named_tensors.hpp>
#include <collab/train/check_images.hpp>
#include <collab/train/fit.hpp>
#include <collab/train/settings.hpp>

namespace collab {

namespace detail {
template <class C>
struct IsCollaboration : std::false_type {};
template <class... Items>
struct IsCollaboration<Collaboration<Items...>> : std::true_type {};
template <class C>
struct AsCollaboration {
    using type = C;
};
template <NetworkDescription N>
struct AsCollaboration<N> {
    using type = Collaboration<N>;
};

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

/// Completes the names of n networks: net0, net1, ...
void name_networks(std::vector<std::string>& names, int n);
struct NoLook {  // at the gradients
    void operator()() const {}
};
/// Another number with every call: what a backend has recorded for one training is not for another
/// at the same place in memory.
inline std::uint64_t next_number() {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
}

template <class C, class B, bool Ok>
struct TrainingWrong {
    using type = Right;
};  // the collaboration has said already what is wrong
template <class C, class B>
struct TrainingWrong<C, B, true> {
    using type = first_wrong<typename TrainingChecks<C, B>::type>;
};

/// What stands in for a collaboration that does not hold, so that its sentence is the only error:
/// as many networks, all of nothing.
template <class Numbers>
struct OfNothing;
template <int... I>
struct OfNothing<std::integer_sequence<int, I...>> {
    using type = Collaboration<std::conditional_t<(I >= 0), Nothing, void>...>;
};
}  // namespace detail

/// `What` is a Collaboration, or a network for individual learning.
///
///     Training<Pair, Cpu<float>> training({.alpha = 0.2, .seed = 1});
///     // NHWC floats, class numbers, samples, learning rate
///     training.step(images, labels, 128, 0.1);
///     // network 0 with its own half of the knowledge base
///     auto small = training.deploy<0>();
///
/// Minimizes sum_k [ CE(z_k, y) + alpha (L_metric^k + CE(v_k, y)) ] with peers detached inside
/// L_metric^k, plus what the methods add.
template <class What, class B>
class Training {
public:
    using Description = typename detail::AsCollaboration<What>::type;

private:
    static constexpr bool describes = detail::IsCollaboration<Description>::value;
    static_assert(describes, "collab: Training takes a Collaboration or a network");
    using Given = std::conditional_t<describes, Description, Collaboration<detail::Nothing>>;
    using Wrong = typename detail::TrainingWrong<Given, B, Given::ok>::type;
    static_assert(sizeof(typename Wrong::sentence) > 0);
    using C =
        std::conditional_t<Given::ok && Wrong::holds, Given,
                           typename detail::OfNothing<
                               std::make_integer_sequence<int, std::max(Given::size, 1)>>::type>;

    using T = typename B::Scalar;
    static constexpr int n = C::size;
    static constexpr int bases = C::bases;
    template <int I>
    using Net = typename C::template network<I>;
    template <int I>
    using Plan = typename C::template plan<I>;
    template <int I, int K>
    using Branch = typename C::template branch<I, K>;
    template <int I, int K>
    static constexpr int boundary = C::template boundaries<I>[K];
    template <int I>
    static constexpr int stop_count = int(C::template stops<I>.size());
    template <int I, int K>  // the k-th stretch of network I ends here
    static constexpr int stretch_end = [] {
        if constexpr (K < stop_count<I>)
            return C::template stops<I>[std::size_t(K)].place;
        else
            return Plan<I>::depth;
    }();
    template <int I, int K>
    static constexpr int stretch_begin = [] {
        if constexpr (K > 0)
            return C::template stops<I>[std::size_t(K - 1)].place;
        else
            return 0;
    }();
    static constexpr bool iterative = C::order::iterative;
    static constexpr unsigned everyone = n < 32 ? (1u << n) - 1 : ~0u;
    static constexpr bool frozen(int i) { return C::frozen::has(i); }
    static constexpr Dims image = input_of<Net<0>>::dims;
    static constexpr int classes = Plan<0>::Output::dims.channels;

public:
    using Scalar = T;
    using Backend = B;
    /// networks see other samples of the same batch
    static constexpr bool rolls_inputs = C::different_inputs;
    using Methods = decltype(detail::as_tuple(typename C::methods{}));
    using Settings = TrainingSettings<typename Given::metric, Methods>;
    static constexpr int networks = n;
    static constexpr Dims input = image;

    COLLAB_COLD explicit Training(const Settings& settings = {},
                                  std::shared_ptr<B> backend = std::make_shared<B>())
        : settings_(settings),
          backend_(std::move(backend)) {
        if (!backend_)
            fail("a training needs a backend; it was given a null pointer");
        settings_.check();
        detail::name_networks(settings_.names, n);
        list_tensors();
        Arena<T> measure;
        lay_out(measure);
        floats_ = measure.used();
        memory_.emplace_back(backend_->template allocate<T>(floats_));
        Arena<T> arena(memory_[0].data());
        lay_out(arena);
        labels_.emplace_back(backend_->template allocate<int>(std::size_t(settings_.batch) *
                                                              (C::different_inputs ? n : 1)));
        for (int i = 0; i < n; ++i)
            labels_of_[std::size_t(i)] =
                labels_[0].data() + (C::different_inputs ? std::ptrdiff_t(i) * settings_.batch : 0);
        const std::vector<T> p =
            initial_parameters<T>(named_tensors_, settings_.initialization, settings_.seed);
        const std::vector<T> s = initial_states<T>(named_tensors_);
        backend_->upload(p.data(), p.size(), parameters_);
        backend_->upload(s.data(), s.size(), state_);
    }

    const Settings& settings() const { return settings_; }
    B& backend() { return *backend_; }
    const std::string& name(int network) const {
        check_network(network);
        return settings_.names[std::size_t(network)];
    }
    long steps() const { return step_; }
    /// Bytes of all tensors: parameters, gradients, momentum, activations, and what the backward
    /// pass works in.
    std::size_t memory_bytes() const {
        return floats_ * sizeof(T) + labels_[0].size() * sizeof(int);
    }
    /// Bytes that the operations of a step work in beside these, where the backend can tell; of all
    /// that it has been used for. Before the first step they are found by a rehearsal: a pass over
    /// zeros, which moves no weight, momentum or statistic; losses and logits of an earlier batch
    /// are forgotten.
    std::size_t workspace_bytes() {
        if constexpr (requires {
                          { backend_->workspace_bytes() } -> std::convertible_to<std::size_t>;
                      }) {
            if (step_ == 0 && !std::exchange(rehearsed_, true))
                rehearse();
            return backend_->workspace_bytes();
        }
        return 0;
    }

    /// One step on `samples` samples (at most the batch of the settings): NHWC images and class
    /// numbers on the host. In an iterative collaboration, one after the other for each network; a
    /// method with a critic moves that first.
    void step(const float* images, const int* labels, int samples, double rate) {
        step(images, labels, samples, rate, detail::NoLook{});
    }
    /// The same, with a look at the gradients before each update uses them: `before_update()`.
    template <std::invocable F>
    void step(const float* images, const int* labels, int samples, double rate, F&& before_update) {
        load(images, labels, samples, C::different_inputs);
        step_on_loaded(samples, rate, before_update);
    }
    /// The same on images that are formed where they are needed: `form(to)` writes them, NHWC, to
    /// memory of the backend.
    template <std::invocable<T*> Form, std::invocable F = detail::NoLook>
        requires(!C::different_inputs)
    void step(Form&& form, const int* labels, int samples, double rate, F&& before_update = {}) {
        load(form, labels, samples);
        step_on_loaded(samples, rate, before_update);
    }
    /// The forward and backward pass of a step, without the update: the gradients of all losses at
    /// once, whatever the order of updates.
    void compute_gradients(const float* images, const int* labels, int samples) {
        load(images, labels, samples, C::different_inputs);
        pass(samples, next_random(), everyone, false, detail::Active{});
        samples_ = samples;
        ++looks_;
    }
    /// Forward only, in inference mode: afterwards `losses()` and `logits(i)` speak of this batch.
    /// Changes no weight and no statistic. All networks see the same images, whatever they are
    /// trained on.
    void evaluate_batch(const float* images, const int* labels, int samples) {
        load(images, labels, samples, false);
        evaluate_loaded(samples);
    }
    template <std::invocable<T*> Form>
        requires(!C::different_inputs)
    void evaluate_batch(Form&& form, const int* labels, int samples) {
        load(form, labels, samples);
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
    /// The losses of the last batch, network by network. Waits for the backend. Throws Error where
    /// one is infinite or not a number: `terms()` and `logits(i)` then tell more.
    std::array<NetworkLoss, std::size_t(n)> losses() const {
        const auto all = current_losses();
        check_losses(all, step_);
        return all;
    }
    /// Keeps what `losses()` would say now, without waiting where the backend allows that
    /// (`notes_wait()`). `noted_losses()` gives what was kept, oldest first, and forgets it, and
    /// throws as `losses()` does. For loops that look only now and then.
    COLLAB_COLD void note_losses() {
        if (samples_ > 0)
            noted_at_.push_back(step_);
        if constexpr (DeferringBackend<B>)
            if (notes_wait()) {
                constexpr std::size_t room = 64;
                if (samples_ == 0)
                    fail("losses were asked for before the first batch");
                if (notes_.empty())
                    notes_.push_back(backend_->template allocate<double>(room * figures()));
                if (waiting_.size() == room)
                    fetch_notes();
                double* to = notes_[0].data() + waiting_.size() * figures();
                waiting_.push_back({samples_, weights()});
                means([&](const T* p) {
                    return backend_->sum_into(std::size_t(samples_), p, to++), 0.0;
                });
                return;
            }
        noted_.push_back(current_losses());
    }
    std::vector<std::array<NetworkLoss, std::size_t(n)>> noted_losses() {
        const std::vector<long> steps = noted_at_;
        auto all = take_notes();
        for (std::size_t k = 0; k < all.size(); ++k)
            check_losses(all[k], steps[k]);
        return all;
    }
    /// The same without a look at them, for loops that judge losses themselves.
    std::vector<std::array<NetworkLoss, std::size_t(n)>> take_notes() {
        if constexpr (DeferringBackend<B>)
            fetch_notes();
        noted_at_.clear();
        return std::exchange(noted_, {});
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
        return host(logits_[std::size_t(network)].data, std::size_t(samples_) * classes);
    }
    /// Embeddings [samples][width] of the last batch in the mutual space of MKB `base`.
    template <int Base = 0>
    std::vector<T> embeddings(int network) const {
        check_network(network);
        return host(branch_[std::size_t(network)][Base].embedding.data,
                    std::size_t(samples_) * Branch<0, Base>::Embed::Output::dims.size());
    }

    /// Names and places of all parameters and running statistics.
    const NamedTensors& named_tensors() const { return named_tensors_; }
    /// All parameters, gradients, momenta or running statistics, in the order of the named_tensors.
    std::vector<T> parameters() const { return host(parameters_, named_tensors_.parameter_count); }
    std::vector<T> gradients() const { return host(gradients_, named_tensors_.parameter_count); }
    std::vector<T> momentum() const { return host(momentum_, named_tensors_.parameter_count); }
    std::vector<T> state() const { return host(state_, named_tensors_.state_count); }
    void set_parameters(const std::vector<T>& values) {
        assign(values, parameters_, named_tensors_.parameter_count, "parameters");
    }
    /// Second moments of Adam, where a critic has them; else empty.
    std::vector<T> second_moments() const {
        return second_ ? host(second_, named_tensors_.parameter_count) : std::vector<T>{};
    }
    void set_second_moments(const std::vector<T>& values) {
        assign(values, second_, second_ ? named_tensors_.parameter_count : 0, "second moments");
    }
    /// The Euclidean norm of all gradients as they stand, and their scaling: for callbacks before
    /// an update.
    double gradient_norm() {
        if (squares_.empty())
            squares_.emplace_back(
                backend_->template allocate<T>(named_tensors_.parameter_count + 1));
        backend_->for_each(named_tensors_.parameter_count,
                           detail::Squared<T>{gradients_, squares_[0].data()});
        return std::sqrt(backend_->sum(named_tensors_.parameter_count, squares_[0].data()));
    }
    void scale_gradients(double factor) {
        backend_->for_each(named_tensors_.parameter_count,
                           detail::Scaled<T>{gradients_, T(factor)});
    }
    void set_momentum(const std::vector<T>& values) {
        assign(values, momentum_, named_tensors_.parameter_count, "momenta");
    }
    /// How many steps were done: dropout's random numbers follow from it. For a training that is
    /// taken up again.
    void set_steps(long steps) {
        if (steps < 0)
            fail("a training has done at least 0 steps, not ", steps);
        step_ = steps;
    }
    void set_state(const std::vector<T>& values) {
        assign(values, state_, named_tensors_.state_count, "running statistics");
    }
    /// One tensor by its name, as stored; an unknown name is an error that lists the near ones.
    std::vector<T> parameter(std::string_view name) const {
        const Named& t = named_tensors_.find(name);
        return host(parameters_ + t.offset, std::size_t(t.tensor.size));
    }
    void set_parameter(std::string_view name, const std::vector<T>& values) {
        const Named& t = named_tensors_.find(name);
        if (values.size() != std::size_t(t.tensor.size))
            fail("parameter '", name, "' has ", t.tensor.size, " values, not ", values.size());
        backend_->upload(values.data(), values.size(), parameters_ + t.offset);
    }

    /// The weights of one network, without any part of an MKB or a method.
    NetworkWeights<T> network_weights(int network) const {
        const auto [place, size] = network_place(network);
        return {host(parameters_ + place.parameters, std::size_t(size.parameters)),
                host(state_ + place.state, std::size_t(size.state))};
    }
    /// Gives a network weights from elsewhere: a teacher's, or a snapshot's.
    /// `training.set_network_weights(0, teacher.network_weights(0))`
    void set_network_weights(int network, const NetworkWeights<T>& w) {
        const auto [place, size] = network_place(network);
        assign(w.parameters, parameters_ + place.parameters, std::size_t(size.parameters),
               "parameters in this network");
        assign(w.state, state_ + place.state, std::size_t(size.state),
               "running statistics in this network");
    }

    /// Trains on `data.train` and evaluates on `data.test`; see FitOptions. Callbacks take part:
    /// see Callback.
    template <class... Callbacks>
    COLLAB_COLD History fit(const Splits& data, const FitOptions& options = {},
                            Callbacks&&... callbacks) {
        transform_ = options.transform;
        undo_ = fitted_transform(options.transform, data.train.dims, image).normalize;
        return collab::fit(*this, data.train, data.test, options, callbacks...);
    }
    /// Loss and accuracy of every network over a whole set, in inference mode. Without a transform,
    /// that of the last fit is used.
    COLLAB_COLD std::array<Evaluation, std::size_t(n)> evaluate(
        const Images& images, const std::optional<Transform>& transform = {}) {
        return collab::evaluate(*this, images, transform ? transform : transform_);
    }

    /// Network I with its own half of every MKB, as a plain network with the same logits in
    /// inference mode.
    template <int I>
        requires(because<"there is a network of this number">(I >= 0 && I < n))
    COLLAB_COLD Model<Deployed<C, I>, B> deploy() const {
        Model<Deployed<C, I>, B> model(settings_.batch, backend_);
        const NetworkWeights<T> w = deployed_weights<I>();
        model.set_parameters(w.parameters);
        model.set_state(w.state);
        return model;
    }
    /// The same as weights only, in the order of Deployed<C, I>: for a model that is built
    /// elsewhere.
    template <int I>
        requires(because<"there is a network of this number">(I >= 0 && I < n))
    COLLAB_COLD NetworkWeights<T> deployed_weights() const {
        const std::vector<T> p = parameters();
        const std::vector<T> s = state();
        NetworkWeights<T> mine;
        const auto take = [](std::vector<T>& to, const std::vector<T>& from, std::size_t first,
                             std::size_t count) {
            to.insert(to.end(), from.begin() + std::ptrdiff_t(first),
                      from.begin() + std::ptrdiff_t(first + count));
        };
        constexpr auto& table = Plan<I>::table;
        static_for<bases + 1>([&](auto k) {
            constexpr int from = boundary<I, k>;
            constexpr int to = boundary<I, k + 1>;
            const Place net = places_.network[I];
            take(mine.parameters, p, net.parameters + std::size_t(table.parameters[from]),
                 std::size_t(table.parameters[to] - table.parameters[from]));
            take(mine.state, s, net.state + std::size_t(table.state[from]),
                 std::size_t(table.state[to] - table.state[from]));
            if constexpr (k < bases) {
                using W = typename Branch<I, k>::Way;
                const Place parts[] = {places_.encoder[I][k],
                                       {places_.transfer[k], places_.transfer_state[I][k]},
                                       places_.decoder[I][k]};
                const Footprint sizes[] = {W::Encode::footprint, W::Carry::footprint,
                                           W::Decode::footprint};
                for (int q = 0; q < 3; ++q) {
                    take(mine.parameters, p, parts[q].parameters, std::size_t(sizes[q].parameters));
                    take(mine.state, s, parts[q].state, std::size_t(sizes[q].state));
                }
            }
        });
        return mine;
    }

private:
    std::array<NetworkLoss, std::size_t(n)> current_losses() const {
        if (samples_ == 0)
            fail("losses were asked for before the first batch");
        return means(
            [&](const T* p) { return backend_->sum(std::size_t(samples_), p) / samples_; });
    }
    void check_losses(const std::array<NetworkLoss, std::size_t(n)>& all, long step) const {
        for (int i = 0; i < n; ++i)
            detail::check_loss(all[std::size_t(i)], name(i), step);
    }
    std::size_t figures() const {  // of one batch
        std::size_t count = std::size_t(n) * (2 + std::size_t(bases) * (n > 1 ? 2 : 1));
        graph_.each_loss([&](const auto& l) { count += l.owner >= 0; });
        return count;
    }
    /// Those of the last batch: of each network's own cross entropy, and of every loss that methods
    /// add.
    std::vector<double> weights() const {
        std::vector<double> all;
        for (int i = 0; i < n; ++i)
            all.push_back(graph_.classification_weight_at(i, moment_));
        graph_.each_loss([&](const auto& l) { all.push_back(l.last_weight); });
        return all;
    }
    /// The losses of a batch whose sums over samples, divided by their number, mean(per sample)
    /// gives; with the weights of then, or of now.
    template <class F>
    std::array<NetworkLoss, std::size_t(n)> means(F mean, const double* weights = nullptr) const {
        std::array<NetworkLoss, std::size_t(n)> all;
        for (std::size_t i = 0; i < std::size_t(n); ++i) {
            all[i].classification = mean(loss_[i]);
            all[i].accuracy = mean(hits_[i]);
            all[i].classification_weight =
                weights ? weights[i] : graph_.classification_weight_at(int(i), moment_);
            for (int k = 0; k < bases; ++k) {
                all[i].verification += mean(branch_[i][std::size_t(k)].verification_loss);
                if (n > 1)
                    all[i].metric += mean(branch_[i][std::size_t(k)].metric_loss);
            }
        }
        std::size_t at = std::size_t(n);
        graph_.each_loss([&](const auto& l) {
            const double weight = weights ? weights[at++] : l.last_weight;
            if (l.owner >= 0)
                all[std::size_t(l.owner)].coupling += weight * mean(l.rows);
        });
        return all;
    }
    void fetch_notes() {
        if (waiting_.empty())
            return;
        std::vector<double> sums(waiting_.size() * figures());
        backend_->download(static_cast<const double*>(notes_[0].data()), sums.size(), sums.data());
        const double* from = sums.data();
        for (const Waiting& w : waiting_)
            noted_.push_back(
                means([&](const T*) { return *from++ / w.samples; }, w.weights.data()));
        waiting_.clear();
    }

    struct Place {
        std::size_t parameters = 0;
        std::size_t state = 0;
    };
    /// Where each part's tensors lie; the transfer's parameters belong to all networks, its running
    /// statistics to one each: features of different networks are distributed differently, and
    /// inference must normalize as training did.
    struct Places {
        std::array<Place, std::size_t(n)> network;
        std::array<std::array<Place, std::size_t(bases) + 1>, std::size_t(n)> encoder, decoder;
        std::array<std::array<std::size_t, std::size_t(bases) + 1>, std::size_t(n)>
            transfer_state{};
        std::array<std::array<std::size_t, std::size_t(bases) + 1>, std::size_t(n)>
            embedding_state{};
        std::array<std::size_t, std::size_t(bases) + 1> transfer{};
        std::array<std::size_t, std::size_t(bases) + 1> embedding{};
        std::array<std::size_t, std::size_t(bases) + 1> verification{};
    };
    struct BranchMemory {
        detail::MkbPathMemory<T> path;
        Memory<T> embed, verify;
        // H, and what metric and verification want of the map
        T *joined, *pull;
        T *verification_gradient, *embedding_gradient, *verification_loss, *verification_hits,
            *metric_loss;
        View<const T> feature{};
        View<const T> embedding{};
        View<const T> scores{};  // of the last forward pass
    };

    COLLAB_COLD void list_tensors() {
        const auto here = [&] {
            return Place{named_tensors_.parameter_count, named_tensors_.state_count};
        };
        static_for<n>([&](auto i) COLLAB_COLD {
            places_.network[i] = here();
            named_tensors_.template add<bound<Net<i>>>(name(i));
            range(places_.network[i].parameters, i, false);
        });
        static_for<bases>([&](auto k) COLLAB_COLD {
            const std::string mkb = sentence("mkb", int(k));
            places_.transfer[k] = named_tensors_.parameter_count;
            named_tensors_.template add_parameters<typename Branch<0, k>::Way::Carry>(mkb +
                                                                                      ".transfer");
            places_.embedding[k] = named_tensors_.parameter_count;
            named_tensors_.template add_parameters<typename Branch<0, k>::Embed>(mkb +
                                                                                 ".embedding");
            places_.verification[k] = named_tensors_.parameter_count;
            named_tensors_.template add_parameters<typename Branch<0, k>::Verify>(mkb +
                                                                                  ".verification");
            range(places_.transfer[k], Owner::shared, true);
            static_for<n>([&](auto i) COLLAB_COLD {
                using W = typename Branch<i, k>::Way;
                const std::string own = sentence(mkb, ".", name(i));
                places_.encoder[i][k] = here();
                named_tensors_.template add<typename W::Encode>(own + ".encoder");
                places_.transfer_state[i][k] = named_tensors_.state_count;
                named_tensors_.template add_states<typename W::Carry>(own + ".transfer");
                places_.embedding_state[i][k] = named_tensors_.state_count;
                named_tensors_.template add_states<typename Branch<i, k>::Embed>(own +
                                                                                 ".embedding");
                places_.decoder[i][k] = here();
                named_tensors_.template add<typename W::Decode>(own + ".decoder");
                range(places_.encoder[i][k].parameters, i, true);
            });
        });
        graph_.list(settings_.methods, named_tensors_, ranges_);
        if (!C::order::refreshes)
            for (const auto& r : ranges_)
                if (r.owner == Owner::shared)
                    fail("IterativeStale moves networks one after the other from one forward pass; "
                         "what they share would have changed in between");
    }
    /// Networks, then what belongs to the MKBs, as the named_tensors lists them.
    void range(std::size_t from, int owner, bool mkb) {
        if (named_tensors_.parameter_count > from)
            ranges_.push_back({from, named_tensors_.parameter_count - from, owner, mkb});
    }
    COLLAB_COLD void lay_out(Arena<T>& arena) {
        const std::size_t batch = std::size_t(settings_.batch);
        parameters_ = arena.take(named_tensors_.parameter_count);
        gradients_ = arena.take(named_tensors_.parameter_count);
        momentum_ = arena.take(named_tensors_.parameter_count);
        state_ = arena.take(named_tensors_.state_count);
        if (graph_.has_critic()) {
            second_ = arena.take(named_tensors_.parameter_count);
            corrections_ = arena.take(2);
        }
        if (repeats())
            echo_ = arena.take(named_tensors_.state_count);
        for (int i = 0; i < n; ++i)
            images_[std::size_t(i)] =
                i == 0 || C::different_inputs ? arena.take(batch * image.size()) : images_[0];
        long scratch = 0;
        long bridge_scratch = 0;
        long feature = 0;
        static_for<n>([&](auto i) {
            scratch = std::max(scratch, Plan<i>::footprint.scratch);
            static_for<bases>([&](auto k) {
                using R = Branch<i, k>;
                bridge_scratch =
                    std::max({bridge_scratch, R::Way::scratch, R::Embed::footprint.scratch,
                              R::Verify::footprint.scratch});
                feature = std::max<long>(feature, R::Way::feature);
            });
        });
        T* const work = arena.take(batch * std::size_t(scratch));
        T* const bridge_work = arena.take(batch * std::size_t(bridge_scratch));
        joint_ = arena.take(batch * std::size_t(feature));
        long widest = 0;
        static_for<n>([&](auto i) {
            static_for<bases>([&](auto k) {
                widest = std::max<long>(widest, Branch<i, k>::Embed::Output::dims.size());
            });
        });
        if (C::agreement::with_mean)
            peer_mean_ = arena.take(batch * std::size_t(widest));
        const auto part = [&](std::size_t parameters, std::size_t state, const Footprint& f,
                              T* scratch_of) {
            return Memory<T>{parameters_ ? parameters_ + parameters : nullptr,
                             gradients_ ? gradients_ + parameters : nullptr,
                             state_ ? state_ + state : nullptr,
                             arena.take(batch * std::size_t(f.saved)),
                             arena.take(std::size_t(f.fixed)),
                             scratch_of};
        };
        static_for<n>([&](auto i) COLLAB_COLD {
            memories_[i] = part(places_.network[i].parameters, places_.network[i].state,
                                Plan<i>::footprint, work);
            if (!frozen(i))
                graph_.logit_gradient(i) = arena.take(batch * classes);
            loss_[i] = arena.take(batch);
            hits_[i] = arena.take(batch);
            static_for<bases>([&](auto k) COLLAB_COLD {
                using R = Branch<i, k>;
                BranchMemory& b = branch_[i][k];
                b.path = {part(places_.encoder[i][k].parameters, places_.encoder[i][k].state,
                               R::Way::Encode::footprint, nullptr),
                          part(places_.transfer[k], places_.transfer_state[i][k],
                               R::Way::Carry::footprint, nullptr),
                          part(places_.decoder[i][k].parameters, places_.decoder[i][k].state,
                               R::Way::Decode::footprint, nullptr),
                          bridge_work};
                b.embed = part(places_.embedding[k], places_.embedding_state[i][k],
                               R::Embed::footprint, bridge_work);
                b.verify = part(places_.verification[k], 0, R::Verify::footprint, bridge_work);
                b.joined = arena.take(batch * std::size_t(R::Way::feature));
                b.pull = arena.take(batch * std::size_t(R::Way::map));
                b.verification_gradient = arena.take(batch * classes);
                b.embedding_gradient = arena.take(batch * R::Embed::Output::dims.size());
                b.verification_loss = arena.take(batch);
                b.verification_hits = arena.take(batch);
                b.metric_loss = arena.take(batch);
            });
        });
        T* const graph_work = arena.take(batch * std::size_t(graph_.scratch()));
        graph_.lay_out(settings_.methods, arena,
                       {parameters_, gradients_, state_, echo_, graph_work}, batch);
    }
    void rehearse() {
        const std::vector<T> s = state();
        for (int i = 0; i < n; ++i)
            backend_->fill(std::size_t(settings_.batch) * image.size(), T(0),
                           images_[std::size_t(i)]);
        const std::vector<int> labels(labels_[0].size(), 0);
        backend_->upload(labels.data(), labels.size(), labels_[0].data());
        pass(settings_.batch, Random{}, everyone, false, detail::Active{});
        set_state(s);
        samples_ = 0;
        ++looks_;
    }
    // batches are passed through more than once
    bool repeats() const { return iterative || graph_.has_critic(); }

    template <int I>
    Context<B> context(int samples, Mode mode, Random random) const {
        return {*backend_, samples, settings_.batch, frozen(I) ? Mode::inference : mode,
                random.child(detail::hash(name(I)))};
    }
    Random next_random() {
        moment_.step = step_;
        return Random{settings_.seed}.child(std::uint64_t(step_++) + 0x53746570u);
    }
    void check_labels(const int* labels, int samples) const {
        if (samples < 1 || samples > settings_.batch)
            fail("this training has room for 1 to ", settings_.batch, " samples per step, not ",
                 samples);
        for (int i = 0; i < samples; ++i)
            if (labels[i] < 0 || labels[i] >= classes)
                fail("label ", labels[i], " of sample ", i, " lies outside [0, ", classes, ")");
    }
    template <class Form>
    void load(Form& form, const int* labels, int samples) {
        check_labels(labels, samples);
        form(images_[0]);
        backend_->upload(labels, std::size_t(samples), const_cast<int*>(labels_of_[0]));
    }
    /// Network i gets the samples rolled by i places where inputs are to differ.
    void load(const float* images, const int* labels, int samples, bool roll) {
        check_labels(labels, samples);
        detail::check_images(images, image, std::size_t(samples));
        const std::size_t size = image.size();
        const std::size_t all = std::size_t(samples);
        if constexpr (!std::same_as<T, float>)
            converted_.assign(images, images + all * size);
        const T* from = nullptr;
        if constexpr (std::same_as<T, float>)
            from = images;
        else
            from = converted_.data();
        for (std::size_t i = 0; i < (C::different_inputs ? std::size_t(n) : 1); ++i) {
            const std::size_t first = roll ? i % all : 0;
            int* const to = const_cast<int*>(labels_of_[i]);
            backend_->upload(from + first * size, (all - first) * size, images_[i]);
            backend_->upload(labels + first, all - first, to);
            if (first > 0) {
                backend_->upload(from, first * size, images_[i] + (all - first) * size);
                backend_->upload(labels, first, to + (all - first));
            }
        }
        if constexpr (C::different_inputs) {
            if (roll)
                distances_.measure(images, image, samples,
                                   undo_.mean.empty() ? nullptr : undo_.mean.data(),
                                   undo_.mean.empty() ? nullptr : undo_.stddev.data());
            for (int i = 0; i < n; ++i)
                for (int j = 0; j < n; ++j) {
                    if (roll && i != j)
                        backend_->upload(distances_.template between<T>(i, j, samples), all,
                                         graph_.distances(i, j));
                    else
                        backend_->fill(all, T(0), graph_.distances(i, j));
                }
        }
    }

    template <class F>
    void step_on_loaded(int samples, double rate, F& before_update) {
        detail::check_not_negative("the learning rate", rate);
        const Random random = next_random();
        if (graph_.has_critic())
            correct_critic();
        const auto all = [&] { passes_and_updates(samples, random, rate, before_update); };
        // a look may be another each time
        if constexpr (RecordingBackend<B> && std::same_as<std::remove_cvref_t<F>, detail::NoLook>) {
            std::vector<std::uint64_t> signature{number_, looks_, std::uint64_t(samples),
                                                 std::bit_cast<std::uint64_t>(rate),
                                                 std::uint64_t(mkb_stands_still())};
            graph_.sign(moment_, signature);
            backend_->record(std::move(signature), all);
        } else {
            all();
        }
        samples_ = samples;
    }
    COLLAB_COLD void evaluate_loaded(int samples) {
        const detail::RoundAsDeployed<B> rounding(*backend_);
        static_for<n>([&](auto i) { forward<i>(context<i>(samples, Mode::inference, {}), false); });
        static_for<n>([&](auto i) { losses<i>(samples, false); });
        build(samples, Mode::inference, {}, false, false, {});
        samples_ = samples;
        ++looks_;
    }
    template <class F>
    void passes_and_updates(int samples, Random random, double rate, F& before_update) {
        const bool critic = graph_.has_critic();
        bool repeated = false;
        if (critic) {
            pass(samples, random, everyone, repeated, detail::Active{0, false, true});
            before_update();
            update_critic();
            repeated = true;
        }
        if constexpr (iterative) {
            int moved = -1;  // the network that the last half step moved
            for (int i = 0; i < n; ++i) {
                if (frozen(i))
                    continue;
                const unsigned again = !repeated                           ? everyone
                                       : !C::order::refreshes || moved < 0 ? 0u
                                       : bases > 0                         ? everyone
                                                                           : 1u << moved;
                const detail::Active active{1u << i, true, false};
                // what the networks before have moved must not be seen in their paths either
                const bool stale = !C::order::refreshes && moved >= 0;
                pass(samples, random, again, repeated, active, stale);
                before_update();
                update(rate, active);
                moved = i;
                repeated = true;
            }
        } else {
            const detail::Active active{everyone, true, !critic};
            pass(samples, random, repeated ? 0u : everyone, repeated, active);
            before_update();
            update(rate, active);
        }
    }
    /// Forward the networks of `again`, then all losses, then backward and gradients of those who
    /// are active.
    COLLAB_COLD void pass(int samples, Random random, unsigned again, bool repeated,
                          const detail::Active& active, bool stale = false) {
        backend_->fill(named_tensors_.parameter_count, T(0), gradients_);
        static_for<n>([&](auto i) {
            if (again >> i & 1u)
                forward<i>(context<i>(samples, Mode::training, random), repeated);
        });
        static_for<n>([&](auto i) { losses<i>(samples, !frozen(i) && active(i)); });
        build(samples, Mode::training, random, true, repeated, active, stale);
        static_for<n>([&](auto i) {
            if constexpr (!frozen(i))
                if (active(i))
                    backward<i>(context<i>(samples, Mode::training, random));
        });
    }
    void build(int samples, Mode mode, Random random, bool train, bool repeated,
               const detail::Active& active, bool stale = false) {
        if (graph_.empty())
            return;
        detail::MethodPass<B> r{{*backend_, samples, settings_.batch, mode, random},
                                graph_.tensors(),
                                labels_of_.data(),
                                moment_,
                                active,
                                train,
                                repeated,
                                stale};
        graph_.run(r);
    }
    bool mkb_stands_still() const {
        return settings_.freeze_mkb_after >= 0 && moment_.step >= settings_.freeze_mkb_after;
    }
    void update(double rate, const detail::Active& active) {
        const Sgd& o = settings_.optimizer;
        const bool still = mkb_stands_still();
        std::size_t first = 0;
        std::size_t end = 0;  // ranges side by side are one loop
        const auto move = [&] {
            if (end > first)
                backend_->for_each(end - first,
                                   detail::SgdStep<T>{parameters_ + first, momentum_ + first,
                                                      gradients_ + first, T(rate), T(o.momentum),
                                                      T(o.weight_decay), o.nesterov});
        };
        for (const detail::ParameterRange& r : ranges_) {
            if (!active(r.owner) || (r.owner >= 0 && frozen(r.owner)) || (r.mkb && still))
                continue;
            if (r.first != end) {
                move();
                first = r.first;
            }
            end = r.first + r.count;
        }
        move();
    }
    void correct_critic() {  // beside the step, which is the same each time but for this
        const double t = double(moment_.step) + 1;
        const T corrections[] = {T(1 - std::pow(settings_.critic.beta1, t)),
                                 T(1 - std::pow(settings_.critic.beta2, t))};
        backend_->upload(corrections, 2, corrections_);
    }
    void update_critic() {
        const Adam& a = settings_.critic;
        for (const detail::ParameterRange& r : ranges_)
            if (r.owner == Owner::critic)
                backend_->for_each(r.count,
                                   detail::AdamStep<T>{parameters_ + r.first, momentum_ + r.first,
                                                       second_ + r.first, gradients_ + r.first,
                                                       corrections_, T(a.learning_rate), T(a.beta1),
                                                       T(a.beta2), T(a.epsilon)});
    }
    Memory<T> now(Memory<T> m, bool repeated) const {
        // what a second pass over the same batch does to statistics goes nowhere
        if (repeated)
            m.state = echo_ + (m.state - state_);
        return m;
    }

    template <int I>
    COLLAB_COLD void forward(const Context<B>& c, bool repeated) {
        View<const T> x{images_[I], image.channels};
        static_for<stop_count<I> + 1>([&](auto k) {
            x = Plan<I>::template forward<stretch_begin<I, k>, stretch_end<I, k>>(
                c, now(memories_[I], repeated), x);
            if constexpr (k < stop_count<I>) {
                constexpr detail::Stop stop = C::template stops<I>[std::size_t(k)];
                if constexpr (stop.tap >= 0) {
                    graph_.tap(I, stop.tap).value = x.data;
                } else {
                    using R = Branch<I, stop.mkb>;
                    BranchMemory& b = branch_[I][stop.mkb];
                    b.feature = x;
                    const View<T> joined{b.joined, R::Feature::dims.channels};
                    const Context<B> inside = c.part(1000 + stop.mkb);
                    const detail::MkbPathMemory<T> path{
                        now(b.path.encoder, repeated), now(b.path.transfer, repeated),
                        now(b.path.decoder, repeated), b.path.scratch};
                    R::Way::forward(inside, typename C::template mkb<stop.mkb>::merge{}, path,
                                    b.feature, joined);
                    b.embedding = R::Embed::template forward<0, R::Embed::depth>(
                        inside.part(3), now(b.embed, repeated),
                        R::Way::mutual_map(inside, path, b.feature));
                    b.scores = R::Verify::template forward<0, R::Verify::depth>(
                        inside.part(4), b.verify, b.embedding);
                    x = joined;
                }
            }
        });
        logits_[I] = x;
        graph_.logit_value(I) = x.data;
    }
    /// Losses of network I and, for training, the gradients with which backward begins.
    template <int I>
    void losses(int samples, bool train) {
        const T share = T(1) / T(samples);
        const T alpha = T(settings_.alpha);
        const auto gradient = [&](T* p, int width) {
            return train ? View<T>{p, width} : View<T>{};
        };
        backend_->softmax_cross_entropy(samples, classes, logits_[I], labels_of_[I],
                                        share * T(graph_.classification_weight_at(I, moment_)),
                                        gradient(graph_.logit_gradient(I), classes), loss_[I],
                                        hits_[I]);
        static_for<bases>([&](auto k) {
            using R = Branch<I, k>;
            BranchMemory& b = branch_[I][k];
            constexpr int width = R::Embed::Output::dims.size();
            backend_->softmax_cross_entropy(samples, classes, b.scores, labels_of_[I],
                                            share * alpha,
                                            gradient(b.verification_gradient, classes),
                                            b.verification_loss, b.verification_hits);
            if (train)
                backend_->fill(std::size_t(samples) * width, T(0), b.embedding_gradient);
            bool first = true;
            // the peer is a constant
            const auto agree = [&](const T* peer, const T* distance, T weight) {
                backend_->for_rows(samples,
                                   detail::MetricRow<typename C::metric, T>{
                                       settings_.metric, width, b.embedding.data, peer, distance,
                                       b.metric_loss, train ? b.embedding_gradient : nullptr,
                                       weight, weight * alpha * share, first});
                first = false;
            };
            if constexpr (C::agreement::with_mean && n > 1) {  // Eq. 6
                detail::PeerMean<T, n - 1> mean{{}, peer_mean_};
                std::size_t at = 0;
                for (std::size_t j = 0; j < std::size_t(n); ++j)
                    if (j != I)
                        mean.peers[at++] = branch_[j][k].embedding.data;
                backend_->for_each(std::size_t(samples) * width, mean);
                agree(peer_mean_, C::different_inputs ? graph_.distances(I, 1 - I) : nullptr, T(1));
            } else {
                // Eq. 5, which is Eq. 4 for two networks
                for (std::size_t j = 0; j < std::size_t(n); ++j)
                    if (j != I)
                        agree(branch_[j][k].embedding.data,
                              C::different_inputs ? graph_.distances(I, int(j)) : nullptr,
                              T(1) / T(n - 1));
            }
        });
    }
    template <int I>
    COLLAB_COLD void backward(const Context<B>& c) {
        View<const T> d{graph_.logit_gradient(I), classes};
        static_for<stop_count<I> + 1>([&](auto r) {
            // the k-th stretch, then what happens at the stop before it
            constexpr int k = stop_count<I> - r;
            View<const T> x{images_[I], image.channels};
            if constexpr (k > 0) {
                constexpr detail::Stop stop = C::template stops<I>[std::size_t(k - 1)];
                constexpr int channels = Plan<I>::table.shapes[std::size_t(stop.place)].channels;
                if constexpr (stop.tap >= 0)
                    x = {graph_.tap(I, stop.tap).value, channels};
                else
                    x = {branch_[I][stop.mkb].joined, channels};
            }
            d = Plan<I>::template backward<stretch_begin<I, k>, stretch_end<I, k>>(c, memories_[I],
                                                                                   x, d, {}, k > 0);
            if constexpr (k > 0) {
                constexpr detail::Stop stop = C::template stops<I>[std::size_t(k - 1)];
                if constexpr (stop.tap >= 0) {
                    constexpr Dims dims = Plan<I>::table.shapes[std::size_t(stop.place)];
                    const View<T> tap{graph_.tap(I, stop.tap).gradient, dims.channels};
                    backend_->add({c.batch, dims}, d, tap);
                    d = tap;
                } else {
                    using R = Branch<I, stop.mkb>;
                    BranchMemory& b = branch_[I][stop.mkb];
                    const Context<B> inside = c.part(1000 + stop.mkb);
                    constexpr int width = R::Embed::Output::dims.size();
                    const View<const T> of_scores =
                        R::Verify::template backward<0, R::Verify::depth>(
                            inside.part(4), b.verify, b.embedding,
                            View<const T>{b.verification_gradient, classes});
                    backend_->for_each(std::size_t(c.batch) * width,
                                       detail::AddTo<T>{of_scores.data, b.embedding_gradient});
                    const View<T> pull{b.pull, R::Map::dims.channels};
                    R::Embed::template backward<0, R::Embed::depth>(
                        inside.part(3), b.embed, R::Way::mutual_map(inside, b.path, b.feature),
                        View<const T>{b.embedding_gradient, width}, pull);
                    const View<T> joint{joint_, R::Feature::dims.channels};
                    R::Way::backward(inside, typename C::template mkb<stop.mkb>::merge{}, b.path,
                                     b.feature, d, View<const T>(pull), joint);
                    d = joint;
                }
            }
        });
    }
    static void check_network(int network) {
        if (network < 0 || network >= n)
            fail("there is no network ", network, "; this training has ", n);
    }
    COLLAB_COLD std::pair<Place, Footprint> network_place(int network) const {
        check_network(network);
        std::pair<Place, Footprint> found;
        static_for<n>([&](auto i) {
            if (i == network)
                found = {places_.network[i], Plan<i>::footprint};
        });
        return found;
    }

    std::vector<T> host(const T* from, std::size_t count) const {
        std::vector<T> values(count);
        backend_->download(from, count, values.data());
        return values;
    }
    void assign(const std::vector<T>& values, T* to, std::size_t count, const char* what) {
        if (values.size() != count)
            fail("this collaboration has ", count, " ", what, ", not ", values.size());
        backend_->upload(values.data(), count, to);
    }

    Settings settings_;
    std::shared_ptr<B> backend_;
    NamedTensors named_tensors_;
    Places places_{};
    std::vector<decltype(std::declval<B&>().template allocate<T>(1))> memory_;
    std::vector<decltype(std::declval<B&>().template allocate<int>(1))> labels_;
    // once somebody asks for the norm
    std::vector<decltype(std::declval<B&>().template allocate<T>(1))> squares_;
    // on the backend: the sums of batches that nobody has looked at
    std::vector<decltype(std::declval<B&>().template allocate<double>(1))> notes_;
    struct Waiting {
        int samples = 0;
        std::vector<double> weights;
    };
    std::vector<Waiting> waiting_;  // what the host knows of each
    std::vector<std::array<NetworkLoss, std::size_t(n)>> noted_;
    std::vector<long> noted_at_;  // the step of each, fetched or not
    std::vector<T> converted_;
    std::optional<Transform> transform_;
    T* parameters_ = nullptr;
    T* gradients_ = nullptr;
    T* momentum_ = nullptr;
    T* second_ = nullptr;
    T* state_ = nullptr;
    T* echo_ = nullptr;
    T* joint_ = nullptr;
    T* peer_mean_ = nullptr;
    T* corrections_ = nullptr;
    MethodGraph<C, B> graph_;
    std::vector<detail::ParameterRange> ranges_;
    Moment moment_;
    Statistics undo_;  // what normalized the images, so that their mass can be told
    ImageDistances<typename C::feed::Distance, n> distances_;
    std::array<T*, std::size_t(n)> images_{};
    std::array<const int*, std::size_t(n)> labels_of_{};
    std::array<Memory<T>, std::size_t(n)> memories_{};
    std::array<T*, std::size_t(n)> loss_{};
    std::array<T*, std::size_t(n)> hits_{};
    std::array<View<const T>, std::size_t(n)> logits_{};
    std::array<std::array<BranchMemory, std::size_t(bases) + 1>, std::size_t(n)> branch_{};
    // looks_: a pass that was no step has moved what logits() and others speak of
    std::uint64_t number_ = detail::next_number();
    std::uint64_t looks_ = 0;
    std::size_t floats_ = 0;
    long step_ = 0;
    int samples_ = 0;
    bool rehearsed_ = false;
};

}  // namespace collab

#ifdef COLLAB_BODIES
namespace collab::detail {
COLLAB_COMPILED COLLAB_COLD void name_networks(std::vector<std::string>& names, int n) {
    if (!names.empty() && names.size() != std::size_t(n))
        fail("a collaboration of ", n, " networks was given ", names.size(), " names");
    for (int i = int(names.size()); i < n; ++i)
        names.push_back(sentence("net", i));
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i].empty() || names[i].find('.') != std::string::npos)
            fail("a network cannot be called '", names[i],
                 "': names are not empty and have no dot");
        for (std::size_t j = 0; j < i; ++j)
            if (names[i] == names[j])
                fail("two networks are called '", names[i], "'");
    }
}
}  // namespace collab::detail
#endif
