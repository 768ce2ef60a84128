// SPDX-License-Identifier: Apache-2.0
// passes: every loop over maps of the CPU backend, to be compiled to assembly for vectorized.py.
#include <cstddef>

#include <collab/backend/cpu/channels.hpp>
#include <collab/backend/cpu/dropout.hpp>
#include <collab/backend/cpu/elementwise.hpp>
#include <collab/backend/cpu/fused_epilogues.hpp>
#include <collab/backend/cpu/loss.hpp>
#include <collab/backend/cpu/memory.hpp>
#include <collab/backend/cpu/normalization.hpp>
#include <collab/backend/cpu/pooling.hpp>
#include <collab/collaboration/mkb_path.hpp>
#include <collab/layer/gelu.hpp>
#include <collab/layer/silu.hpp>
#include <collab/optim/adam.hpp>
#include <collab/optim/sgd.hpp>

namespace collab::backend {

using In = View<const float>;
using Out = View<float>;

template <class F>
struct Passes {
    static constexpr auto forward = activate<float, F>;
    static constexpr auto slope = activate_backward<float, F>;
    static constexpr auto normalized = batch_norm_inference<float, F>;
    static constexpr auto normalized_slope = batch_norm_backward<float, F>;
};
/// Those of an activation whose slope needs its input: no other pass applies it.
template <class F>
struct OwnPasses {
    static constexpr auto forward = activate<float, F>;
    static constexpr auto slope = activate_backward<float, F>;
};
template struct Passes<ReluFunction>;
template struct Passes<Relu6Function>;
template struct Passes<EluFunction>;
template struct Passes<LeakyReluFunction>;
template struct Passes<SigmoidFunction>;
template struct OwnPasses<GeluFunction>;
template struct OwnPasses<SiluFunction>;

namespace detail {
template struct Activated<float, Identity>;
template struct Activated<float, ReluFunction>;
template struct Activated<float, Relu6Function>;
template struct Activated<float, EluFunction>;
template struct Activated<float, LeakyReluFunction>;
template struct Activated<float, SigmoidFunction>;
template struct FusedEpilogues<float>;
}  // namespace detail

template void max_pool(CpuContext&, const Pooling&, In, Out);
template void max_pool_backward(CpuContext&, const Pooling&, In, In, In, Out);
template void average_pool(CpuContext&, const Pooling&, In, Out);
template void average_pool_backward(CpuContext&, const Pooling&, In, Out);
template void maxout(CpuContext&, const Map&, int, In, Out);
template void maxout_backward(CpuContext&, const Map&, int, In, In, Out);
template void softmax_cross_entropy(CpuContext&, const LabeledLogits<float>&, float, Out, float*,
                                    float*);
template void dropout(CpuContext&, const Map&, double, const Random&, In, Out);
template void pad_shortcut(CpuContext&, const Convolution&, In, Out);
template void add(CpuContext&, const Map&, In, Out);
template double sum(CpuContext&, std::size_t, const float*);
template void for_each(CpuContext&, std::size_t, const collab::detail::SgdStep<float>&);
template void for_each(CpuContext&, std::size_t, const collab::detail::AdamStep<float>&);
template void for_each(CpuContext&, std::size_t, const collab::detail::DecayedAdamStep<float>&);
template void for_each(CpuContext&, std::size_t, const collab::detail::AddTo<float>&);
template void for_each(CpuContext&, std::size_t,
                       const collab::detail::MergeForward<ProductMerge, float>&);
template void for_each(CpuContext&, std::size_t,
                       const collab::detail::MergeBackward<ProductMerge, float>&);

}  // namespace collab::backend
