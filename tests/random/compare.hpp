// SPDX-License-Identifier: Apache-2.0
// compare: everything that a case computes, in all ways, against Reference<double>.
//
// What a case may differ by is measured: every result of every operation is moved by one rounding,
// several times, and each quantity may differ by `allowance` times what that moves it, and by a few
// roundings of itself; in float by roundings of floats, in double by those of doubles. Where a
// rounding moves a quantity by more than a thousandth (a gradient beside a kink), other numbers are
// drawn; where none are better, the quantity is counted as not compared.
#pragma once
#include <string>
#include <vector>

#include "subject.hpp"

namespace collab::random {

inline constexpr double allowance = 50;

/// One of the numbers that a case leaves: `kind` is for the statistics, `name` says which.
struct Quantity {
    std::string kind, name;
    Numbers values;
};
/// Numbers that are no special case: parameters and states of the catalogue, and batches.
struct Data {
    Numbers parameters, state;
    Batch batch, last;         ///< `last` has one sample fewer, if there are more
    Numbers images, gradient;  ///< of a pass through the first network
    double rate = 0.02;        ///< of the three steps; smaller where those diverge
};
Data drawn(const Case& c, const NamedTensors& catalogue, std::uint64_t seed);

/// All that a subject computes: losses, logits, gradients, running statistics, three steps,
/// inference, deployment, and a pass through the first network alone.
std::vector<Quantity> computed(const Case& c, Subject& subject, const Data& data);

/// One comparison: the largest error relative to what is allowed.
struct Finding {
    std::string way, kind, name;
    double error = 0;     ///< relative to what is allowed: more than 1 is a failure
    double distance = 0;  ///< relative to the quantity
};
struct Report {
    std::vector<Finding> findings;  ///< the worst of each way and kind
    int quantities = 0;
    int void_quantities = 0;  ///< too badly conditioned to be compared
    int draws = 0;
    std::vector<std::string> other_bits;  ///< ways whose deployed logits are not the training's
    std::vector<std::string> refused;     ///< sentences by which the library refuses weights
    const Finding* failure() const;
};
Report compared(const Case& c);

/// What the exact subject says and what roundings move it by, for the comparison with others.
struct Measured {
    Data data;
    std::vector<Quantity> exact;
    Numbers moves;       ///< of each quantity, by single roundings of floats
    Numbers fine_moves;  ///< by roundings of doubles: an optimizer that divides gradients by their
                         ///< sizes does not make them smaller in proportion
    int draws = 0;
    int bad = 0;
};
Measured measured(const Case& c);

}  // namespace collab::random
