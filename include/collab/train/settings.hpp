// SPDX-License-Identifier: Apache-2.0
// settings: what a training needs to know beside its type, and what it says of its losses.
#pragma once
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include <collab/core/expect.hpp>
#include <collab/loss/cross_entropy.hpp>
#include <collab/loss/metrics.hpp>
#include <collab/loss/task.hpp>
#include <collab/model/named_tensors.hpp>
#include <collab/optim/adam.hpp>
#include <collab/optim/sgd.hpp>
#include <collab/train/parameter_groups.hpp>

namespace collab {

/// What a training needs to know beside its type. M is the collaboration's metric, Methods a tuple
/// of its methods, O what moves the weights, L the loss of the task.
template <class M = CosineDistance, class Methods = std::tuple<>, class O = Sgd,
          class L = CrossEntropy>
struct TrainingSettings {
    double alpha = 0.2;      ///< weight of the collaborative loss (Eq. 1)
    std::uint64_t seed = 1;  ///< of initial weights and of dropout
    int batch = 128;         ///< samples per step, at most
    O optimizer{};
    Initialization initialization{};
    L loss{};
    M metric{};
    /// What the networks are called in reports and parameter names; `net0`, `net1`, ... unless
    /// given. Initial weights follow the name.
    std::vector<std::string> names{};
    /// their temperatures and weights, in the order of the collaboration's items
    Methods methods{};
    CriticAdam critic{};  ///< moves the critics of adversarial methods
    /// steps after which the parameters of all MKBs stay as they are; -1: never
    long freeze_mkb_after = -1;
    ParameterGroups groups{};  ///< parameters that move in another way

    /// Throws Error for a number outside its range. Methods are asked where their graph is built.
    void check() const {
        const Expect expect{"settings"};
        if (batch < 1)
            fail("a batch has at least one sample, not ", batch);
        detail::check_not_negative("alpha", alpha);
        optimizer.check();
        critic.check();
        expect.not_negative("initialization.stddev", initialization.stddev);
        expect.at_least("freeze_mkb_after", double(freeze_mkb_after), -1);
        for (const ParameterGroup& g : groups)
            g.check();
        detail::check_settings(loss);
        detail::check_settings(metric);
    }
};

/// The parameters and running statistics of one network.
template <class T>
struct NetworkWeights {
    std::vector<T> parameters, state;
};

/// The parts of one network's loss over the last batch, means over samples (Eq. 1 and 2).
struct NetworkLoss {
    double task = 0;  ///< of the network's own output
    double metric = 0;
    double verification = 0;
    ScoreValues scores{};  ///< of the network's own output, on the batch as it was trained on
    double coupling = 0;   ///< what methods add, each loss times its weight
    double task_weight = 1;
    double score() const { return scores[0]; }  ///< the first: accuracy, for class numbers
    double total(double alpha) const {
        return task_weight * task + alpha * (metric + verification) + coupling;
    }
};

namespace detail {
/// Throws Error where a part of the loss is infinite or not a number. `task` is the word for the
/// loss of the task.
void check_loss(const NetworkLoss& loss, const char* task, const std::string& network, long step);
}  // namespace detail

}  // namespace collab

#ifdef COLLAB_BODIES
#include <collab/train/settings-inl.hpp>
#endif
