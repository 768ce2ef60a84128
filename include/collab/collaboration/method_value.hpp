// SPDX-License-Identifier: Apache-2.0
// method_value: the words in which a method says how networks teach each other: values, who owns a
// loss, and weights that change with time.
//
// Only a mutual knowledge base rewrites what a network computes. Every other method reads: it takes
// values out of the networks (taps), makes new ones of them (adapters of layers, functions of
// several values), and adds losses on what came out (edges). See docs/explanation/methods.md.
#pragma once
#include <array>
#include <cmath>
#include <concepts>
#include <functional>
#include <string_view>
#include <type_traits>
#include <utility>

#include <collab/core/config.hpp>
#include <collab/core/expect.hpp>
#include <collab/core/pack.hpp>
#include <collab/core/shape.hpp>
#include <collab/layer/sequential.hpp>

namespace collab {

/// A tap before the last layer of a network: the vector that its classifier sees. Needs no Cut.
struct penultimate;

/// Names a tap where a type is asked for as a value: `g.feature(at<mutual>, i)`.
template <class Tag>
struct Tagged {};
template <class Tag>
inline constexpr Tagged<Tag> at{};
/// Names layers likewise: `g.adapter(layers<Linear<64>>, ...)`.
template <class... Ls>
inline constexpr Layers<Ls...> layers{};

/// Something of shape S that each sample has, and through which gradients flow back. Given out by
/// the graph of couplings.
template <StaticShape S>
struct Value {
    using Shape = S;
    static constexpr Dims dims = S::dims;
    static constexpr bool attached = true;
    int slot = -1;
};
/// The same as a constant: it is read, and no gradient passes (a detached tensor).
template <StaticShape S>
struct Constant {
    using Shape = S;
    static constexpr Dims dims = S::dims;
    static constexpr bool attached = false;
    int slot = -1;
};
template <class V>
concept AnyValue = requires(V v) {
    typename V::Shape;
    { V::attached } -> std::convertible_to<bool>;
    { v.slot } -> std::convertible_to<int>;
};

/// Whose loss or parameter something is: a network's number, or one of these. Iterative updates
/// move one network at a time, and a loss pulls only while its owner is moved.
enum Owner : int {
    shared = -1,  ///< moved with every network
    /// the opponent of the networks in adversarial methods: moved before them, in a step of its own
    critic = -2
};

/// When a step happens.
struct Moment {
    long step = 0;  ///< steps done
    int epoch = 0;
    int epochs = 1;  ///< the running epoch, from 0, and how many there will be
};

/// A weight that may change during training: a number, a function of the moment, or one of the
/// epoch such as RampUp.
class Weight {
public:
    Weight(double constant = 1) : constant_(constant) {}
    template <class F>
        requires(std::is_invocable_r_v<double, const F&, const Moment&> && !std::is_arithmetic_v<F>)
    Weight(F f) : function_(checked(std::move(f))) {}
    double operator()(const Moment& m) const {
        return function_ ? constant_ * function_(m) : constant_;
    }
    template <class F>
        requires(std::is_invocable_r_v<double, const F&, double> &&
                 !std::is_invocable_v<const F&, const Moment&>)
    Weight(F f)
        : function_([f = checked(std::move(f))](const Moment& m) {
              return double(f(double(m.epoch)));
          }) {}
    bool changes() const { return bool(function_); }
    /// Throws where the number is none of at least 0. What a function gives is looked at in every
    /// step, under the name of the loss.
    void check(std::string_view of, std::string_view field) const {
        Expect{of}.not_negative(field, constant_);
    }
    /// The weight of a loss at a moment. Throws where that is not a finite number.
    double at(const Moment& m, std::string_view loss) const {
        const double w = (*this)(m);
        if (!(w - w == 0))
            fail("the weight of the loss '", loss, "' is ", w, " at step ", m.step + 1,
                 "; expected a finite number");
        return w;
    }
    friend Weight operator*(double factor, Weight w) {
        w.constant_ *= factor;
        return w;
    }

private:
    template <class F>
    static F checked(F f) {
        detail::check_settings(f);
        return f;
    }
    double constant_ = 1;
    std::function<double(const Moment&)> function_;
};

/// What a function of several values is given of one sample. Rows are [height][width][channels].
template <class T>
struct Row {
    static constexpr int most = 12;
    std::array<const T*, most> x{};
    std::array<T*, most> dx{};  ///< null where no gradient is wanted
    std::array<Dims, most> dims{};
    int count = 0;
    int label = 0;  ///< the true class of the sample; -1 where targets are values

    COLLAB_HD int size(int k) const { return dims[std::size_t(k)].size(); }
};

/// A function of the same sample of several values: `f.forward(row, y)` writes the result. Where
/// gradients should flow through it, `f.backward(row, y, dy)` adds to each row.dx that is not null;
/// without it the result is a constant. One that reads `row.label` says so by `static constexpr
/// bool reads_label = true`.
template <class F, class T = float>
concept RowFunction = requires(const F& f, const Row<T>& row, T* y) { f.forward(row, y); };
template <class F, class T = float>
concept DifferentiableRowFunction =
    RowFunction<F, T> &&
    requires(const F& f, const Row<T>& row, const T* y) { f.backward(row, y, y); };

namespace detail {
/// Stands for any graph where only the signature of `build` is looked at.
struct AnyGraph;
template <class F>
inline constexpr bool reads_label = requires { requires F::reads_label; };
}  // namespace detail

/// A method: a type whose `build(g)` lists values and losses, see MethodGraph. `taps` names the
/// cuts that it reads.
template <class M>
concept Method = requires(const M& method, detail::AnyGraph& g) { method.build(g); };

namespace detail {
template <class M>
struct TapsOf {
    using type = Pack<>;
};
template <class M>
    requires requires { typename M::taps; }
struct TapsOf<M> {
    using type = typename M::taps;
};

template <class Seen, class Rest>
struct Distinct;
template <class... Seen>
struct Distinct<Pack<Seen...>, Pack<>> {
    using type = Pack<Seen...>;
};
template <class... Seen, class T, class... Rest>
struct Distinct<Pack<Seen...>, Pack<T, Rest...>>
    : Distinct<std::conditional_t<(std::same_as<Seen, T> || ...), Pack<Seen...>, Pack<Seen..., T>>,
               Pack<Rest...>> {};
}  // namespace detail

}  // namespace collab
