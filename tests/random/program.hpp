// SPDX-License-Identifier: Apache-2.0
// program: the program that scripts/test-random compiles around its cases: `program NAME` compares
// one case and prints a line for each kind of comparison; `program NAME FOLDER` writes it for other
// programs; without a name it lists the cases.
#pragma once
#include <cstdio>
#include <cstring>
#include <exception>

#include "compare.hpp"

namespace collab::random {

inline int compare_and_print(const Case& c) {
    const Report r = compared(c);
    std::printf("counts\t%d\t%d\t%d\t%d\n", r.quantities, r.void_quantities, r.draws,
                int(r.other_bits.empty()));
    for (const std::string& way : r.other_bits)
        std::printf("other bits\t%s\n", way.c_str());
    for (const std::string& sentence : r.refused)
        std::printf("refused\tweights\t%s\n", sentence.c_str());
    for (const Finding& f : r.findings)
        std::printf("finding\t%s\t%s\t%s\t%.3g\t%.3g\n", f.way.c_str(), f.kind.c_str(),
                    f.name.c_str(), f.error, f.distance);
    return r.failure() ? 1 : 0;
}
inline int program(int argc, char** argv) {
    for (const Case& c : cases()) {
        if (argc < 2)
            std::printf("%s\n", c.name.c_str());
        else if (c.name == argv[1])
            try {
                if (argc > 2)
                    return c.write(c, argv[2]), 0;
                else
                    return compare_and_print(c);
            } catch (const std::exception& e) {
                std::printf("thrown\t%s\n", e.what());
                return 2;
            }
    }
    return argc < 2 ? 0 : 3;
}

}  // namespace collab::random
