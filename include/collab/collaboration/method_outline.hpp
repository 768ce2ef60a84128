// SPDX-License-Identifier: Apache-2.0
// method_outline: what the methods of a collaboration read, make and ask for, as a list, without a
// backend: for manifests and pictures.
#pragma once
#include <string>
#include <tuple>
#include <vector>

#include <collab/collaboration/collaboration.hpp>
#include <collab/core/config.hpp>
#include <collab/core/type_name.hpp>

namespace collab {

/// The values and losses of a collaboration's methods, in the order in which they are listed.
struct MethodOutline {
    enum class Kind { logits, feature, distance, adapter, combination };
    /// How a value is used: `constant` where no gradient flows back.
    struct Use {
        int value = -1;
        bool constant = false;
    };
    struct Made {
        Kind kind = Kind::logits;
        std::string name;  ///< "logits", the name of a cut, of an adapter, or of a function
        int owner = 0;     ///< the network of a tap; who moves an adapter (see Owner)
        Dims dims;
        std::vector<Use> from;
        bool learns = true;  ///< an adapter that feels what is done with its result
    };
    struct Asked {
        /// of a loss; "CE" for a cross entropy, empty where the value itself is minimized
        std::string name, metric;
        int owner = 0;
        double weight = 1;  ///< at the first step
        bool weight_changes = false;
        Use own, target;  ///< a target with value -1: the labels, or none
    };
    std::vector<Made> values;
    std::vector<Asked> losses;
    /// weight of each network's own cross entropy at the first step
    std::vector<double> task;
};

namespace detail {
/// What an object says of itself (`describe()`), or else what its type is called.
template <class T>
std::string described(const T& object) {
    if constexpr (requires {
                      { object.describe() } -> std::convertible_to<std::string>;
                  })
        return object.describe();
    else
        return type_name<T>();
}

/// The notes that OutlineGraph takes.
class OutlineNotes {
public:
    MethodOutline sketch;

protected:
    explicit OutlineNotes(int networks);
    int made(MethodOutline::Made m);
    int tap(MethodOutline::Kind kind, const std::string& name, int network, Dims dims);
    void ask(const std::string& name, const std::string& metric, int owner, const Weight& weight,
             MethodOutline::Use own, MethodOutline::Use target);
    int add_part(const std::string& name, int owner);

    struct OwnedPart {
        std::string name;
        int owner;
    };
    std::vector<OwnedPart> parts_;
};

/// A graph with the words of MethodGraph that only takes notes.
template <class C>
class OutlineGraph : public OutlineNotes {
    template <int I>
    using Plan = typename C::template plan<I>;
    template <class S, bool Attached>
    using Handle = std::conditional_t<Attached, Value<S>, Constant<S>>;

public:
    using Scalar = double;
    static constexpr int networks = C::size;
    static constexpr int classes = Plan<0>::Output::dims.size();
    static constexpr bool frozen(int network) { return C::frozen::has(network); }
    enum class Learning { yes, no };
    template <class P>
    struct Part {
        int number = 0;
    };

    OutlineGraph() : OutlineNotes(networks) {
        for (int i = 0; i < networks; ++i)
            if (frozen(i))
                sketch.task[std::size_t(i)] = 0;
    }
    template <class I>
    auto logits(I) {
        return Handle<typename Plan<I::value>::Output, !frozen(I::value)>{
            tap(MethodOutline::Kind::logits, "logits", I::value, Plan<I::value>::Output::dims)};
    }
    template <class Tag, class I>
    auto feature(Tagged<Tag>, I) {
        using S =
            typename Plan<I::value>::template ShapeAt<std::max(place_of<Plan<I::value>, Tag>, 0)>;
        return Handle<S, !frozen(I::value)>{
            tap(MethodOutline::Kind::feature, type_name<Tag>(), I::value, S::dims)};
    }
    template <class I, class J>
    auto image_distance(I, J) {
        return Constant<Shape<1>>{tap(MethodOutline::Kind::distance,
                                      sentence("W2\u00b2 of images ", I::value, ", ", J::value),
                                      I::value, Dims{1, 1, 1})};
    }
    template <AnyValue V>
    Constant<typename V::Shape> constant(V v) const {
        return {v.slot};
    }

    template <class... Ls, StaticShape In>
    auto part(Layers<Ls...>, In, int owner, const std::string& name) {
        return Part<ExecutionPlan<Layers<Ls...>, In>>{add_part(name, owner)};
    }
    template <class P, AnyValue V>
    auto apply(Part<P> p, V v, Learning learning = Learning::yes) {
        const auto& [name, owner] = parts_[std::size_t(p.number)];
        return Value<typename P::Output>{made({MethodOutline::Kind::adapter,
                                               name,
                                               owner,
                                               P::Output::dims,
                                               {use(v)},
                                               learning == Learning::yes})};
    }
    template <class... Ls, AnyValue V>
    auto adapter(Layers<Ls...> list, V v, int owner, const std::string& name) {
        return apply(part(list, typename V::Shape{}, owner, name), v);
    }
    template <StaticShape Out, class F, AnyValue... Vs>
    auto combine(Out, const F& f, Vs... vs) {
        return combine_for(0, Out{}, f, vs...);
    }
    template <StaticShape Out, class F, AnyValue... Vs>
    auto combine_for(int labels_of, Out, const F& f, Vs... vs) {
        return Handle<Out, DifferentiableRowFunction<F, double> && (Vs::attached || ...)>{made(
            {MethodOutline::Kind::combination, described(f), labels_of, Out::dims, {use(vs)...}})};
    }
    // MethodGraph refuses losses on constants; one sentence is enough.
    template <class M, AnyValue O, AnyValue V>
    void loss(int owner, const std::string& name, const M& metric, O own, V target,
              const Weight& weight = 1) {
        ask(name, described(metric), owner, weight, use(own), use(target));
    }
    template <AnyValue V>
    void minimize(int owner, const std::string& name, V v, const Weight& weight = 1) {
        ask(name, "", owner, weight, use(v), {});
    }
    template <AnyValue V>
    void cross_entropy(int owner, const std::string& name, V v, const Weight& weight = 1) {
        ask(name, "CE", owner, weight, use(v), {});
    }
    void classification_weight(int network, const Weight& weight) {
        sketch.task[std::size_t(network)] = weight({});
    }

private:
    template <class V>
    static MethodOutline::Use use(V v) {
        return {v.slot, !V::attached};
    }
};
}  // namespace detail

/// The sketch of a collaboration's methods, with the weights and temperatures that they have in the
/// settings of a training.
///
///     const MethodOutline s = method_outline<Pair>();  // or given settings.methods
template <class C, class Methods = decltype(detail::as_tuple(typename C::methods{}))>
MethodOutline method_outline(const Methods& methods = {}) {
    detail::OutlineGraph<C> graph;
    std::apply([&](const auto&... m) { ((detail::check_settings(m), m.build(graph)), ...); },
               methods);
    return graph.sketch;
}

}  // namespace collab

#ifdef COLLAB_BODIES
#include <collab/collaboration/method_outline-inl.hpp>
#endif
