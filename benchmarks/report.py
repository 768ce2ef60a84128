#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# report: turns what the benchmarks have measured into docs/reference/performance.md and docs/images/performance.svg.
import argparse
import html
import json
import pathlib
import platform
import re

TOP = pathlib.Path(__file__).resolve().parent.parent
# What scripts/bench --isa compiles for, each in a build of its own; the first that was measured comes first.
ISAS = [("native", ""), ("avx512", "held to AVX-512"), ("avx2", "held to AVX2")]
INSTRUCTIONS = [("avx512f", "AVX-512"), ("avx2", "AVX2"), ("avx", "AVX"), ("asimd", "NEON")]


def load(folder, name):
    path = folder / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def machine(isa, folder, kernels):
    """What decides speed and nothing that names one machine: cores, the processor, instructions, measured peak."""
    kept, here = folder / "cpuinfo", pathlib.Path("/proc/cpuinfo")   # of the machine that measured, of this one
    text = next((path.read_text() for path in [kept, here] if path.exists()), "")
    flags = set(re.findall(r"^(?:flags|Features)\s*:\s*(.*)$", text, re.M)[0].split()) if "flags" in text or "Features" in text else set()
    names = re.findall(r"^model name\s*:\s*(.*)$", text, re.M)
    instructions = dict(ISAS).get(isa) or next((name for flag, name in INSTRUCTIONS if flag in flags), "no wide instructions")
    unit = ", a matrix unit" if isa == "native" and "amx_bf16" in flags else ""
    cores = text.count("processor\t:") or 1
    words = f"{cores} cores ({names[0] if names else platform.machine()}), {platform.machine()}, {instructions}{unit}"
    return words + (f", {kernels['peak_gflops']:.0f} GFLOP/s of multiply-adds measured on {kernels['threads']} threads" if kernels else "")


def amount(result, side):
    if result["kind"] == "memory":
        return f"{result[side + '_mib']:.0f} MiB"
    seconds = result[side + "_s"]
    return f"{1e3 * seconds:.2f} ms" if result["batch"] == 1 else f"{result['batch'] / seconds:.0f} images/s"


def table(head, rows):
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "|".join("---:" if i else "---" for i in range(len(head))) + "|", *("| " + " | ".join(r) + " |" for r in rows)]) + "\n"


def picture(peers):
    """Horizontal bars, two for each case: this library, and the other at length one."""
    left, right, row, top = 360, 150, 46, 64
    width, height = 870, top + row * len(peers) + 16
    longest = min(4.0, max([1.0] + [r["ratio"] for r in peers]))   # a bar that would dwarf the others ends here; its number says how long it would be
    unit = (width - left - right) / longest
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" font-size="13" '
           "font-family=\"system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif\">",
           "<title>Speed and memory beside other libraries; longer is better</title>",
           "<style>.paper{fill:#ffffff}text{fill:#3a4250}.title{font-weight:600;fill:#1d2129}.ours{fill:#0060b0}.peer{fill:#b9bec7}.one{stroke:#8a909c;stroke-dasharray:2 4}"
           "@media (prefers-color-scheme:dark){.paper{fill:#15181e}text{fill:#b6bdc9}.title{fill:#eceff4}.ours{fill:#5aa9ee}.peer{fill:#4b5361}.one{stroke:#7a8290}}</style>",
           f'<rect class="paper" width="{width}" height="{height}" rx="8"/>',
           '<text class="title" x="20" y="28">Beside other libraries; longer is better</text>',
           f'<rect class="ours" x="20" y="40" width="12" height="10" rx="2"/><text x="38" y="49.5">collab</text>'
           f'<rect class="peer" x="100" y="40" width="12" height="10" rx="2"/><text x="118" y="49.5">the other, as 1</text>']
    for i, r in enumerate(peers):
        y = top + row * i
        ours, peer = html.escape(amount(r, "ours")), html.escape(amount(r, "peer"))
        out.append(f'<text x="{left - 12}" y="{y + 14}" text-anchor="end">{html.escape(r["case"])}</text>'
                   f'<text x="{left - 12}" y="{y + 31}" text-anchor="end" font-size="11">{html.escape(r["peer"])}</text>'
                   f'<rect class="ours" x="{left}" y="{y + 3}" width="{unit * min(r["ratio"], longest):.1f}" height="15" rx="2"/>'
                   f'<text x="{left + unit * min(r["ratio"], longest) + 6:.1f}" y="{y + 15}">{r["ratio"]:.2f}: {ours}</text>'
                   f'<rect class="peer" x="{left}" y="{y + 21}" width="{unit:.1f}" height="12" rx="2"/>'
                   f'<text x="{left + unit + 6:.1f}" y="{y + 31}" font-size="11">{peer}</text>')
    out.append(f'<path class="one" d="M{left + unit:.1f} {top - 4}V{height - 12}" fill="none"/></svg>')
    return "\n".join(out) + "\n"


