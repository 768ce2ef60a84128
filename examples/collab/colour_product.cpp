// SPDX-License-Identifier: Apache-2.0
// colour_product: the pair around a knowledge base with ProductMerge, on coloured pictures.
#include "networks.hpp"

program::Outcome program::train_colour_product(const collab::DataSet& data, const Job& job) { return train_as<Pair<Colour, collab::ProductMerge>>(data, job, network_names); }
