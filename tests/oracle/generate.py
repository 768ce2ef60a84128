#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# generate: writes the fixtures of the tests beside it, in float64, with PyTorch. Run again after changing a case; needs only torch.
#
#     python3 tests/oracle/generate.py                  # into tests/fixtures/oracle
#     python3 tests/oracle/generate.py some/folder
#     python3 tests/oracle/generate.py some/folder networks      # one of layers, collaborations, methods, networks
import os
import sys

import torch

sys.dont_write_bytecode = True   # leaves nothing beside the sources
import collaborations
import layers
import methods
import networks
from oracle import Fixture


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "..", "fixtures", "oracle")
    os.makedirs(folder, exist_ok=True)
    torch.set_num_threads(1)   # sums in one order, so that the files come out alike every time
    torch.use_deterministic_algorithms(True)
    for name, part in (("layers", layers), ("collaborations", collaborations), ("methods", methods), ("networks", networks)):
        if len(sys.argv) > 2 and name not in sys.argv[2:]:
            continue
        fixture = Fixture()
        part.generate(fixture)
        fixture.write(os.path.normpath(os.path.join(folder, name)))


if __name__ == "__main__":
    main()
