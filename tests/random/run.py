# SPDX-License-Identifier: Apache-2.0
# run: draws cases, compiles them in batches, runs each in a process of its own, counts, and shrinks
# what fails. scripts/test-random calls it; the options are below.
import argparse
import collections
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here))
import description as d
import mirror
import shrink

top = here.parent.parent
# clang takes half the time
CXX = shlex.split(os.environ.get("CXX", "clang++" if shutil.which("clang++") else "g++"))
EIGEN = os.environ.get("EIGEN", "/usr/include/eigen3")
BASE = ["-std=c++20", "-march=native", "-g0", f"-I{top}/include", f"-I{here}", f"-I{top}/tests",
        "-isystem", EIGEN]


def sh(command, timeout=900):
    try:
        p = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout,
                           text=True, errors="replace")
        return p.returncode, p.stdout, p.stderr
    except subprocess.TimeoutExpired:
        return 124, "", "timed out"


class Kind:
    """A kind of program around the cases: which backends it has."""

    def __init__(self, name, flags, includes, common, libraries):
        self.name, self.flags, self.includes = name, flags, includes
        self.common, self.libraries = common, libraries


def kinds(build):
    precompiled = [f"{build}/libcollab_precompiled.a", "-ltbb", "-lz"]
    cuda = os.environ.get("COLLAB_CUDA_HEADERS", "/usr/local/cuda/include")
    flags = ["-DCOLLAB_PRECOMPILED"]
    # the GPU backend's operations, on the host
    if (pathlib.Path(cuda) / "cccl/thrust/version.h").exists():
        flags += ["-DCOLLAB_RANDOM_THRUST", "-DTHRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_CPP",
                  "-isystem", f"{cuda}/cccl", "-isystem", cuda]
    simulated = ["-DCOLLAB_RANDOM_WAYS=gpu_ways", f"-I{top}/tests/simulated"] + flags
    common = ["exact", "compare", "onnx_file", "onnx_run"]
    return {
        "sample": Kind("sample", flags + ["-DCOLLAB_RANDOM_FILES"], ["trained.hpp"], common,
                       precompiled),
        "cpu": Kind("cpu", flags + ["-DCOLLAB_RANDOM_ALL"], ["trained.hpp"], common, precompiled),
        "gpu": Kind("gpu", simulated, ["gpu.hpp"], common + ["../simulated/runtime"], precompiled),
        "exchange": Kind("exchange", flags + ["-DCOLLAB_RANDOM_WAYS=no_ways"], ["exchange.hpp"],
                         common, precompiled),
    }


class Workshop:
    def __init__(self, folder, build, kind, flags=()):
        self.folder, self.kind, self.flags = pathlib.Path(folder), kinds(build)[kind], list(flags)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.headers = self.precompiled_headers()
        self.objects = [self.common(name) for name in self.kind.common]

    def precompiled_headers(self):
        """The headers of every file of cases, read once."""
        header = self.folder / f"of_{self.kind.name}.hpp"   # none of the names that it includes
        header.write_text("".join(f'#include "{i}"\n' for i in self.kind.includes)
                          + '#include "program.hpp"\n')
        gcc = "g++" in CXX[-1] and "clang" not in CXX[-1]
        made = header.with_suffix(".hpp.gch" if gcc else ".hpp.pch")
        rc, _, err = sh(CXX + BASE + self.kind.flags + self.flags
                        + ["-O0", "-x", "c++-header", str(header), "-o", str(made)])
        if rc:
            sys.exit(f"the headers do not compile:\n{err[:4000]}")
        return ["-include", str(header)] if made.suffix == ".gch" else ["-include-pch", str(made)]

    def common(self, name):
        source = here / f"{name}.cpp"
        to = self.folder / f"{self.kind.name}_{source.stem}.o"
        newest = max(p.stat().st_mtime for p in list(here.glob("*.[hc]pp")) + [source])
        if not to.exists() or to.stat().st_mtime < newest:
            rc, _, err = sh(CXX + BASE + self.kind.flags
                            + ["-O2", "-c", str(source), "-o", str(to)])
            if rc:
                sys.exit(f"{source} does not compile:\n{err[:4000]}")
        return str(to)

    def build(self, cases):
        """The program of these cases, or the compiler's words."""
        text = "namespace collab::random {\nnamespace {\n"
        text += "\n".join(d.case_cpp(c, k) for k, c in enumerate(cases))
        text += "\n}\n}\nint main(int argc, char** argv) {"
        text += " return collab::random::program(argc, argv); }\n"
        name = hashlib.sha1((text + self.kind.name).encode()).hexdigest()[:12]
        source, program = self.folder / f"{name}.cpp", self.folder / name
        source.write_text(text)
        rc, _, err = sh(CXX + BASE + self.kind.flags + self.flags + ["-O0"] + self.headers
                        + ["-c", str(source), "-o", f"{program}.o"])
        if rc == 0:
            rc, _, err = sh([*CXX[-1:], f"{program}.o"] + self.objects + self.kind.libraries
                            + ["-o", str(program)])
        return (program, "") if rc == 0 else (None, err)

    def run(self, program, case, arguments=()):
        rc, out, err = sh([str(program), case["name"], *arguments], 400)
        result = {"case": case, "rc": rc, "findings": [], "thrown": "", "notes": []}
        for line in out.splitlines():
            words = line.split("\t")
            if words[0] == "counts":
                result["counts"] = [int(w) for w in words[1:]]
            elif words[0] == "finding":
                result["findings"].append(words[1:4] + [float(words[4]), float(words[5])])
            elif words[0] == "other bits":
                result.setdefault("other bits", []).append(words[1])
            elif words[0] == "refused":
                result["notes"].append(
                    f"the library refuses {words[1]}: {re.sub('[0-9]+', '#', words[2])}")
            elif words[0] == "thrown":
                result["thrown"] = words[1]
        if rc not in (0, 1):
            result["crash"] = result["thrown"] or f"ended with {rc}: {err[-300:]}"
        return result

    def mirrored(self, program, case):
        """Written for other programs, and what these say."""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            result = self.run(program, case, [folder])
            if result["rc"] == 0:
                findings, notes = mirror.judged(case, pathlib.Path(folder))
                result["findings"] += findings
                result["notes"] += notes
        return result

    def results(self, cases):
        """Of each case; what does not compile together is compiled one by one."""
        program, words = self.build(cases)
        if program is None and len(cases) > 1:
            half = len(cases) // 2
            return self.results(cases[:half]) + self.results(cases[half:])
        if program is None:
            said = re.search(r"collab: [^\n]*", words)
            error = re.search(r"error: [^\n]*", words)
            crash = "does not compile: " + (error.group(0) if error else words[-300:])
            return [{"case": cases[0], "findings": [], "refused": said.group(0) if said else "",
                     "crash": "" if said else crash}]
        run = self.mirrored if self.kind.name == "exchange" else self.run
        results = [run(program, c) for c in cases]
        for p in (program, program.with_suffix(".cpp"), program.with_suffix(".o")):
            p.unlink()
        return results


