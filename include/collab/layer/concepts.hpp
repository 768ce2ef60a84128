// SPDX-License-Identifier: Apache-2.0
// concepts: what a layer is. A description: an empty type that knows its geometry and which
// operations it asks of a backend.
#pragma once
#include <array>
#include <concepts>
#include <string>
#include <type_traits>

#include <collab/backend/concepts.hpp>
#include <collab/core/error.hpp>
#include <collab/core/pack.hpp>
#include <collab/core/shape.hpp>

namespace collab {

/// Training uses and updates batch statistics and drops out; inference uses running statistics and
/// changes nothing.
enum class Mode { training, inference };

/// What a layer occupies, in elements. `saved` and `scratch` count per sample, the rest per model.
struct Footprint {
    int parameters = 0;  ///< learned values
    int state = 0;       ///< values that training moves without a gradient: running statistics
    long saved = 0;      ///< kept from forward to backward, beside the layer's own output
    long fixed = 0;      ///< the same, whatever the batch
    long scratch = 0;    ///< needed only while backward runs
};

/// How a parameter begins.
enum class Role { weight, bias, scale, shift };

/// One named tensor of learned values (or of state). `fan_in` counts the inputs of one output, for
/// initialization.
struct Parameter {
    const char* name;
    Role role;
    int size;
    int fan_in = 1;
    /// as stored: [kh][kw][in][out] of convolutions, [in][out] of products, [channels]
    std::array<int, 4> extents{};
    int rank = 1;
};

/// The circumstances of one pass: who computes, how many samples, for what purpose, with which
/// random numbers.
template <class B>
struct Context {
    B& backend;
    int batch;
    int capacity;  ///< samples that the storage was laid out for
    Mode mode;
    Random random{};
    Context part(int i) const {
        return {backend, batch, capacity, mode, random.child(static_cast<std::uint64_t>(i) + 1)};
    }
};

template <class T>
struct Forward {
    View<const T> x;
    View<T> y;
    const T* parameters;
    T* state;
    T* saved;
    T* fixed;
};

/// Adds to `gradients`; writes dx, which only layers with `optional_input_gradient` may find null.
template <class T>
struct Backward {
    View<const T> x, y, dy;
    View<T> dx;
    const T* parameters;
    T* gradients;
    T* saved;
    T* fixed;
    T* scratch;
};

/// A layer that neither learns nor keeps anything and leaves the shape alone. Base of layers; each
/// overrides what differs.
struct LayerBase {
    static constexpr bool accepts(Dims) { return true; }
    static constexpr Dims output(Dims in) { return in; }
    static constexpr Footprint footprint(Dims) { return {}; }
    static constexpr std::array<Parameter, 0> parameters(Dims) { return {}; }
    static constexpr std::array<Parameter, 0> states(Dims) { return {}; }
    /// does nothing: its output is its input
    static constexpr bool alias = false;
    /// may write over its input, because backward needs only its output
    static constexpr bool in_place = false;
    static constexpr bool keeps_output = false;             ///< backward reads the layer's output
    static constexpr bool optional_input_gradient = false;  ///< backward accepts a null dx
    static constexpr long multiply_adds(Dims) { return 0; }
};

/// `footprint` of a layer that lists its parameters and states.
template <class Self>
constexpr Footprint listed_footprint(Dims in) {
    Footprint f;
    for (const Parameter& p : Self::parameters(in))
        f.parameters += p.size;
    for (const Parameter& p : Self::states(in))
        f.state += p.size;
    return f;
}

/// Layers made of layers (Residual, Concat, ...): `parts` names the lists inside.
template <class L>
concept Composite = requires { typename L::parts; };
namespace detail {
struct AnyPart {  // nvcc refuses lambdas in requirements
    template <class ExecutionPlan, class Name>
    void operator()(ExecutionPlan, Name) const {}
};
}  // namespace detail
/// Composites whose parts do not all begin at the layer's input: `each_part<In>(f)` calls
/// f(sequence, name) for each.
template <class L, class In>
concept ListsItsParts = Composite<L> && requires { L::template each_part<In>(detail::AnyPart{}); };

template <class L>
concept Layer = std::is_empty_v<L> && requires(Dims in) {
    { L::accepts(in) } -> std::same_as<bool>;
    { L::output(in) } -> std::same_as<Dims>;
    { L::footprint(in) } -> std::same_as<Footprint>;
    { L::alias } -> std::convertible_to<bool>;
    { L::describe() } -> std::convertible_to<std::string>;
};

template <class L, class In>
concept Accepts = Layer<L> && StaticShape<In> &&
                  because<"the layer accepts an input of this shape">(L::accepts(In::dims));

/// A function of every element, `L::function()`.
template <class L>
concept Activation = Layer<L> && requires { L::function(); };
/// An activation that the layer before may apply in its own pass: the pass writes the value alone,
/// so the slope must follow from it.
template <class L>
concept FusableActivation =
    Activation<L> && !SlopeFromInput<std::remove_cvref_t<decltype(L::function())>>;
/// A layer that can apply such an activation behind it.
template <class L>
concept FusesActivation = Layer<L> && requires { requires L::fuses_activation; };

/// Layers that a fusing backend runs together (backend/fusion.hpp): a convolution that is not
/// depthwise, a batch normalization.
template <class L>
constexpr bool convolves(Dims in) {
    if constexpr (requires { L::convolves(in); })
        return L::convolves(in);
    else
        return false;
}
template <class L>
inline constexpr bool normalizes = requires { requires L::normalizes; };

namespace detail {
template <class Packs>
struct JoinAll;
template <class... Ps>
struct JoinAll<Pack<Ps...>> {
    using type = joined<Ps...>;
};

/// Whatever stands in the lists inside a composite.
template <Composite L>
using inner_layers = typename JoinAll<typename L::parts>::type;

template <class L, class B, class T = typename B::Scalar>
concept FindsOperations = requires(const Context<B>& c, const Forward<T>& f, const Backward<T>& b) {
    L::forward(c, Dims{}, f);
    L::backward(c, Dims{}, b);
};

template <class L, class B>
constexpr bool parts_run();
}  // namespace detail

/// The backend offers every operation that the layer, or a layer inside it, asks for.
template <class L, class B>
concept RunsOn = Layer<L> && Backend<B> &&
                 (L::alias || detail::parts_run<L, B>() || detail::FindsOperations<L, B>);

namespace detail {
template <class P, class B>
inline constexpr bool all_run = false;
template <class... Ls, class B>
inline constexpr bool all_run<Pack<Ls...>, B> = (RunsOn<Ls, B> && ...);

template <class L, class B>
// a composite says itself which operations it needs beside those of its parts: `template <class B>
// runs_on`
constexpr bool parts_run() {
    if constexpr (!Composite<L>)
        return false;
    else if constexpr (requires { L::template runs_on<B>; })
        return L::template runs_on<B> && all_run<inner_layers<L>, B>;
    else
        return all_run<inner_layers<L>, B>;
}
}  // namespace detail

}  // namespace collab
