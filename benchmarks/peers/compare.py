#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# compare: this library against others. Every program is a process of its own; they are started together, warmed up, and then
# take turns of less than a second, so that whatever else the machine does falls on all of them. Times are medians over all
# repetitions; a ratio is the median over the turns of (the peer's median in this turn / ours), which a slow drift of the machine
# leaves alone. So a ratio need not be exactly the quotient of the two times beside it.
import argparse
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import time

NETWORKS = ["ResNet-20", "ResNet-32", "SmallNet-4", "MobileNet"]
# LibTorch counts with the better layout. Folded: normalizations are put into the convolutions before them, which the program does by hand.
TORCH = {"train": ["channels-first", "channels-last"],
         "infer": ["channels-first", "channels-last", "channels-first,folded", "channels-last,folded"]}


def processor():
    """What the system says of it, its instructions among it."""
    return pathlib.Path("/proc/cpuinfo").read_text() if pathlib.Path("/proc/cpuinfo").exists() else ""


def environment(threads):
    """OpenBLAS, which LibTorch multiplies with, takes processors younger than itself for very old ones, and starts threads of its own."""
    flags = processor()
    core = "SkylakeX" if " avx512f" in flags else "Haswell" if " avx2" in flags else ""
    settings = {"OPENBLAS_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads), "OPENBLAS_CORETYPE": core}
    return {**{k: v for k, v in settings.items() if v}, **os.environ}


class Worker:
    """One measured process; see worker.hpp."""

    def __init__(self, program, what, network, threads, batch, layout=""):
        self.layout = layout
        self.times = []
        self.turns = []   # the median of each
        command = [str(program.resolve()), what, network, str(threads), str(batch)] + ([layout] if layout else [])
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(threads))
        answer = self.process.stdout.readline().split()
        if not answer or answer[0] != "ready":
            sys.exit(f"{' '.join(command)} did not start")
        self.parameters = int(answer[1])

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"{self.process.args[0]} ended in the middle of a measurement")
        return answer

    def run(self, seconds):
        times = [float(t) for t in self.ask(f"run {seconds}").split()]
        self.times += times
        self.turns.append(statistics.median(times))

    def median(self):
        return statistics.median(self.times)

    def spread(self):
        """Half the distance between the quartiles, as a share of the median."""
        if len(self.times) < 2:
            return 0.0
        low, _, high = statistics.quantiles(self.times, n=4)
        return (high - low) / 2 / self.median()

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


def ratio(ours, peer):
    return statistics.median(p / o for o, p in zip(ours.turns, peer.turns))


def take_turns(workers, rounds, seconds, pause=0.05):
    for _ in range(rounds):
        for worker in workers:
            time.sleep(pause)   # the threads of the one before stop spinning
            worker.run(seconds)


def check(case, workers):
    counts = {w.parameters for w in workers}
    if len(counts) != 1:
        sys.exit(f"{case}: the networks differ, they have {sorted(counts)} parameters")


def speed(case, what, network, threads, batch, programs, arguments):
    """Seconds of one step or one inference against LibTorch with its better layout; inference also with normalizations folded."""
    ours = Worker(programs["ours"], what, network, threads, batch)
    peers = [Worker(programs["torch"], what, network, threads, batch, layout) for layout in TORCH[what]]
    # What the matrix unit is worth: the same with registers alone, in the same turns.
    registers = [Worker(programs["ours"], what, network, threads, batch, "registers")] if network == "MobileNet" and " amx_bf16" in processor() and "ONEDNN_MAX_CPU_ISA" not in os.environ else []
    everyone = [ours] + registers + peers
    check(case, everyone)
    take_turns(everyone, arguments.rounds, arguments.seconds)
    if what == "train":
        for worker in everyone:
            if not math.isfinite(float(worker.ask("loss"))):
                sys.exit(f"{case}: a loss is not finite, so the step measured is not a useful one")
    results = []
    for name, group in [("LibTorch", [p for p in peers if "folded" not in p.layout]), ("LibTorch, folded", [p for p in peers if "folded" in p.layout])]:
        if not group:
            continue
        best = min(group, key=Worker.median)
        for mine in [ours] + registers:
            results.append({"case": case + ("" if mine is ours else ", registers alone"), "kind": what, "network": network, "threads": threads, "batch": batch, "peer": name,
                            "peer_layout": best.layout.split(",")[0], "registers": mine is not ours, "ours_s": mine.median(), "peer_s": best.median(), "ratio": ratio(mine, best),
                            "ours_spread": mine.spread(), "peer_spread": best.spread(), "repetitions": len(mine.times), "peer_all_s": {p.layout: p.median() for p in group}})
    for worker in everyone:
        worker.stop()
    return results


