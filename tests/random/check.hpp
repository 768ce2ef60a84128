// SPDX-License-Identifier: Apache-2.0
// check: a case as a test case of doctest.
#pragma once
#include <doctest/doctest.h>

#include "compare.hpp"

namespace collab::random {

/// Every comparison of a case, and that it compares something.
void check(const Case& c);

}  // namespace collab::random
