// SPDX-License-Identifier: Apache-2.0
// gray_product: the pair around a knowledge base with ProductMerge, on gray pictures.
#include "networks.hpp"

program::Outcome program::train_gray_product(const collab::DataSet& data, const Job& job) { return train_as<Pair<Gray, collab::ProductMerge>>(data, job, network_names); }
