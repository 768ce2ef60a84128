// SPDX-License-Identifier: Apache-2.0
// Everything that is neither a kernel nor a template: reading and preparing data, files,
// checkpoints.
#define COLLAB_PRECOMPILING
#include <collab/precompiled.hpp>

namespace collab {

template std::vector<float> initial_parameters<float>(const Catalogue&, const Initialisation&,
                                                      std::uint64_t);
template std::vector<double> initial_parameters<double>(const Catalogue&, const Initialisation&,
                                                        std::uint64_t);
template std::vector<float> initial_states<float>(const Catalogue&);
template std::vector<double> initial_states<double>(const Catalogue&);

}  // namespace collab

namespace collab::backend {

template void for_each(Threads&, std::size_t, const collab::detail::SgdStep<float>&);
template void for_each(Threads&, std::size_t, const collab::detail::SgdStep<double>&);
template void for_each(Threads&, std::size_t, const collab::detail::AddTo<float>&);
template void for_each(Threads&, std::size_t, const collab::detail::AddTo<double>&);
template void for_each(Threads&, std::size_t,
                       const collab::detail::MergeForward<ProductMerge, float>&);
template void for_each(Threads&, std::size_t,
                       const collab::detail::MergeBackward<ProductMerge, float>&);
template void for_each(Threads&, std::size_t,
                       const collab::detail::SlicedMergeForward<ProductMerge, float>&);
template void for_each(Threads&, std::size_t,
                       const collab::detail::SlicedMergeBackward<ProductMerge, float>&);
template void for_rows(Threads&, int, const collab::detail::MetricRow<CosineDistance, float>&);

}  // namespace collab::backend
