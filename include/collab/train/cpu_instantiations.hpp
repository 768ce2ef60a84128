// SPDX-License-Identifier: Apache-2.0
// cpu_instantiations: the loops of a training that are the same for most of them. With
// COLLAB_PRECOMPILED they come from the library, as the kernels do.
#pragma once
#include <collab/backend/cpu/memory.hpp>
#include <collab/collaboration/merge.hpp>
#include <collab/collaboration/mkb_path.hpp>
#include <collab/collaboration/peer_distance.hpp>
#include <collab/core/config.hpp>
#include <collab/loss/metrics.hpp>
#include <collab/optim/sgd.hpp>

#if defined(COLLAB_PRECOMPILED) && !defined(COLLAB_PRECOMPILING)
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
