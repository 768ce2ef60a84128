// SPDX-License-Identifier: Apache-2.0
// Everything that is neither a kernel nor a template: reading and preparing data, files,
// checkpoints.
#define COLLAB_PRECOMPILING
#include <collab/precompiled.hpp>

namespace collab {

template std::vector<float> initial_parameters<float>(const NamedTensors&, const Initialization&,
                                                      std::uint64_t);
template std::vector<double> initial_parameters<double>(const NamedTensors&, const Initialization&,
                                                        std::uint64_t);
template std::vector<float> initial_states<float>(const NamedTensors&);
template std::vector<double> initial_states<double>(const NamedTensors&);
template LearningRate::LearningRate(MultiStepLR);
template class ParameterStore<Cpu<float>>;
namespace detail {
template class GraphLists<Cpu<float>>;
template struct CrossEntropyNode<Cpu<float>>;
template struct LossNode<Cpu<float>>;
template struct PeerDistanceNode<CosineDistance, Cpu<float>, 0>;
template struct TaskNode<CrossEntropy, Pack<Accuracy>, Cpu<float>>;
template void append(std::vector<float>&, const std::vector<float>&, std::size_t, std::size_t);
template void loss_means<Cpu<float>>(const LossList<Cpu<float>>&, int, int, const double*,
                                     const MeanOfRows<float>&, NetworkLoss*);
template void note_means<Cpu<float>>(const LossList<Cpu<float>>&, int, int, const double*,
                                     const MeanOfRows<float>&, std::vector<NetworkLoss>&);
template void save_store(const ParameterStore<Cpu<float>>&, long, const StateSink&);
template long load_store(ParameterStore<Cpu<float>>&, const StateSource&);
}  // namespace detail

}  // namespace collab

namespace collab::backend {

template void for_each(CpuContext&, std::size_t, const collab::detail::SgdStep<float>&);
template void for_each(CpuContext&, std::size_t, const collab::detail::SgdStep<double>&);
template void for_each(CpuContext&, std::size_t, const collab::detail::AddTo<float>&);
template void for_each(CpuContext&, std::size_t, const collab::detail::AddTo<double>&);
template void for_each(CpuContext&, std::size_t,
                       const collab::detail::MergeForward<ProductMerge, float>&);
template void for_each(CpuContext&, std::size_t,
                       const collab::detail::MergeBackward<ProductMerge, float>&);
template void for_each(CpuContext&, std::size_t,
                       const collab::detail::SlicedMergeForward<ProductMerge, float>&);
template void for_each(CpuContext&, std::size_t,
                       const collab::detail::SlicedMergeBackward<ProductMerge, float>&);
template void for_rows(CpuContext&, int, const collab::detail::MetricRow<CosineDistance, float>&);

}  // namespace collab::backend
