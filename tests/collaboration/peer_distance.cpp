// SPDX-License-Identifier: Apache-2.0
// peer_distance: Eq. 5 and Eq. 6 for three networks have the values that were computed
// independently, and for two they are Eq. 4.
#include <collab/collaboration/peer_distance.hpp>
#include <collab/loss/metrics.hpp>

#include "loss/golden.hpp"

using namespace collab;
using namespace collab::golden;

namespace {
/// The mean of the peers' embeddings, as Eq. 6 wants it.
template <int Peers>
std::vector<double> mean_of(std::array<const double*, std::size_t(Peers)> peers) {
    std::vector<double> m(e1.size());
    const collab::detail::PeerMean<double, Peers> mean{peers, m.data()};
    for (std::size_t i = 0; i < m.size(); ++i)
        mean(i);
    return m;
}
/// L_metric of the network that says e1, its peers with equal weights, and the gradient with
/// respect to e1.
std::pair<double, std::vector<double>> agreement(const std::vector<const double*>& peers) {
    std::vector<double> rows(std::size_t(samples), std::nan(""));
    std::vector<double> gradient(e1.size(), 0);
    const double share = 1.0 / double(peers.size());
    for (std::size_t k = 0; k < peers.size(); ++k)
        for (int s = 0; s < samples; ++s)
            collab::detail::MetricRow<CosineDistance, double>{
                {},          width,           e1.data(), peers[k],        nullptr,
                rows.data(), gradient.data(), share,     share / samples, k == 0}(s);
    double sum = 0;
    for (const double r : rows)
        sum += r / samples;
    return {sum, gradient};
}
}  // namespace

TEST_CASE("for three networks Eq. 5 and Eq. 6 have the values that were computed independently") {
    CHECK(agreement({e2.data(), e3.data()}).first ==
          doctest::Approx(0.6600039272169266).epsilon(1e-12));
    CHECK(agreement({mean_of<2>({e2.data(), e3.data()}).data()}).first ==
          doctest::Approx(0.6392286364741184).epsilon(1e-12));
}

TEST_CASE("for two networks Eq. 5 and Eq. 6 are Eq. 4, and so are their gradients") {
    const auto eq4 = agreement({e2.data()});
    const std::vector<double> mean = mean_of<1>({e2.data()});
    CHECK(mean == e2);
    const auto eq6 = agreement({mean.data()});
    CHECK(eq4.first == doctest::Approx(0.8079126837555641).epsilon(1e-12));
    CHECK(eq6.first == eq4.first);
    CHECK(eq6.second == eq4.second);
}
