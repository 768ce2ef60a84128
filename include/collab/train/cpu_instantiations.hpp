// SPDX-License-Identifier: Apache-2.0
// cpu_instantiations: the loops of a training that are the same for most of them. With
// COLLAB_PRECOMPILED they come from the library, as the kernels do.
#pragma once
#include <collab/backend/cpu/cpu.hpp>
#include <collab/backend/cpu/memory.hpp>
#include <collab/collaboration/merge.hpp>
#include <collab/collaboration/mkb_path.hpp>
#include <collab/collaboration/peer_distance.hpp>
#include <collab/core/config.hpp>
#include <collab/loss/metrics.hpp>
#include <collab/optim/sgd.hpp>
#include <collab/train/deployed_weights.hpp>
#include <collab/train/loss_recorder.hpp>
#include <collab/train/parameter_store.hpp>
#include <collab/train/state.hpp>

#if defined(COLLAB_PRECOMPILED) && !defined(COLLAB_PRECOMPILING)
namespace collab {
extern template class ParameterStore<Cpu<float>>;
namespace detail {
extern template class GraphLists<Cpu<float>>;
extern template struct CrossEntropyNode<Cpu<float>>;
extern template struct LossNode<Cpu<float>>;
extern template struct PeerDistanceNode<CosineDistance, Cpu<float>, 0>;
extern template struct TaskNode<CrossEntropy, Pack<Accuracy>, Cpu<float>>;
extern template void append(std::vector<float>&, const std::vector<float>&, std::size_t,
                            std::size_t);
extern template void loss_means<Cpu<float>>(const LossList<Cpu<float>>&, int, int, const double*,
                                            const MeanOfRows<float>&, NetworkLoss*);
extern template void note_means<Cpu<float>>(const LossList<Cpu<float>>&, int, int, const double*,
                                            const MeanOfRows<float>&, std::vector<NetworkLoss>&);
extern template void save_store(const ParameterStore<Cpu<float>>&, long, const StateSink&);
extern template long load_store(ParameterStore<Cpu<float>>&, const StateSource&);
}  // namespace detail
}  // namespace collab
namespace collab::backend {
extern template void for_each(CpuContext&, std::size_t, const collab::detail::SgdStep<float>&);
extern template void for_each(CpuContext&, std::size_t, const collab::detail::SgdStep<double>&);
extern template void for_each(CpuContext&, std::size_t, const collab::detail::AddTo<float>&);
extern template void for_each(CpuContext&, std::size_t, const collab::detail::AddTo<double>&);
extern template void for_each(CpuContext&, std::size_t,
                              const collab::detail::MergeForward<ProductMerge, float>&);
extern template void for_each(CpuContext&, std::size_t,
                              const collab::detail::MergeBackward<ProductMerge, float>&);
extern template void for_each(CpuContext&, std::size_t,
                              const collab::detail::SlicedMergeForward<ProductMerge, float>&);
extern template void for_each(CpuContext&, std::size_t,
                              const collab::detail::SlicedMergeBackward<ProductMerge, float>&);
extern template void for_rows(CpuContext&, int,
                              const collab::detail::MetricRow<CosineDistance, float>&);
}  // namespace collab::backend
#endif
