// SPDX-License-Identifier: Apache-2.0
// channel_orders-inl: the bodies of channel_orders.
#pragma once
#include <algorithm>
#include <numeric>

#include <collab/core/error.hpp>
#include <collab/io/channel_orders.hpp>

namespace collab {
COLLAB_COMPILED COLLAB_COLD int ChannelOrders::Place::operator()(int k) const {
    const int turned = groups == 1 ? k : k % (channels / groups) * groups + k / (channels / groups);
    return offset + stride * turned;
}
COLLAB_COMPILED COLLAB_COLD int ChannelOrders::Place::inverse(int at) const {
    const int from = at - offset;
    if (from < 0 || from % stride != 0 || from / stride >= channels)
        return open;
    const int turned = from / stride;
    return groups == 1 ? turned : turned % groups * (channels / groups) + turned / groups;
}

COLLAB_COMPILED COLLAB_COLD ChannelOrders::Value ChannelOrders::add(int channels) {
    const auto n = std::size_t(channels);
    values_.push_back({std::vector<int>(n, open), std::vector<bool>(n), channels});
    return int(values_.size()) - 1;
}
COLLAB_COMPILED COLLAB_COLD void ChannelOrders::link(Value from, Value to, Place theirs,
                                                     Place ours) {
    theirs.channels = ours.channels = channels(from);
    links_.push_back({from, to, theirs, ours, int(layers_.size()) - 1});
}
COLLAB_COMPILED COLLAB_COLD void ChannelOrders::meet(Value from, Value to, int divisor,
                                                     int modulus) {
    meetings_.push_back({from, to, divisor, modulus, int(layers_.size()) - 1});
}
COLLAB_COMPILED COLLAB_COLD void ChannelOrders::speaks(std::string_view path,
                                                       std::string_view layer) {
    layers_.push_back({sentence("'", path, "' (", layer, ")")});
}

COLLAB_COMPILED COLLAB_COLD ChannelOrders::Value ChannelOrders::given(int channels) {
    const Value v = add(channels);
    Known& known = values_.back();
    std::iota(known.order.begin(), known.order.end(), 0);
    known.taken.assign(known.taken.size(), true);
    known.left = 0;
    return v;
}
COLLAB_COMPILED COLLAB_COLD ChannelOrders::Value ChannelOrders::chosen(int channels) {
    return add(channels);
}
COLLAB_COMPILED COLLAB_COLD ChannelOrders::Value ChannelOrders::flattened(Value x, Dims map) {
    if (map.area() == 1)
        return x;
    const Value v = add(map.size());
    for (int pixel = 0; pixel < map.area(); ++pixel)
        link(x, v, {.offset = pixel, .stride = map.area()}, {.offset = pixel * map.channels});
    disordered_ = disordered_ || map.channels > 1;
    return v;
}
COLLAB_COMPILED COLLAB_COLD ChannelOrders::Value ChannelOrders::placed(Value x, int first,
                                                                       int channels) {
    const Value v = add(channels);
    link(x, v, {.offset = first}, {.offset = first});
    return v;
}
COLLAB_COMPILED COLLAB_COLD ChannelOrders::Value ChannelOrders::joined(
    const std::vector<Value>& parts) {
    int total = 0;
    for (const Value p : parts)
        total += channels(p);
    const Value v = add(total);
    int first = 0;
    for (const Value p : parts) {
        link(p, v, {.offset = first}, {.offset = first});
        first += channels(p);
    }
    return v;
}
COLLAB_COMPILED COLLAB_COLD ChannelOrders::Value ChannelOrders::part(Value x, int first,
                                                                     int channels) {
    const Value v = add(channels);
    link(v, x, {.offset = first}, {.offset = first});
    return v;
}
COLLAB_COMPILED COLLAB_COLD ChannelOrders::Value ChannelOrders::shuffled(Value x, int groups) {
    const Value v = add(channels(x));
    link(x, v, {.groups = groups}, {.groups = groups});
    return v;
}
COLLAB_COMPILED COLLAB_COLD ChannelOrders::Value ChannelOrders::largest_of(Value x, int pieces) {
    const int n = channels(x) / pieces;
    const Value v = add(n);
    meet(x, v, 1, n);
    return v;
}
COLLAB_COMPILED COLLAB_COLD ChannelOrders::Value ChannelOrders::mixed_in_groups(Value x, int groups,
                                                                                int channels_) {
    if (groups == 1)
        return chosen(channels_);
    const Value order_of_groups = add(groups);
    const Value v = add(channels_);
    meet(x, order_of_groups, channels(x) / groups, groups);
    meet(v, order_of_groups, channels_ / groups, groups);
    return v;
}
COLLAB_COMPILED COLLAB_COLD ChannelOrders::Value ChannelOrders::same(Value a, Value b) {
    if (a != b)
        link(a, b, {}, {});
    return b;
}
COLLAB_COMPILED COLLAB_COLD ChannelOrders::Value ChannelOrders::unknown(Value x, int channels_) {
    if (!layers_.empty())
        layers_.back().says = false;
    same(x, given(channels(x)));
    return given(channels_);
}

COLLAB_COMPILED COLLAB_COLD void ChannelOrders::refuse(int layer) const {
    const Layer* l = layer < 0 ? nullptr : &layers_[std::size_t(layer)];
    const std::string name = l ? l->name : "of the network";
    if (l && !l->says)
        fail("these weights have no order that PyTorch would understand: the features that layer ",
             name,
             " is given are in another order there, because of a Flatten before it or beside it, "
             "and the layer does not say what it does to the order; specialize "
             "collab::LayerChannels for it");
    fail("these weights have no order that PyTorch would understand: layer ", name,
         " brings features together that PyTorch's order of a flattened map keeps apart; let a "
         "Linear stand between the Flatten and this layer, or keep the network as a checkpoint of "
         "its training");
}
/// Whether that is news. Two channels in one place, or one in two, are refused.
COLLAB_COMPILED COLLAB_COLD bool ChannelOrders::set(Value v, int k, int is, int layer) {
    Known& known = values_[std::size_t(v)];
    int& at = known.order[std::size_t(k)];
    if (is == open)
        refuse(layer);
    if (at == is)
        return false;
    if (at != open || known.taken[std::size_t(is)])
        refuse(layer);
    at = is;
    known.taken[std::size_t(is)] = true;
    --known.left;
    return true;
}
COLLAB_COMPILED COLLAB_COLD bool ChannelOrders::follow(Link& l) {
    if (l.settled)
        return false;
    bool news = false;
    l.settled = true;
    for (int k = 0; k < l.theirs.channels; ++k) {
        const int below = values_[std::size_t(l.from)].order[std::size_t(k)];
        const int above = values_[std::size_t(l.to)].order[std::size_t(l.theirs(k))];
        if (below != open)
            news = set(l.to, l.theirs(k), l.ours(below), l.layer) || news;
        else if (above != open)
            news = set(l.from, k, l.ours.inverse(above), l.layer) || news;
        else
            l.settled = false;
    }
    return news;
}
COLLAB_COMPILED COLLAB_COLD bool ChannelOrders::follow(const Meeting& m) {
    bool news = false;
    for (int k = 0; k < channels(m.from); ++k) {
        const int is = values_[std::size_t(m.from)].order[std::size_t(k)];
        if (is != open)
            news = set(m.to, m.of(k), m.of(is), m.layer) || news;
    }
    return news;
}
COLLAB_COMPILED COLLAB_COLD void ChannelOrders::propagate() {
    for (bool news = true; news;) {
        news = false;
        for (Link& l : links_)
            news = follow(l) || news;
        for (const Meeting& m : meetings_)
            news = follow(m) || news;
        for (auto l = links_.rbegin(); l != links_.rend(); ++l)
            news = follow(*l) || news;
    }
}
COLLAB_COMPILED COLLAB_COLD bool ChannelOrders::free(Value v, int is) const {
    return is >= 0 && is < channels(v) && !values_[std::size_t(v)].taken[std::size_t(is)];
}
/// What channel k of a value can be: where channels meet, one that meets in the right place, at
/// best in the same part as k.
COLLAB_COMPILED COLLAB_COLD int ChannelOrders::choice(Value v, int k) const {
    std::vector<const Meeting*> all;
    for (const Meeting& m : meetings_)
        if (m.from == v)
            all.push_back(&m);
    const auto meets = [&](int is) {
        return std::all_of(all.begin(), all.end(), [&](const Meeting* m) {
            return values_[std::size_t(m->to)].order[std::size_t(m->of(k))] == m->of(is);
        });
    };
    for (const Meeting* m : all) {
        const int place = values_[std::size_t(m->to)].order[std::size_t(m->of(k))];
        if (const int is = m->beside(k, place); free(v, is) && meets(is))
            return is;
    }
    for (int is = 0; is < channels(v); ++is)
        if (free(v, is) && meets(is))
            return is;
    refuse(all.empty() ? -1 : all.front()->layer);
}
/// What is still open becomes our order, as far as the rest allows. What its channels meet in is
/// chosen first.
COLLAB_COMPILED COLLAB_COLD void ChannelOrders::choose(Value v) {
    for (std::size_t m = 0; m < meetings_.size(); ++m)
        if (meetings_[m].from == v && values_[std::size_t(meetings_[m].to)].left > 0)
            choose(meetings_[m].to);
    for (int k = 0; k < channels(v); ++k)
        if (values_[std::size_t(v)].order[std::size_t(k)] == open)
            set(v, k, choice(v, k), -1);
    propagate();
}
/// First what follows from the input, then what the meeting of channels asks for, then what is
/// free, from the first layer to the last.
COLLAB_COMPILED COLLAB_COLD void ChannelOrders::solve() {
    if (!disordered_) {
        for (Known& known : values_)
            std::iota(known.order.begin(), known.order.end(), 0);
        return;
    }
    propagate();
    const auto is_open = [&](Value v) { return values_[std::size_t(v)].left > 0; };
    for (int v = 0; v < int(values_.size()); ++v) {
        for (std::size_t m = 0; m < meetings_.size(); ++m)
            if (is_open(meetings_[m].from) && !is_open(meetings_[m].to)) {
                choose(meetings_[m].from);
                m = std::size_t(-1);  // this may have settled others
            }
        if (is_open(v))
            choose(v);
    }
}
COLLAB_COMPILED COLLAB_COLD bool ChannelOrders::ours(Value v) const {
    const std::vector<int>& o = order(v);
    for (std::size_t k = 0; k < o.size(); ++k)
        if (o[k] != int(k))
            return false;
    return true;
}
}  // namespace collab
