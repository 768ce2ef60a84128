// SPDX-License-Identifier: Apache-2.0
// channel_orders: in which order another program keeps the channels of every value of a network.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/core/shape.hpp>

namespace collab {

/// The order of channels in PyTorch and in the library, value by value. A flattened map is ordered
/// [row][column][channel] here and [channel][row][column] there, and whatever stands behind it
/// inherits the difference until a layer that mixes all channels ends it. `order(v)[k]` is where
/// channel k of PyTorch's value lies in ours.
///
/// Each layer adds what it does to the order (see LayerChannels); `solve` then finds the orders. A
/// layer that mixes all channels may give its results in any order, and the order is chosen so that
/// both sides of a sum agree. Where no order satisfies all layers, `solve` throws Error naming the
/// layer.
class ChannelOrders {
public:
    /// The number of a value. Values that are ordered alike may share one.
    using Value = int;

    /// A value whose order is ours.
    Value given(int channels);
    /// A value whose order may be chosen: the result of a layer that mixes all channels.
    Value chosen(int channels);
    /// A map of this shape as one row of features.
    Value flattened(Value x, Dims map);
    /// `channels` channels, those of x from channel `first` on. What is left over is free.
    Value placed(Value x, int first, int channels);
    /// Values side by side.
    Value joined(const std::vector<Value>& parts);
    /// `channels` channels of x from channel `first` on, a value of its own.
    Value part(Value x, int first, int channels);
    /// Channel i of each of `groups` equal parts in turn, as ChannelShuffle does.
    Value shuffled(Value x, int groups);
    /// One result for channels k, k + n, k + 2n, ..., whatever their order.
    Value largest_of(Value x, int pieces);
    /// The result of a layer that mixes the channels of each of `groups` equal parts.
    Value mixed_in_groups(Value x, int groups, int channels);
    /// Two values that are added, or the like: their orders are the same.
    Value same(Value a, Value b);
    /// The result of a layer that does not say what it does; it may only see our order.
    Value unknown(Value x, int channels);

    /// The layer that speaks from now on, for messages: "3.body.0" and "Maxout<2>".
    void speaks(std::string_view path, std::string_view layer);

    void solve();
    const std::vector<int>& order(Value v) const { return values_[std::size_t(v)].order; }
    bool ours(Value v) const;

private:
    static constexpr int open = -1;
    struct Known {
        std::vector<int> order;
        std::vector<bool> taken;
        int left;  ///< entries that are open
    };
    /// Where channel k of one value stands in another.
    struct Place {
        int offset = 0;
        int stride = 1;
        int groups = 1;
        int channels = 0;
        int operator()(int k) const;
        /// The channel that stands at `at`, or `open`.
        int inverse(int at) const;
    };
    /// Channel theirs(k) of `to` is channel k of `from` there, and channel ours(k) here.
    struct Link {
        Value from, to;
        Place theirs, ours;
        int layer;
        bool settled = false;
    };
    /// Channels of `from` that meet in one of `to`: k / divisor % modulus.
    struct Meeting {
        Value from, to;
        int divisor, modulus;
        int layer;
        int of(int k) const { return k / divisor % modulus; }
        /// The channel beside k that meets the others in `place` instead.
        int beside(int k, int place) const { return k + (place - of(k)) * divisor; }
    };
    struct Layer {
        std::string name;
        bool says = true;
    };

    Value add(int channels);
    int channels(Value v) const { return int(values_[std::size_t(v)].order.size()); }
    void link(Value from, Value to, Place theirs, Place ours);
    void meet(Value from, Value to, int divisor, int modulus);
    bool set(Value v, int k, int is, int layer);
    bool follow(Link& l);
    bool follow(const Meeting& m);
    void propagate();
    void choose(Value v);
    int choice(Value v, int k) const;
    bool free(Value v, int is) const;
    [[noreturn]] void refuse(int layer) const;

    std::vector<Known> values_;
    std::vector<Link> links_;
    std::vector<Meeting> meetings_;
    std::vector<Layer> layers_;
    bool disordered_ = false;  ///< some value may be in another order than ours
};

}  // namespace collab

#ifdef COLLAB_BODIES
#include <collab/io/channel_orders-inl.hpp>
#endif
