// SPDX-License-Identifier: Apache-2.0
// gray_alone: one of the networks alone, on gray pictures.
#include "networks.hpp"

program::Outcome program::train_gray_alone(const collab::DataSet& data, const Job& job) { return train_alone<Gray>(data, job); }
