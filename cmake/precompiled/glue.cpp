// SPDX-License-Identifier: Apache-2.0
// Everything that is neither a kernel nor a template: reading and preparing data, files, checkpoints.
#define COLLAB_PRECOMPILING
#include <collab/precompiled.hpp>

namespace collab {

template std::vector<float> initial_parameters<float>(const Catalogue&, const Initialisation&, std::uint64_t);
template std::vector<double> initial_parameters<double>(const Catalogue&, const Initialisation&, std::uint64_t);
template std::vector<float> initial_states<float>(const Catalogue&);
template std::vector<double> initial_states<double>(const Catalogue&);

}  // namespace collab
