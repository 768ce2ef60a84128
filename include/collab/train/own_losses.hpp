// SPDX-License-Identifier: Apache-2.0
// own_losses: the losses that every collaboration has, as nodes of the graph that methods add to:
// L = sum_k [ l(z_k, y) + alpha (L_metric^k + l(v_k, y)) ] with the loss l of the task, cross
// entropy in Eq. 1 and 2 of Wang, Wang and Gao 2018.
#pragma once
#include <memory>
#include <string>

#include <collab/collaboration/method_graph.hpp>
#include <collab/train/memory_plan.hpp>

namespace collab::detail {

template <class C, class B>
class OwnLosses {
    using X = Traits<C>;
    using T = typename B::Scalar;
    using Graph = MethodGraph<C, B>;

public:
    OwnLosses(MemoryPlan<C, T>& memory, const typename C::loss& loss,
              const typename C::metric& metric, double alpha)
        : memory_(memory),
          loss_(loss),
          metric_(metric),
          alpha_(alpha) {}

    COLLAB_COLD void operator()(Graph& g) {
        static_for<C::size>([&](auto i) COLLAB_COLD {
            static_for<C::bases>([&](auto k) COLLAB_COLD {
                using R = typename X::template Branch<i, k>;
                memory_.mkbs[i][k].embedding = g.add_value(R::Embed::Output::dims);
                memory_.mkbs[i][k].scores = g.add_value(R::Verify::Output::dims);
            });
        });
        for (int i = 0; i < C::size; ++i) {
            if (!X::frozen(i))
                g.logit_gradient(i) = g.take(X::outputs);
            g.add_task(LossPart::task, i, C::loss::name, loss_, i, 1);
            for (int k = 0; k < C::bases; ++k)
                add_mkb(g, i, k);
        }
    }

private:
    COLLAB_COLD void add_mkb(Graph& g, int i, int k) {
        const MkbMemory<T>& own = memory_.mkbs[std::size_t(i)][std::size_t(k)];
        g.add_task(LossPart::verification, i, sentence("verification ", k), loss_, own.scores,
                   alpha_);
        constexpr int mean_of = C::agreement::with_mean ? C::size - 1 : 0;
        using Node = PeerDistanceNode<typename C::metric, B, mean_of>;
        auto node = std::make_unique<Node>();
        node->part = LossPart::distance;
        node->metric = metric_;
        node->own = own.embedding;
        node->width = widths(k);
        node->mean = mean_of > 0 ? memory_.peer_mean : nullptr;
        for (int j = 0; j < C::size; ++j)
            if (j != i)
                add_peer(node->peers, memory_.mkbs[std::size_t(j)][std::size_t(k)].embedding,
                         C::different_inputs ? Graph::image_distance_slot(i, j) : -1);
        g.enter(std::move(node), C::size, i, sentence("distance ", k), alpha_);
    }
    static int widths(int k) {
        int width = 0;
        static_for<C::bases>([&](auto b) {
            if (b == k)
                width = X::template Branch<0, b>::Embed::Output::dims.size();
        });
        return width;
    }

    MemoryPlan<C, T>& memory_;
    const typename C::loss& loss_;
    const typename C::metric& metric_;
    double alpha_;
};

}  // namespace collab::detail
