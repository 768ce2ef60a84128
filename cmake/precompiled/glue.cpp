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
