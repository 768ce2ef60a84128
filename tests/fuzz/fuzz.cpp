// SPDX-License-Identifier: Apache-2.0
// fuzz: libFuzzer's way into one of the readers, which the environment variable COLLAB_FUZZ names.
// Built and run by scripts/fuzz.
#include <cstdio>
#include <cstdlib>

#include "readers.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::Reader* const reader = [] {
        const char* name = std::getenv("COLLAB_FUZZ");
        const fuzz::Reader* found = fuzz::find(name ? name : "");
        if (!found) {
            std::fputs("COLLAB_FUZZ names no reader; there are:", stderr);
            for (const fuzz::Reader& r : fuzz::readers)
                std::fprintf(stderr, " %.*s", static_cast<int>(r.name.size()), r.name.data());
            std::fputs("\n", stderr);
            std::exit(2);
        }
        return found;
    }();
    reader->run({data, size});
    return 0;
}
