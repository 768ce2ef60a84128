// SPDX-License-Identifier: Apache-2.0
// reach: what the losses of one network reach, method by method, and that a network deployed says
// what it said in training.
#pragma once
#include "methods.hpp"

namespace collab::whole {

inline constexpr int everybody = -100;

/// A graph that forgets the losses of everybody but `owner`.
template <class G>
struct OneOwner {
    G& g;
    int owner;
    using Scalar = typename G::Scalar;
    using Learning = typename G::Learning;
    static constexpr int networks = G::networks;
    static constexpr int classes = G::classes;
    static constexpr bool frozen(int network) { return G::frozen(network); }
    bool wanted(int of) const { return owner == everybody || owner == of; }

    template <class I>
    auto logits(I i) const {
        return g.logits(i);
    }
    template <class Tag, class I>
    auto feature(Tagged<Tag> tag, I i) const {
        return g.feature(tag, i);
    }
    template <class I, class J>
    auto image_distance(I i, J j) const {
        return g.image_distance(i, j);
    }
    template <class V>
    auto constant(V v) const {
        return g.constant(v);
    }
    template <class... A>
    auto part(A&&... a) {
        return g.part(a...);
    }
    template <class... A>
    auto apply(A&&... a) {
        return g.apply(a...);
    }
    template <class... A>
    auto adapter(A&&... a) {
        return g.adapter(a...);
    }
    template <class... A>
    auto combine(A&&... a) {
        return g.combine(a...);
    }
    template <class... A>
    auto combine_for(A&&... a) {
        return g.combine_for(a...);
    }
    template <class... A>
    void loss(int of, A&&... a) {
        if (wanted(of))
            g.loss(of, a...);
    }
    template <class... A>
    void minimize(int of, A&&... a) {
        if (wanted(of))
            g.minimize(of, a...);
    }
    template <class... A>
    void cross_entropy(int of, A&&... a) {
        if (wanted(of))
            g.cross_entropy(of, a...);
    }
    void classification_weight(int network, const Weight& weight) {
        if (wanted(network))
            g.classification_weight(network, weight);
    }
};

/// A method of which only the losses of one network count.
template <class M>
struct Only {
    using taps = typename collab::detail::TapsOf<M>::type;
    static constexpr bool compares_images = requires { requires M::compares_images; };
    M method{};
    int owner = everybody;

    void check() const { collab::detail::check_settings(method); }
    template <class G>
    void build(G& g) const {
        if (owner != everybody)
            for (int i = 0; i < G::networks; ++i)
                if (i != owner)
                    g.classification_weight(i, 0.0);
        OneOwner<G> one{g, owner};
        method.build(one);
    }
};

/// The largest derivative with respect to the weights of network k.
template <class C>
double largest_gradient(const Trial<C>& trial, int k) {
    double largest = 0;
    for (const Named& n : trial.training.named_tensors().parameters) {
        if (!n.name.starts_with(trial.training.name(k) + "."))
            continue;
        for (std::size_t i = n.offset; i < n.offset + std::size_t(n.tensor.size); ++i)
            largest = std::max(largest, std::abs(trial.analytic[i]));
    }
    return largest;
}

/// Networks `a` and `b` with a method between them: `reaches` says whether a loss of a pulls on b,
/// by what is written in the method's formula.
template <class M, class... Items>
void verify_reach(
    const char* name, bool (*reaches)(int a, int b) = [](int, int) { return false; }) {
    INFO(name);
    using C = Collaboration<Items..., Only<M>>;
    for (int owner = 0; owner < C::size; ++owner) {
        if (C::frozen::has(owner))
            continue;
        INFO("losses of network " << owner);
        Trial<C> trial({.seed = 3, .methods = {{.owner = owner}}});
        for (int k = 0; k < C::size; ++k) {
            INFO("weights of network " << k);
            if (k == owner || reaches(owner, k))
                CHECK(largest_gradient(trial, k) > 1e-6);
            else
                CHECK(largest_gradient(trial, k) == 0);  // exactly
        }
    }
    // Trained for some steps, every network says outside what it says inside.
    Trial<C> trial({.seed = 3});
    for (int s = 0; s < 3; ++s)
        trial.training.step(trial.images.data(), trial.labels.data(), samples, 0.02);
    trial.training.evaluate_batch(trial.images.data(), trial.labels.data(), samples);
    const std::vector<double> x(trial.images.begin(), trial.images.end());
    static_for<C::size>([&](auto k) {
        const auto inside = trial.training.logits(k);
        const auto outside = trial.training.template deploy<k>().predict(x.data(), samples);
        CHECK(inside == outside);
        for (const double z : inside)
            CHECK(std::isfinite(z));
    });
}

}  // namespace collab::whole
