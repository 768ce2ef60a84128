// SPDX-License-Identifier: Apache-2.0
// colour_sum: the pair around a knowledge base with SumMerge, on coloured pictures.
#include "networks.hpp"

program::Outcome program::train_colour_sum(const collab::DataSet& data, const Job& job) { return train_as<Pair<Colour, collab::SumMerge>>(data, job, network_names); }