def memory(case, network, threads, batch, programs):
    """Peak resident memory of a process that does nothing but train."""
    def peak(program, layout=""):
        worker = Worker(program, "train", network, threads, batch, layout)
        worker.run(0.5)
        value = float(worker.ask("memory"))
        worker.stop()
        return value
    ours = peak(programs["ours"])
    peers = {layout: peak(programs["torch"], layout) for layout in TORCH["train"]}
    best = min(peers, key=peers.get)
    return {"case": case, "kind": "memory", "network": network, "threads": threads, "batch": batch, "peer": "LibTorch", "peer_layout": best,
            "ours_mib": ours, "peer_mib": peers[best], "ratio": peers[best] / ours}


def dlib(case, network, threads, batch, programs, arguments):
    ours = Worker(programs["ours"], "train", network, threads, batch)
    peer = Worker(programs["dlib"], "train", network, threads, batch)
    take_turns([ours, peer], 3, arguments.seconds, pause=0.5)   # one step of dlib's takes seconds
    result = {"case": case, "kind": "train", "network": network, "threads": threads, "batch": batch, "peer": "dlib", "peer_layout": "",
              "ours_s": ours.median(), "peer_s": peer.median(), "ratio": ratio(ours, peer), "ours_spread": ours.spread(),
              "peer_spread": peer.spread(), "repetitions": len(peer.times), "same_parameters": ours.parameters == peer.parameters}
    ours.stop()
    peer.stop()
    return result


def line(r):
    if r["kind"] == "memory":
        ours, peer = f"{r['ours_mib']:.0f} MiB", f"{r['peer_mib']:.0f} MiB"
    elif r["batch"] == 1:
        ours, peer = f"{1e3 * r['ours_s']:.3f} ms", f"{1e3 * r['peer_s']:.3f} ms"
    else:
        ours, peer = f"{r['batch'] / r['ours_s']:.0f} img/s", f"{r['batch'] / r['peer_s']:.0f} img/s"
    note = ", ".join(n for n in [r["peer"], r["peer_layout"]] if n)
    return f"{r['case']:<48} {ours:>12} {peer:>12} {r['ratio']:>6.2f}  {note}"


def main():
    parser = argparse.ArgumentParser(description="Measures this library against LibTorch and dlib.")
    parser.add_argument("--programs", type=pathlib.Path, required=True, help="the folder with bench_peers_*")
    parser.add_argument("--out", type=pathlib.Path, help="where to write the results as JSON")
    parser.add_argument("--networks", default=",".join(NETWORKS))
    parser.add_argument("--kinds", default="train,infer,memory,dlib")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=0.3, help="of each process in each round")
    arguments = parser.parse_args()

    programs = {name: arguments.programs / f"bench_peers_{name}" for name in ["ours", "torch", "dlib"]}
    networks, kinds, threads, batch = arguments.networks.split(","), arguments.kinds.split(","), arguments.threads, arguments.batch
    results = []

    def add(*new):
        for result in new:
            results.append(result)
            print(line(result), flush=True)

    print(f"{'case':<48} {'ours':>12} {'peer':>12} {'ratio':>6}")
    if programs["torch"].exists():
        if "train" in kinds:
            for network in networks:
                add(*speed(f"{network}, training step", "train", network, threads, batch, programs, arguments))
            ratios = [r["ratio"] for r in results if not r["registers"]]
            if len(ratios) > 1:
                print(f"{'geometric mean':<74} {statistics.geometric_mean(ratios):>6.2f}")
        if "infer" in kinds:
            for network in networks:
                add(*speed(f"{network}, one image, one thread", "infer", network, 1, 1, programs, arguments))
                add(*speed(f"{network}, inference", "infer", network, threads, batch, programs, arguments))
        if "memory" in kinds:
            for network in networks:
                add(memory(f"{network}, memory of training", network, threads, batch, programs))
    else:
        print("LibTorch's program was not built: is libtorch-dev installed?")
    if "dlib" in kinds and "ResNet-20" in networks:
        if programs["dlib"].exists():
            add(dlib("ResNet-20, training step", "ResNet-20", threads, batch, programs, arguments))
        else:
            print("dlib's program was not built: is libdlib-dev installed?")
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
