// SPDX-License-Identifier: Apache-2.0
// plan: what the rules decide about every two, three and four layers fits together, and the rows of
// chosen networks are those that are meant.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <collab/collab.hpp>

#include "bend.hpp"

using namespace collab;
using trial::Bend;

namespace {

using Map = Shape<16, 4, 4>;
struct here;
using Block = Residual<Layers<Conv2d<16, 3>, BatchNorm>>;
template <class... Ls>
using Body = Residual<Layers<Ls...>>;
template <class... Ls>
constexpr SequencePlan<flat_layers<Layers<Ls...>>::size> plan_of =
    ExecutionPlan<Layers<Ls...>, Map>::template plan<>;

/// One layer of each kind that the rules tell apart, and of some that they do not.
const std::vector<detail::LayerFacts> kinds{
    detail::facts_of<Conv2d<16, 3>, Map>(false),
    detail::facts_of<DepthwiseConv2d<3>, Map>(false),
    detail::facts_of<DepthwiseConv2d<5>, Map>(false),
    detail::facts_of<ConvTranspose2d<16, 3, Pad<1>>, Map>(false),
    detail::facts_of<Linear<16>, Shape<16, 1, 1>>(false),
    detail::facts_of<BatchNorm, Map>(false),
    detail::facts_of<Relu, Map>(false),
    detail::facts_of<Bend, Map>(false),
    detail::facts_of<MaxPool<2>, Map>(false),
    detail::facts_of<Cut<here>, Map>(false),
    detail::facts_of<Flatten, Map>(false),
    detail::facts_of<Dropout<1, 2>, Map>(false),
    detail::facts_of<Maxout<2>, Map>(false),
    detail::facts_of<Concat<Layers<Relu>, Layers<Relu>>, Map>(false),
    detail::facts_of<DenseBlock<Layers<BatchNorm, Relu, Conv2d<16, 3>>>, Map>(false),
    detail::facts_of<ChannelSplit<Layers<>, Layers<Conv2d<8, 3>, BatchNorm>>, Map>(false),
    detail::facts_of<Block, Map>(false),
    detail::facts_of<Body<Conv2d<16, 3>>, Map>(false),
    detail::facts_of<Residual<Layers<Conv2d<16, 3>, BatchNorm>, PadShortcut>, Map>(false),
    detail::facts_of<Body<BatchNorm, Relu, Conv2d<16, 3>>, Map>(false),
};

/// The rule of layer/shape_inference.hpp: a convolution forms its input where a normalization, with
/// or without an activation, comes right before it.
void set_virtual(std::vector<detail::LayerFacts>& layers) {
    for (std::size_t i = 1; i < layers.size(); ++i)
        layers[i].reads_virtual = layers[i].convolves &&
                                  (layers[i - 1].normalizes ||
                                   (i > 1 && layers[i - 1].activation && layers[i - 2].normalizes));
}

/// What must hold between the rows of a plan, whatever the layers are; the first thing that does
/// not.
class Contradiction {
public:
    Contradiction(const std::vector<detail::LayerFacts>& layers, int from, int to, bool fuses)
        : layers_(layers),
          from_(from),
          to_(to),
          fuses_(fuses),
          rows_(layers.size()) {
        const detail::PlanRules rules{layers.data(), from, to, int(layers.size()), fuses};
        for (int i = from; i < to; ++i)
            rows_[std::size_t(i)] = rules.row(i);
    }
    std::string first() const {
        int value = from_;  // the next one to be computed
        int maker = -1;     // of that value
        for (int i = from_; i < to_; ++i) {
            if (row(i).step == PlanStep::none) {
                if (const std::string wrong = of_nothing(i); !wrong.empty())
                    return wrong;
                if (layer(i).alias) {
                    ++value;
                    maker = -1;
                }
                continue;
            }
            if (i != value)
                return "a layer reads another value than that before it";
            if (const std::string wrong = of_work(i, maker); !wrong.empty())
                return wrong;
            if (const std::string wrong = of_gates(i, maker); !wrong.empty())
                return wrong;
            value = row(i).result;
            maker = i;
        }
        return value == to_ ? "" : "the last value is not computed";
    }

private:
    detail::LayerFacts layer(int i) const { return layers_[std::size_t(i)]; }
    PlanRow row(int i) const { return i >= from_ && i < to_ ? rows_[std::size_t(i)] : PlanRow{}; }
    std::string of_nothing(int i) const {
        const PlanRow r = row(i);
        if (layer(i).alias == r.applied_by_previous)
            return "a layer is left out that is neither an alias nor applied before";
        if (r.applies_next || r.sums_for_next || r.ends || r.gates_for >= 0 || r.gated_by_next)
            return "a layer does something that does nothing";
        return "";
    }
    /// Of what layer i does with its value and with that of its neighbors.
    std::string of_work(int i, int maker) const {
        const PlanRow r = row(i);
        if (r.step == PlanStep::convolution && !layer(i).convolves)
            return "a layer is run as a convolution that is none";
        if (r.step == PlanStep::normalization && !layer(i).normalizes)
            return "a layer is run as a normalization that is none";
        if (r.applies_next != row(i + 1).applied_by_previous || r.result != i + 1 + r.applies_next)
            return "an activation is applied twice or not at all";
        if (r.applies_next && !(layer(i).fuses_activation && layer(i + 1).activation))
            return "a layer applies what is no activation, or cannot apply any";
        if (r.sums_for_next != row(i + 1).summed_by_previous)
            return "sums are taken twice or not at all";
        if (r.sums_for_next !=
            (fuses_ && layer(i).convolves && i + 1 < to_ && layer(i + 1).normalizes))
            return "a convolution sums for another layer than the normalization behind it";
        if (r.reads_virtual && !(layer(i).convolves && maker >= 0 && layer(maker).normalizes &&
                                 row(maker).result_is_virtual))
            return "a virtual value is read by a layer that cannot form it";
        if (r.result_is_virtual && !row(r.result).reads_virtual)
            return "a value is virtual and nobody forms it";
        if (r.ends != (fuses_ && layer(i).normalizes && i == int(layers_.size()) - 1))
            return "an ending is applied elsewhere than with the last normalization";
        if (r.ends && (r.applies_next || r.gated_by_next || r.result_is_virtual))
            return "the end of a sequence is not its last value";
        if (!fuses_ && r.step != PlanStep::layer)
            return "layers run together on a backend that does not fuse";
        return "";
    }
    std::string of_gates(int i, int maker) const {
        const PlanRow r = row(i);
        if (r.gates_for >= 0 && (r.gates_for != maker || r.reads_virtual || r.begins ||
                                 !row(maker).gated_by_next || row(maker).result_is_virtual))
            return "a gate is applied that is not meant for this layer";
        if (r.gates_for >= 0 && !(layer(i).convolves || layer(i).takes_gate))
            return "a layer gates that cannot";
        if (r.gated_by_next && !(layer(i).normalizes || layer(i).offers_gate))
            return "a layer leaves its gate to another that does not offer it";
        if (r.gated_by_next && row(r.result).gates_for != i)
            return "a gate is left to a layer that does not apply it";
        // It is fast, too: whoever can take a gate that is offered does.
        if (fuses_ && maker >= 0 && !r.reads_virtual && r.gates_for != maker &&
            (layer(i).convolves || layer(i).takes_gate) &&
            (layer(maker).normalizes || layer(maker).offers_gate))
            return "a gate that could be taken is not";
        return "";
    }

