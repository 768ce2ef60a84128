// SPDX-License-Identifier: Apache-2.0
// network_pass: one network of a collaboration, forward and backward between the places where it is
// interrupted: by an MKB, or because a method reads there. It knows no loss.
#pragma once
#include <collab/collaboration/method_graph.hpp>
#include <collab/train/mkb_pass.hpp>

namespace collab::detail {

template <class C, class B, int I>
class NetworkPass {
    using X = Traits<C>;
    using T = typename B::Scalar;
    using Plan = typename X::template Plan<I>;
    static constexpr int stops = X::template stop_count<I>;
    template <int K>
    static constexpr Stop stop = X::template stop<I, K>;
    template <int K>
    using Mkb = MkbPass<typename X::template Branch<I, K>, typename C::template mkb<K>::merge, B>;

public:
    NetworkPass(const Context<B>& context, MemoryPlan<C, T>& memory, MethodGraph<C, B>& graph)
        : c_(context),
          memory_(memory),
          graph_(graph) {}

    /// From the images to the logits, which become a value of the graph. `now(part)` is the memory
    /// of a part in this pass.
    template <class Now>
    COLLAB_COLD void forward(Now&& now) {
        View<const T> x = image();
        static_for<stops + 1>([&](auto k) {
            x = Plan::template forward<X::template stretch_begin<I, k>,
                                       X::template stretch_end<I, k>>(c_, now(memory_.networks[I]),
                                                                      x);
            if constexpr (k < stops) {
                if constexpr (stop<k>.tap >= 0)
                    graph_.tap(I, stop<k>.tap).value = x.data;
                else
                    x = Mkb<stop<k>.mkb>::forward(c_.part(mkb_stream + stop<k>.mkb),
                                                  memory_.mkbs[I][stop<k>.mkb], x, graph_.tensors(),
                                                  now);
            }
        });
        graph_.logit_value(I) = x.data;
    }

    /// From the gradient of the logits to those of all parameters.
    COLLAB_COLD void backward() {
        View<const T> d{graph_.logit_gradient(I), Plan::Output::dims.channels};
        static_for<stops + 1>([&](auto r) {
            constexpr int k = stops - r;  // the k-th stretch, then the stop before it
            d = Plan::template backward<X::template stretch_begin<I, k>,
                                        X::template stretch_end<I, k>>(
                c_, memory_.networks[I], input_of_stretch<k>(), d, {}, k > 0);
            if constexpr (k > 0)
                d = through_stop<k - 1>(d);
        });
    }

private:
    View<const T> image() const { return {memory_.images[I], X::image.channels}; }
    template <int K>
    static constexpr Dims dims_at = Plan::table.shapes[std::size_t(stop<K>.place)];

    template <int K>
    View<const T> input_of_stretch() {
        if constexpr (K == 0)
            return image();
        else if constexpr (stop<K - 1>.tap >= 0)
            return {graph_.tap(I, stop<K - 1>.tap).value, dims_at<K - 1>.channels};
        else
            return {memory_.mkbs[I][stop<K - 1>.mkb].joined, dims_at<K - 1>.channels};
    }
    template <int K>
    View<const T> through_stop(View<const T> d) {
        if constexpr (stop<K>.tap >= 0) {
            const View<T> tap{graph_.tap(I, stop<K>.tap).gradient, dims_at<K>.channels};
            c_.backend.add({c_.batch, dims_at<K>}, d, tap);
            return tap;
        } else {
            return Mkb<stop<K>.mkb>::backward(c_.part(mkb_stream + stop<K>.mkb),
                                              memory_.mkbs[I][stop<K>.mkb], d, graph_.tensors(),
                                              memory_.joint);
        }
    }

    const Context<B>& c_;
    MemoryPlan<C, T>& memory_;
    MethodGraph<C, B>& graph_;
};

}  // namespace collab::detail
