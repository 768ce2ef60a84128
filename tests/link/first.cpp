// SPDX-License-Identifier: Apache-2.0
// first: one of two translation units that include every header.
#include "every_header.hpp"

int second(collab::Dims dims);
int first() {
    return collab::Shape<3, 32, 32>::dims.size();
}

int main() {
    return first() == 3072 && second({3, 32, 32}) == first() ? 0 : 1;
}