    const std::vector<detail::LayerFacts>& layers_;
    int from_, to_;
    bool fuses_;
    std::vector<PlanRow> rows_;
};

/// Whether ExecutionPlan takes the range.
bool may_run(const std::vector<detail::LayerFacts>& layers, int from, int to) {
    const auto divides_none = [&](int v) {
        return v == 0 || v == int(layers.size()) || !layers[std::size_t(v)].reads_virtual;
    };
    return (from == 0 || !layers[std::size_t(from)].activation) && divides_none(from) &&
           divides_none(to);
}
/// The first contradiction of these layers, in all ranges of them.
std::string contradiction(const std::vector<detail::LayerFacts>& layers) {
    const int size = int(layers.size());
    for (const bool fuses : {true, false})
        for (int from = 0; from < size; ++from)
            for (int to = from + 1; to <= size; ++to) {
                if (!may_run(layers, from, to))
                    continue;
                const std::string wrong = Contradiction(layers, from, to, fuses).first();
                if (!wrong.empty())
                    return wrong;
            }
    return "";
}

/// `contradiction` of all lists of `size` kinds.
void check_all(int size) {
    std::vector<std::size_t> choice(std::size_t(size), 0);
    std::string first;
    std::string where;
    while (choice.back() < kinds.size() && first.empty()) {
        std::vector<detail::LayerFacts> layers;
        for (const std::size_t kind : choice)
            layers.push_back(kinds[kind]);
        set_virtual(layers);
        first = contradiction(layers);
        for (const std::size_t kind : choice)
            where += first.empty() ? "" : std::to_string(kind) + " ";
        for (std::size_t i = 0; i < choice.size(); ++i) {
            if (++choice[i] < kinds.size() || i + 1 == choice.size())
                break;
            choice[i] = 0;
        }
    }
    CHECK_MESSAGE(first == "", "kinds " << where);
}

}  // namespace

