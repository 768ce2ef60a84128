// SPDX-License-Identifier: Apache-2.0
// training_manifest: what a training will minimize, and how it moves, in words taken from its type
// and settings: for the manifest of a run.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include <collab/collaboration/method_outline.hpp>
#include <collab/core/config.hpp>
#include <collab/core/facts.hpp>
#include <collab/train/settings.hpp>

namespace collab {

namespace detail {
template <class C>
std::string network_title(const std::vector<std::string>& names, int i) {
    return std::size_t(i) < names.size() ? names[std::size_t(i)] : sentence("net", i);
}

/// "logits of net0, constant"
std::string said(const MethodOutline& s, MethodOutline::Use u,
                 const std::vector<std::string>& names);
/// "2 x KL, own: logits of net0; target: logits of net1, constant"
std::string said(const MethodOutline& s, const MethodOutline::Asked& l,
                 const std::vector<std::string>& names);

/// Where MKB k lies, its metric and its verification. `loss`: of the task, in words.
template <class C, int k, class Settings>
void add_mkb_manifest(const Settings& settings, const std::string& loss, Facts& all) {
    using K = typename C::template mkb<k>;
    std::string text = sentence("at ", type_name<typename K::cut>(), ", ",
                                type_name<typename K::merge>(), ", embeddings of ",
                                C::template branch<0, k>::Embed::Output::dims.size(), " numbers");
    if (settings.freeze_mkb_after >= 0)
        text += sentence(", still after ", settings.freeze_mkb_after, " steps");
    all.push_back({sentence("MKB ", k), text});
    if (C::size > 1)
        all.push_back({sentence("MKB ", k, ", metric"),
                       plain_number(settings.alpha) + " x " +
                           (C::different_inputs ? "(D - W2\u00b2)\u00b2, D = " : "") +
                           described(settings.metric) +
                           (C::agreement::with_mean ? " to the mean of the peers (Eq. 6)"
                            : C::size > 2           ? ", mean over the peers (Eq. 5)"
                                                    : "") +
                           ", peers constant"});
    all.push_back({sentence("MKB ", k, ", verification"),
                   plain_number(settings.alpha) + " x " + loss +
                       " on each network's own embedding, one " +
                       (class_targets<typename C::loss> ? "classifier" : "head") + " for all"});
}
}  // namespace detail

/// Pairs of a heading and what is to be said under it: feeding, order of updates, every MKB, every
/// loss with its weight, direction, temperature and what is a constant in it.
template <class C, class Settings>
Facts training_manifest(const Settings& settings) {
    using detail::plain_number;
    std::vector<std::string> names;
    for (int i = 0; i < C::size; ++i)
        names.push_back(detail::network_title<C>(settings.names, i));
    Facts all;
    if constexpr (C::different_inputs)
        all.push_back({"input", "network i sees the batch rolled by i; distance of images: " +
                                    detail::described(typename C::feed::Distance{})});
    else
        all.push_back({"input", "siamese: every network sees the same batch"});
    all.push_back({"updates", detail::type_name<typename C::order>()});
    const std::string loss = std::same_as<typename C::loss, CrossEntropy>
                                 ? std::string("CE")
                                 : detail::described(settings.loss);
    std::string frozen;
    for (int i = 0; i < C::size; ++i)
        if (C::frozen::has(i))
            frozen += (frozen.empty() ? "" : ", ") + names[std::size_t(i)];
    if (!frozen.empty())
        all.push_back({"frozen", frozen});

    static_for<C::bases>([&](auto k) { detail::add_mkb_manifest<C, k>(settings, loss, all); });
    const MethodOutline s = method_outline<C>(settings.methods);
    for (std::size_t i = 0; i < names.size(); ++i)
        if (!C::frozen::has(int(i)))
            all.push_back({names[i], plain_number(s.task[i]) + " x " + loss});
    for (const MethodOutline::Asked& l : s.losses) {
        const std::string owner = l.owner >= 0        ? names[std::size_t(l.owner)]
                                  : l.owner == critic ? "critic"
                                                      : "shared";
        all.push_back({owner + ", " + l.name, detail::said(s, l, names)});
    }
    return all;
}

}  // namespace collab

#ifdef COLLAB_BODIES
#include <collab/train/training_manifest-inl.hpp>
#endif
