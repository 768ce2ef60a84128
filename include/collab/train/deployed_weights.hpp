// SPDX-License-Identifier: Apache-2.0
// deployed_weights: the weights of network I with its own half of every MKB, in the order of
// Deployed<C, I>.
#pragma once
#include <cstddef>
#include <vector>

#include <collab/train/places.hpp>
#include <collab/train/settings.hpp>

namespace collab::detail {

template <class T>
COLLAB_COLD void append(std::vector<T>& to, const std::vector<T>& from, std::size_t first,
                        std::size_t count) {
    to.insert(to.end(), from.begin() + std::ptrdiff_t(first),
              from.begin() + std::ptrdiff_t(first + count));
}

template <class C, int I, class T>
class DeployedWeights {
    using X = Traits<C>;

public:
    DeployedWeights(const std::vector<T>& parameters, const std::vector<T>& state)
        : parameters_(parameters),
          state_(state) {}

    COLLAB_COLD NetworkWeights<T> collect(const Places<C>& places) {
        constexpr auto& table = X::template Plan<I>::table;
        static_for<C::bases + 1>([&](auto k) {
            constexpr int from = C::template boundaries<I>[k];
            constexpr int to = C::template boundaries<I>[k + 1];
            const Place net = places.network[I];
            take({net.parameters + std::size_t(table.parameters[from]),
                  net.state + std::size_t(table.state[from])},
                 std::size_t(table.parameters[to] - table.parameters[from]),
                 std::size_t(table.state[to] - table.state[from]));
            if constexpr (k < C::bases) {
                using Way = typename X::template Branch<I, k>::Way;
                take(places.encoder[I][k], Way::Encode::footprint);
                take({places.transfer[k], places.transfer_state[I][k]}, Way::Carry::footprint);
                take(places.decoder[I][k], Way::Decode::footprint);
            }
        });
        return mine_;
    }

private:
    COLLAB_COLD void take(const Place& at, const Footprint& f) {
        take(at, std::size_t(f.parameters), std::size_t(f.state));
    }
    COLLAB_COLD void take(const Place& at, std::size_t parameters, std::size_t state) {
        append(mine_.parameters, parameters_, at.parameters, parameters);
        append(mine_.state, state_, at.state, state);
    }
    const std::vector<T>& parameters_;
    const std::vector<T>& state_;
    NetworkWeights<T> mine_;
};

}  // namespace collab::detail
