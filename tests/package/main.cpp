// SPDX-License-Identifier: Apache-2.0
// main: the shortest program of a user, built as other projects would build it.
#include <collab/collab.hpp>

#include <cstdio>
#include <cstring>

int main() {
#ifdef PACKAGE_VERSION
    if (std::strcmp(PACKAGE_VERSION, COLLAB_VERSION) != 0)
        return 1;
#endif
    std::printf("collab %s: %d values in an image\n", COLLAB_VERSION,
                collab::Shape<3, 32, 32>::dims.size());
    return collab::Shape<3, 32, 32>::dims.size() == 3072 ? 0 : 1;
}
