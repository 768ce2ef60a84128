// SPDX-License-Identifier: Apache-2.0
// training: a collaboration bound to a backend and an optimizer: whole trainings, one step at a
// time where that is wanted, and what comes out of them.
#pragma once
#include <array>
#include <concepts>
#include <memory>
#include <optional>
#include <utility>

#include <collab/collaboration/deploy.hpp>
#include <collab/model/model.hpp>
#include <collab/train/deployed_weights.hpp>
#include <collab/train/fit.hpp>
#include <collab/train/step_engine.hpp>

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
class Training : public detail::EngineOf<What, B, O> {
    using Engine = detail::EngineOf<What, B, O>;
    using C = typename Engine::Collaboration;
    using X = detail::Traits<C>;
    using Store = ParameterStore<B>;
    using T = typename B::Scalar;
    using Engine::backend_, Engine::settings_, Engine::places_, Engine::input_, Engine::host;
    static constexpr int n = C::size;

public:
    using Description = typename detail::AsCollaboration<What>::type;
    using typename Engine::Settings;

    COLLAB_COLD explicit Training(const Settings& settings = {},
                                  std::shared_ptr<B> backend = std::make_shared<B>())
        : Engine(settings, std::move(backend)) {}

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
        transform_.set(given);
        input_.undo(fitted.normalize);
    }
    const std::optional<Transform>& transform() const { return transform_.get(); }
    /// Loss and scores of every network over a whole set, in inference mode. Without a transform,
    /// that of the last fit is used.
    COLLAB_COLD std::array<Evaluation, std::size_t(n)> evaluate(
        const Images& images, const std::optional<Transform>& transform = {}) {
        return collab::evaluate(*this, images, transform ? transform : transform_.get());
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
        model.set_transform(transform_.get());
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
    COLLAB_COLD std::pair<detail::Place, Footprint> network_place(int network) const {
        Engine::check_network(network);
        std::pair<detail::Place, Footprint> found;
        static_for<n>([&](auto i) {
            if (i == network)
                found = {places_.network[i], X::template Plan<i>::footprint};
        });
        return found;
    }

    detail::KeptTransform transform_;
};

}  // namespace collab
