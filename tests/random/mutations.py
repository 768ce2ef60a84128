# SPDX-License-Identifier: Apache-2.0
# mutations: takes conditions out of the fusing rules, the orders of channels and ONNX, one at a
# time, and says whether the sample of the test command notices. `scripts/test-random --mutations`
# calls it.
import argparse
import os
import pathlib
import shutil
import sys

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here))
import run

# file under include/collab, what it says, what it says instead
PLAN, SHAPES = "layer/plan.hpp", "layer/shape_inference.hpp"
RESIDUAL = "layer/residual.hpp"
ORDERS, CHANNELS = "io/channel_orders-inl.hpp", "io/layer_channels.hpp"
LAYERS, POOLS = "io/onnx/layers.hpp", "io/onnx/pools.hpp"
FUSING = [
    (RESIDUAL, "identity && ExecutionPlan<Body, In, true>::template plan<>.takes_gate",
     "ExecutionPlan<Body, In, true>::template plan<>.takes_gate"),
    (PLAN, "i + 1 < to && step(i) == PlanStep::convolution &&\n               step(i + 1)",
     "i + 1 < to &&\n               step(i + 1)"),
    (PLAN, "depth > 0 && can_gate(0) && step(0) == PlanStep::convolution",
     "depth > 0 && can_gate(0)"),
    (PLAN, "can_gate(i) && offers_gate(before) ? before", "can_gate(i) ? before"),
    (SHAPES, "s.spare = !L::alias && !L::keeps_output", "s.spare = !L::alias"),
    (SHAPES, "s.spare = !L::alias && !L::keeps_output", "s.spare = !L::keeps_output"),
    (SHAPES, "s.normalization >= 0 && !s.activated)\n            s.activated",
     "s.normalization >= 0)\n            s.activated"),
]
FILES = [
    (CHANNELS, "weights_from_output<L> ? Axes{y, x} : Axes{x, y}", "Axes{x, y}"),
    (CHANNELS, "(Channels - in.channels) / 2, Channels", "0, Channels"),
    (CHANNELS, "return walk.orders.same(body, skip);", "return skip >= 0 ? body : skip;"),
    (CHANNELS, "mixed_in_groups(x, Conv2d<Out, K, Os...>::window.groups, Out)",
     "mixed_in_groups(x, 1, Out)"),
    (ORDERS, "link(x, v, {.groups = groups}, {.groups = groups})",
     "link(x, v, {.groups = groups}, {})"),
    (ORDERS, "{.offset = pixel * map.channels}", "{.offset = pixel}"),
    (POOLS, "window.exclude_padding || window.pad", "window.pad"),
    (POOLS, "if (below > 0 || right > 0)", "if (below > in.height)"),
    (POOLS, "in.height % H == 0 && in.width % W == 0", "in.height % H == 0"),
    (LAYERS, "std::vector<int>{w.output_pad.height, w.output_pad.width}",
     "std::vector<int>{0, 0}"),
    (LAYERS, "float(L::constants.epsilon)", "1e-5f"),
    (LAYERS, "pieces), x.flat}", "pieces), false}"),
]


class Sample:
    """The sample's files with some headers in front of the library's own."""

    def __init__(self, folder, build):
        self.folder, self.build = folder, build
        self.flags = run.kinds(build)["sample"].flags + ["-I" + os.environ.get(
            "DOCTEST", "/usr/include")]
        folder.mkdir(parents=True, exist_ok=True)
        self.common = [self.compiled(here / f"{name}.cpp", folder / f"{name}.o", ["-O2"])
                       for name in ("exact", "compare", "onnx_file", "onnx_run", "check")]
        self.common.append(self.compiled(here.parent / "main.cpp", folder / "main.o", ["-O0"]))

    def compiled(self, source, to, flags, front=()):
        rc, _, words = run.sh(run.CXX + list(front) + run.BASE + self.flags + flags
                              + ["-c", str(source), "-o", str(to)])
        if rc:
            raise RuntimeError(f"{source} does not compile:\n{words[:3000]}")
        return str(to)

    def notices(self, mutated):
        """The first of the sample's tests that fails with the headers under `mutated`."""
        front = [f"-I{mutated}"]
        header = self.folder / "sample.hpp"
        header.write_text('#include "check.hpp"\n#include "trained.hpp"\n')
        made = self.folder / "sample.hpp.pch"
        self.compiled(header, made, ["-O0", "-x", "c++-header"], front)
        objects = list(self.common)
        if list(mutated.rglob("*-inl.hpp")):
            objects.append(self.compiled(run.top / "cmake/precompiled/glue.cpp",
                                         self.folder / "glue.o", ["-O0"], front))
        for source in sorted(here.glob("sample_*.cpp")):
            try:
                made_object = self.compiled(source, self.folder / "sample.o",
                                            ["-O0", "-include-pch", str(made)], front)
            except RuntimeError as e:
                return f"{source.name} does not compile: " + str(e).split("error: ")[-1][:90]
            program = self.folder / "sample"
            rc, _, words = run.sh([run.CXX[-1], made_object, *objects,
                                   *run.kinds(self.build)["sample"].libraries, "-o", str(program)])
            if rc:
                raise RuntimeError(words[:3000])
            rc, out, _ = run.sh([str(program)], 400)
            if rc:
                failed = [l.split("TEST CASE:")[1].strip() for l in out.splitlines()
                          if "TEST CASE:" in l]
                return failed[0] if failed else f"{source.name} ends with {rc}"
        return ""


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", default=str(run.top / "build/random"))
    p.add_argument("--only", default="", help="numbers of mutations, with commas between them")
    a = p.parse_args()
    if "clang" not in run.CXX[-1]:
        sys.exit("mutations are compiled by clang: set CXX")
    folder = pathlib.Path(os.environ.get("COLLAB_RANDOM_WORK", a.build)) / "mutations"
    sample = Sample(folder, a.build)
    every = FUSING + FILES
    wanted = [int(n) for n in a.only.split(",")] if a.only else range(-1, len(every))
    missed = 0
    for n in wanted:
        mutated = folder / "mutated"
        shutil.rmtree(mutated, ignore_errors=True)
        mutated.mkdir()
        if n >= 0:
            name, old, new = every[n]
            text = (run.top / "include/collab" / name).read_text()
            if text.count(old) != 1:
                sys.exit(f"{name}: expected once, but {text.count(old)} times: {old}")
            to = mutated / "collab" / name
            to.parent.mkdir(parents=True)
            to.write_text(text.replace(old, new))
        noticed = sample.notices(mutated)
        what = f"{name}: {' '.join(new.split())}" if n >= 0 else "nothing changed"
        print(f"{n:3d} {what}\n    {noticed or 'not noticed'}", flush=True)
        missed += (noticed == "") == (n >= 0)
    print(f"{missed} not as expected")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
