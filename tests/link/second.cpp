// SPDX-License-Identifier: Apache-2.0
// second: the other of two translation units that include every header; calls back into the first.
#include "every_header.hpp"

int first();
int second(collab::Dims dims) {
    return dims == collab::Shape<3, 32, 32>::dims ? first() : 0;
}
