#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# compile: how long compilers take for programs that use the library, and how much memory they need.
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]


def generated(layers):
    """A program that trains one network of so many layers: blocks of convolution, normalization and activation, no two of one width."""
    blocks = "".join(f"    Conv2d<{8 + i}, 3>, BatchNorm, Relu,\n" for i in range((layers - 2) // 3))
    return ("#include <collab/collab.hpp>\nusing namespace collab;\n"
            f"struct Deep : Sequential<Shape<3, 16, 16>,\n{blocks}    GlobalAvgPool, Linear<10>> {{}};\n"
            "int main() {\n    Training<Deep, Cpu<float>> training({.batch = 8});\n"
            "    training.fit(synthetic({3, 16, 16}, 10, 16, 16), {.epochs = 1});\n}\n")


def measure(command):
    """Seconds and peak memory in MiB of a command and what it starts."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    if status != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{output}")
    # The memory of the largest process: of the compiler's driver and the compiler proper, the latter. Processor time leaves out waiting.
    return {"seconds": seconds, "cpu_seconds": usage.ru_utime + usage.ru_stime, "mib": usage.ru_maxrss / 1024}


def flags(packages):
    found = subprocess.run(["pkg-config", "--cflags", *packages], capture_output=True, text=True)
    return found.stdout.split() if found.returncode == 0 else ["-I/usr/include/eigen3"]


def main():
    parser = argparse.ArgumentParser(description="Measures the compilation of programs that use the library.")
    parser.add_argument("--compilers", default="g++,clang++", help="those that are not installed are left out")
    parser.add_argument("--layers", default="20,60,120", help="of the generated networks")
    parser.add_argument("--only", default="", help="a part of the name of the programs to compile")
    parser.add_argument("--precompiled", action="store_true", help="define COLLAB_PRECOMPILED: the kernels come from a static library")
    parser.add_argument("--options", default="-std=c++20 -O3 -march=native")
    parser.add_argument("--out", type=pathlib.Path)
    arguments = parser.parse_args()

    results = []
    base = [*arguments.options.split(), f"-I{TOP}/include", *flags(["eigen3"]), "-c"]
    if arguments.precompiled:
        base.append("-DCOLLAB_PRECOMPILED")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        programs = [("two networks", TOP / "examples/04_two_networks.cpp"),
                    ("one network", TOP / "benchmarks/compile/one_network.cpp"),
                    ("descriptions only", TOP / "benchmarks/compile/description.cpp")]
        for layers in [int(n) for n in arguments.layers.split(",") if n]:
            source = folder / f"deep_{layers}.cpp"
            source.write_text(generated(layers))
            programs.append((f"{layers} layers", source))
        print(f"{'program':<26} {'compiler':<9} {'seconds':>8} {'of CPU':>8} {'MiB':>7} {'object, KiB':>12}")
        for name, source in programs:
            if arguments.only not in name:
                continue
            for compiler in arguments.compilers.split(","):
                if not shutil.which(compiler):
                    continue
                target = folder / "program.o"
                result = measure([compiler, *base, str(source), "-o", str(target)])
                result |= {"program": name, "compiler": compiler, "object_kib": target.stat().st_size / 1024, "precompiled": arguments.precompiled}
                results.append(result)
                print(f"{name:<26} {compiler:<9} {result['seconds']:>8.1f} {result['cpu_seconds']:>8.1f} {result['mib']:>7.0f} {result['object_kib']:>12.0f}", flush=True)
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