def sections(which, pictured, peers, kernels, registers, steps, passes, compile_times):
    """What one instruction set showed; `which` is ", AVX2" and the like where there are several."""
    parts = []
    if peers:
        train = [r["ratio"] for r in peers if r["kind"] == "train" and r["peer"] == "LibTorch" and not r.get("registers")]
        parts += [f"## Beside other libraries{which}\n", *(["![Speed and memory beside other libraries](../images/performance.svg)\n"] if pictured else []),
                  "Same networks, batches, loss and optimizer (SGD, momentum 0.9, weight decay 1e-4), 3x32x32 images, float. LibTorch has the better of channels first and "
                  "channels last, and OpenBLAS told which processor it runs on. *Folded*: its normalizations were put into the convolutions by hand. "
                  "*Registers alone*: collab told not to use the processor's matrix unit. A ratio is the median over the turns of theirs / ours.\n"]
        rows = [[r["case"], f"{r['batch']}", f"{r['threads']}", amount(r, "ours"), amount(r, "peer"), r["peer"] + (f", {r['peer_layout']}" if r["peer_layout"] else ""), f"{r['ratio']:.2f}"]
                for r in peers]
        parts.append(table(["case", "batch", "threads", "collab", "the other", "which", "ratio"], rows))
        if train:
            mean = 1.0
            for r in train:
                mean *= r ** (1 / len(train))
            parts.append(f"Geometric mean over the training steps beside LibTorch: **{mean:.2f}**.\n")
    if steps:
        parts += [f"## Training steps{which}\n", table(["network", "step", "images/s", "on one thread", "faster by", "multiply-adds alone"],
                  [[s["case"], f"{1e3 * s['seconds']:.0f} ms", f"{128 / s['seconds']:.0f}", f"{128 / s['one_thread_seconds']:.0f}", f"{s['speedup']:.2f}", f"{s['machine_speedup']:.2f}"] for s in steps if s["kind"] == "alone"]),
                  "*Multiply-adds alone*: how much faster the same threads do multiply-adds in registers, in the same turns: what the machine's clock and its neighbors leave.\n",
                  "A step of a collaboration beside the steps of its networks alone plus the convolutions and products of its MKB, called one by one:\n",
                  table(["collaboration", "step", "its parts", "of it the MKB", "ratio"],
                  [[s["case"], f"{1e3 * s['seconds']:.0f} ms", f"{1e3 * s['parts_seconds']:.0f} ms", f"{1e3 * s['mkb_seconds']:.0f} ms", f"{s['ratio']:.3f}"] for s in steps if s["kind"] == "together"])]
    if kernels:
        parts += [f"## Kernels{which}\n",
                  f"Convolutions of ResNet-20, ResNet-32, SmallNet with four convolutions a stage, and MobileNet at batch 128, forward and both gradients ({len(kernels['kernels'])} kernels), "
                  "as a share of the multiply-add peak of the vector registers, which is measured right before and after each. Winograd's algorithm is credited with the operations of the direct one, "
                  "and a matrix unit has a peak of its own, so a share may exceed 100 %.\n",
                  table(["", "median", "worst"], [[name + which, f"{k['median' + key]:.0f} %", f"{k['worst' + key]:.0f} %"]
                                                  for k, which in [(kernels, ""), (registers, ", registers alone")] if k for name, key in [("all", ""), ("without depthwise", "_dense")]]),
                  "The worst five:\n", table(["kernel", "share"], [[k["name"], f"{k['share']:.1f} %"] for k in kernels["kernels"][:5]])]
    if passes:
        shares = sorted(p["share"] for p in passes["passes"])
        parts += [f"## Passes{which}\n",
                  f"Operations that memory bounds ({len(shares)} of 16 MB or more), beside a copy that moves as many bytes: median {shares[len(shares) // 2]:.0f} % of the copy's rate. "
                  "What computes more than memory hides, an exponential or random numbers, stays below. The worst five:\n",
                  table(["pass", "map", "share"], [[p["name"], p["where"], f"{p['share']:.0f} %"] for p in passes["passes"][:5]])]
    if compile_times:
        parts += ["## Compiling\n", "`-std=c++20 -O3 -march=native`, one file, the library as headers:\n",
                  table(["program", "compiler", "seconds of processor time", "MiB"],
                        [[c["program"], c["compiler"], f"{c['cpu_seconds']:.1f}", f"{c['mib']:.0f}"] for c in compile_times if not c["precompiled"]])]
        if any(c["precompiled"] for c in compile_times):
            parts += ["With `collab::precompiled`:\n", table(["program", "compiler", "seconds of processor time", "MiB"],
                      [[c["program"], c["compiler"], f"{c['cpu_seconds']:.1f}", f"{c['mib']:.0f}"] for c in compile_times if c["precompiled"]])]
    return parts


