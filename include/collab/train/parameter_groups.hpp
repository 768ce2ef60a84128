// SPDX-License-Identifier: Apache-2.0
// parameter_groups: parameters that move in another way than the others: by their role, layer or
// name.
#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <collab/collaboration/method_graph.hpp>
#include <collab/core/config.hpp>
#include <collab/core/expect.hpp>
#include <collab/model/named_tensors.hpp>

namespace collab {

/// What is different for some parameters. Where several groups hold one, their factors multiply.
///
///     {.groups = {without_decay(),                                    // scales, shifts, biases
///                 {.names = "net0.0.*", .rate = 0.1},                 // the first layer
///                 {.names = "*.weight", .roles = {Role::weight}, .frozen = true}}}
struct ParameterGroup {
    /// which names of `named_tensors()`; * stands for any characters, ? for one
    std::string names = "*";
    std::vector<Role> roles{};  ///< of these, those with one of these roles; empty: with any
    double rate = 1;            ///< factor of the learning rate
    double decay = 1;           ///< factor of the optimizer's weight decay
    /// its parameters stay as they are, and their gradients are 0. (Running statistics move:
    /// `Frozen<i>` freezes a network as a whole, and is faster)
    bool frozen = false;
    /// where the optimizer moves matrices as a whole (Muon), not these
    bool elementwise = false;

    void check() const {
        const Expect expect{"a parameter group"};
        expect.not_negative("rate", rate);
        expect.not_negative("decay", decay);
    }
    bool holds(const Named& tensor) const;
};

/// Weight decay for the weights of convolutions and products alone: none for biases, scales and
/// shifts.
ParameterGroup without_decay();

/// Several of them. (A class of its own: g++ 12 breaks down over a member
/// std::vector<ParameterGroup> where a training is a member that is initialized in its class.)
class ParameterGroups : public std::vector<ParameterGroup> {
public:
    ParameterGroups() noexcept;
    ParameterGroups(std::initializer_list<ParameterGroup> groups);
    ParameterGroups(std::vector<ParameterGroup> groups);
    ParameterGroups(const ParameterGroups&);
    ParameterGroups(ParameterGroups&&) noexcept;
    ParameterGroups& operator=(const ParameterGroups&);
    ParameterGroups& operator=(ParameterGroups&&) noexcept;
    ~ParameterGroups();
};

namespace detail {
/// Whether a pattern with * and ? is this text.
bool matches(std::string_view pattern, std::string_view text);
/// The ranges, cut where groups differ. A group that holds no parameter is an error. Critics are in
/// no group.
std::vector<ParameterRange> with_groups(const std::vector<ParameterRange>& ranges,
                                        const NamedTensors& tensors,
                                        const std::vector<ParameterGroup>& groups);
/// In words, for a checkpoint.
std::string group_words(const std::vector<ParameterGroup>& groups);
}  // namespace detail

}  // namespace collab

#ifdef COLLAB_BODIES
#include <collab/train/parameter_groups-inl.hpp>
#endif