TEST_CASE("what the plan decides about two, three or four layers fits together") {
    check_all(2);
    check_all(3);
    check_all(4);
}
TEST_CASE("a block offers a gate and takes one where its body allows it") {
    using Conv = Conv2d<16, 3>;
    const auto gates = [](bool offers, bool takes, const auto& facts) {
        return facts.offers_gate == offers && facts.takes_gate == takes;
    };
    CHECK(gates(true, true, detail::facts_of<Body<Conv, BatchNorm>, Map>(false)));
    CHECK(gates(false, true, detail::facts_of<Body<Conv>, Map>(false)));
    CHECK(gates(false, true, detail::facts_of<Body<Conv, BatchNorm, Relu>, Map>(false)));
    CHECK(gates(false, true, detail::facts_of<Body<Conv, BatchNorm, Cut<here>>, Map>(false)));
    CHECK(gates(true, false, detail::facts_of<Body<Cut<here>, Conv, BatchNorm>, Map>(false)));
    CHECK(gates(true, false, detail::facts_of<Body<BatchNorm>, Map>(false)));
    CHECK(gates(false, false, detail::facts_of<Body<BatchNorm, Relu, Conv>, Map>(false)));
    CHECK(gates(true, true, detail::facts_of<Body<DepthwiseConv2d<3>, BatchNorm>, Map>(false)));
    CHECK(gates(false, false, detail::facts_of<Body<DepthwiseConv2d<5>>, Map>(false)));
    CHECK(gates(true, false, detail::facts_of<Body<Block, Relu, Conv, BatchNorm>, Map>(false)));
    CHECK(gates(false, true, detail::facts_of<Body<Conv, Relu, Block>, Map>(false)));
    using Projected = Residual<Layers<Conv, BatchNorm>, Layers<Conv, BatchNorm>>;
    using Padded = Residual<Layers<Conv, BatchNorm>, PadShortcut>;
    CHECK(gates(true, false, detail::facts_of<Projected, Map>(false)));
    CHECK(gates(true, false, detail::facts_of<Padded, Map>(false)));
}
TEST_CASE("convolution, normalization and activation run as two steps") {
    constexpr auto plan =
        plan_of<Conv2d<16, 3>, BatchNorm, Relu, Conv2d<16, 3>, BatchNorm, Relu, MaxPool<2>>;
    static_assert(plan.rows[0].sums_for_next && plan.rows[1].summed_by_previous);
    static_assert(plan.rows[1].applies_next && plan.rows[2].applied_by_previous);
    static_assert(plan.rows[1].result_is_virtual && plan.rows[3].reads_virtual);
    static_assert(plan.rows[1].result == 3 && plan.rows[2].step == PlanStep::none);
    static_assert(!plan.rows[4].result_is_virtual && !plan.rows[4].gated_by_next);
    static_assert(!plan.ends_in_normalization && plan.takes_gate);
}
TEST_CASE("an activation whose slope needs its input is a step of its own, and its input is kept") {
    using S = ExecutionPlan<
        Layers<Conv2d<16, 3>, BatchNorm, Bend, Conv2d<16, 3>, Bend, Relu, Block, Bend>, Map>;
    constexpr auto plan = S::plan<>;
    static_assert(plan.rows[0].sums_for_next && !plan.rows[1].applies_next);
    static_assert(!plan.rows[1].result_is_virtual && !plan.rows[1].gated_by_next);
    static_assert(plan.rows[2].step == PlanStep::layer && plan.rows[2].gates_for == -1);
    static_assert(!plan.rows[3].reads_virtual && plan.rows[3].gates_for == -1);
    static_assert(plan.rows[4].step == PlanStep::layer && plan.rows[7].step == PlanStep::layer);
    static_assert(!plan.rows[6].applies_next && !plan.rows[6].gated_by_next);
    // Its input and its value lie apart; the next activation may write over the value.
    static_assert(S::table.home[3] == 3 && S::table.home[5] == 5 && S::table.home[8] == 8);
    static_assert(S::table.home[6] == 5);
    // So does one that the layer before could apply.
    constexpr auto unfused = S::plan<0, S::depth, false>;
    static_assert(!unfused.rows[1].applies_next && !unfused.rows[6].applies_next);
}
TEST_CASE("the next block gates for the block before it") {
    constexpr auto plan = plan_of<Block, Relu, Block, Relu, Conv2d<16, 3>, BatchNorm>;
    static_assert(plan.rows[0].gated_by_next && plan.rows[2].gates_for == 0);
    static_assert(plan.rows[2].gated_by_next && plan.rows[4].gates_for == 2);
    static_assert(plan.rows[5].ends && plan.ends_in_normalization);
}
TEST_CASE("what has no normalization at its end keeps its gate") {
    constexpr auto plan = plan_of<Body<Conv2d<16, 3>>, Relu, Conv2d<16, 3>>;
    static_assert(!plan.rows[0].gated_by_next && plan.rows[2].gates_for == -1);
}
TEST_CASE("without fusion, layers only apply the activations behind them") {
    using S =
        ExecutionPlan<Layers<Conv2d<16, 3>, BatchNorm, Relu, Block, Relu, Conv2d<16, 3>>, Map>;
    constexpr auto plan = S::plan<0, S::depth, false>;
    static_assert(plan.rows[1].applies_next && plan.rows[3].applies_next);
    static_assert(plan.rows[5].gates_for == -1 && !plan.rows[0].sums_for_next);
    static_assert(!plan.ends_in_normalization && !plan.takes_gate);
}