def page(measured):
    """`measured`: (instruction set, folder of results) in the order of the page."""
    several = len(measured) > 1
    machines, parts = [], []
    for isa, folder in measured:
        results = [load(folder, name) for name in ["peers", "kernels-summary", "kernels-registers-summary", "steps", "passes"]]
        compile_times = (load(folder, "compile") or []) + (load(folder, "compile-precompiled") or [])
        name = dict(ISAS)[isa]
        machines.append(machine(isa, folder, results[1]))
        parts += sections(f", {name}" if several and name else "", isa == measured[0][0], *results, compile_times)
    head = ["# Performance\n", "<!-- Written by scripts/bench report; do not edit. -->\n",
            f"Measured on {'; and on '.join(machines)}, by `scripts/bench`. What is compared took turns on this machine; every number is a median over the repetitions of one run. "
            "Compilers were measured apart; the same compilation took up to a fifth more or less at other times: repeat what you rely on.\n"]
    if any(name for name in (dict(ISAS)[isa] for isa, _ in measured)):
        head.append("*Held to*: compiled for that instruction set alone, and the other libraries told by their variables to use no other. What a processor without the wider registers shows.\n")
    tail = ["## Measuring yourself\n", "    scripts/bench               everything; writes this page\n    scripts/bench peers         one part; see the head of the script\n"
            "    scripts/bench --isa avx2    the same, as a processor without AVX-512 would do it\n",
            "Close other programs first. Results lie in `build/bench/results` as JSON, those of kernels also in the format of Google Benchmark."]
    return "\n".join(head + parts + tail) + "\n"


def main():
    parser = argparse.ArgumentParser(description="Writes the page on performance from measured results.")
    parser.add_argument("--builds", type=pathlib.Path, required=True, help="where bench and bench-ISA lie")
    parser.add_argument("--docs", type=pathlib.Path, default=TOP / "docs")
    arguments = parser.parse_args()
    folders = [(isa, arguments.builds / ("bench" if isa == "native" else f"bench-{isa}") / "results") for isa, _ in ISAS]
    measured = [(isa, folder) for isa, folder in folders if any(folder.glob("*.json"))]
    if not measured:
        parser.error(f"nothing was measured in {arguments.builds}")
    (arguments.docs / "reference/performance.md").write_text(page(measured))
    peers = load(measured[0][1], "peers")
    if peers:
        (arguments.docs / "images/performance.svg").write_text(picture(peers))


if __name__ == "__main__":
    main()
