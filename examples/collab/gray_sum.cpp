// SPDX-License-Identifier: Apache-2.0
// gray_sum: the pair around a knowledge base with SumMerge, on gray pictures.
#include "networks.hpp"

program::Outcome program::train_gray_sum(const collab::DataSet& data, const Job& job) { return train_as<Pair<Gray, collab::SumMerge>>(data, job, network_names); }