def failures(result):
    """What is wrong with a result, worst first: [way, kind, name, error, distance]."""
    bad = [f for f in result["findings"] if not f[3] <= 1]
    bad.sort(key=lambda f: -f[3] if f[3] == f[3] else -1e300)
    if result.get("crash"):
        bad.insert(0, ["program", "crash", result["crash"], 1e9, 0])
    return bad


def summary(results):
    worst, where, counts = {}, {}, collections.Counter()
    for r in results:
        counts["cases"] += 1
        if r.get("refused"):
            counts["refused: " + r["refused"]] += 1
        if "counts" in r:
            quantities, bad, draws, bits = r["counts"]
            counts["quantities"] += quantities
            counts["quantities too badly conditioned to compare"] += bad
            counts["draws"] += draws
            counts["deployed to the last bit"] += bits
        counts.update(r.get("notes", []))
        for way, kind, name, error, distance in r["findings"]:
            counts["comparisons"] += 1
            if not error <= worst.get((way, kind), [-1])[0]:
                worst[way, kind] = [error, distance, r["case"]["name"], name]
    for name, n in counts.items():
        print(f"{n:8d} {name}")
    print("worst error of each comparison, as a part of what is allowed; relative to the quantity; "
          "where")
    for (way, kind), (error, distance, case, name) in sorted(worst.items()):
        print(f"{error:9.2g} {distance:9.1e}  {way:18s} {kind:20s} {case}: {name}")
    bad = [r for r in results if failures(r)]
    print(f"{len(bad)} cases fail")
    for r in bad:
        way, kind, name, error, distance = failures(r)[0]
        print(f"  {r['case']['name']}: {way}, {kind}, {name}: {error:.3g} times what is allowed, "
              f"{distance:.2g} of the quantity")


def kept(path, names):
    """The results that a file has of these cases."""
    if not path or not pathlib.Path(path).exists():
        return []
    with open(path) as f:
        return [r for r in map(json.loads, f) if r["case"]["name"] in names]


def main():
    p = argparse.ArgumentParser()
    p.add_argument("count", type=int, nargs="?", default=20)
    p.add_argument("seed", type=int, nargs="?", default=0)
    p.add_argument("--seeds", default="",
                   help="these, with commas between them, instead of COUNT from SEED on")
    p.add_argument("--build", default=str(top / "build/random"))
    p.add_argument("--collaborations", action="store_true")
    p.add_argument("--kind", default="cpu")
    p.add_argument("--shrink", action="store_true")
    p.add_argument("--each", type=int, default=6, help="cases in one file")
    p.add_argument("--results", default="",
                   help="a file that results are added to, as lines of JSON; "
                   "cases that it has are not run again")
    p.add_argument("--jobs", type=int, default=2, help="compilers at once")
    a = p.parse_args()
    work = pathlib.Path(os.environ.get("COLLAB_RANDOM_WORK", a.build)) / "random"
    shop = Workshop(work, a.build, a.kind)
    draw = d.draw_collaboration_case if a.collaborations else d.draw_network_case
    seeds = a.seeds.split(",") if a.seeds else range(a.seed, a.seed + a.count)
    cases = [draw(int(s)) for s in seeds]
    results = kept(a.results, {c["name"] for c in cases})
    have = {r["case"]["name"] for r in results}
    cases = [c for c in cases if c["name"] not in have]
    groups = [cases[i:i + a.each] for i in range(0, len(cases), a.each)]
    with concurrent.futures.ThreadPoolExecutor(a.jobs) as pool:
        for some in pool.map(shop.results, groups):
            results += some
            if a.results:
                with open(a.results, "a") as f:
                    f.writelines(json.dumps(r) + "\n" for r in some)
    summary(results)
    bad = [r for r in results if failures(r)]
    if a.shrink:
        for r in bad:
            shrink.shrink(shop, r, failures)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
