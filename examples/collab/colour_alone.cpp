// SPDX-License-Identifier: Apache-2.0
// colour_alone: one of the networks alone, on coloured pictures.
#include "networks.hpp"

program::Outcome program::train_colour_alone(const collab::DataSet& data, const Job& job) { return train_alone<Colour>(data, job); }
