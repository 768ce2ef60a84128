// SPDX-License-Identifier: Apache-2.0
// plan_text: which layers of a network run together, as text.
#pragma once
#include <string>

#include <collab/io/summary.hpp>

namespace collab {

namespace detail {

/// What a row of a plan says about layer `i`; `name(i)` is what layer i is called.
template <class Name>
std::string plan_sentence(const PlanRow& row, int i, int reader, const Name& name) {
    if (row.applied_by_previous)
        return sentence("applied by ", name(i - 1));
    if (row.step == PlanStep::none)
        return "does nothing";
    std::string text;
    const auto say = [&](const auto&... words) {
        text += (text.empty() ? "" : "; ") + sentence(words...);
    };
    if (row.summed_by_previous)
        say("its sums come from ", name(i - 1));
    if (row.reads_virtual)
        say("forms its input while it reads it");
    if (row.applies_next)
        say("applies ", name(i + 1));
    if (row.sums_for_next)
        say("sums its result for ", name(i + 1));
    if (row.result_is_virtual)
        say("its result is formed by ", name(reader));
    if (row.ends)
        say("ends the sequence");
    if (row.gated_by_next)
        say("leaves its gate to ", name(reader));
    if (row.gates_for >= 0)
        say("gates for ", name(row.gates_for));
    return text.empty() ? "runs by itself" : text;
}

/// The lines of a bound sequence, those inside a layer below it and further to the right.
template <class S>
void write_plan(std::string& text, const std::string& indent) {
    [[maybe_unused]] static constexpr auto plan = S::template plan<>;
    static_for<S::depth>([&](auto i) {
        using L = typename S::template LayerAt<i>;
        using In = typename S::template ShapeAt<i>;
        const auto name = [](int layer) {
            int number = 0;
            static_for<S::depth>(
                [&](auto k) { number = k == layer ? S::template number<k> : number; });
            return std::to_string(number);
        };
        constexpr PlanRow row = plan.rows[i];
        const std::string number = name(i);
        std::string line = indent + std::string(number.size() < 3 ? 3 - number.size() : 0, ' ');
        line += number + "  " + LayerTitle<L>::text();
        line.resize(std::max(line.size() + 2, indent.size() + 40), ' ');
        text += line + plan_sentence(row, i, row.result, name) + "\n";
        const auto part = [&](auto sequence, const std::string& title) {
            using Inside = decltype(sequence);
            if constexpr (Inside::depth > 0) {
                text += indent + "     " + title + ":\n";
                write_plan<Inside>(text, indent + "     ");
            }
        };
        if constexpr (Composite<L>) {
            if constexpr (ListsItsParts<L, In>)
                L::template each_part<In>(part);
            else
                static_for<L::parts::size>([&](auto k) {
                    part(ExecutionPlan<typename L::parts::template at<k>, In>{}, L::part_name(k));
                });
        }
    });
}

}  // namespace detail

/// The plan of a network on a backend that fuses, one line for each layer, layers inside residual
/// blocks and concatenations below them. Layers are called by their numbers in the description.
/// Cuts that nobody reads are not there; `Tags` are those that a collaboration reads.
///
///     std::fputs(plan_text<zoo::ResNet<20>>().c_str(), stdout);
///     //   0  Conv2d<16, 3>        sums its result for 1
///     //   1  BatchNorm            its sums come from 0; applies 2; leaves its gate to 3
template <Network N, class... Tags>
std::string plan_text() {
    std::string text;
    detail::write_plan<running<N, Tags...>>(text, "");
    return text;
}

}  // namespace collab
