#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# compare: training steps on a GPU against PyTorch's best variant of the same precision. Processes and turns are those of ../peers/compare.py.
import argparse
import json
import math
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "peers"))
from compare import NETWORKS, Worker, check, ratio, take_turns   # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
STEPS = 10   # in one measurement; see ours.cu and torch_worker.py
VARIANTS = ["eager,last", "compile,last", "graph,last", "graph,first"]


def has_torch():
    test = "import sys, torch; sys.exit(0 if torch.cuda.is_available() else 1)"
    return subprocess.run([sys.executable, "-c", test], stderr=subprocess.DEVNULL).returncode == 0


def main():
    parser = argparse.ArgumentParser(description="Measures training steps on a GPU against PyTorch.")
    parser.add_argument("--program", type=pathlib.Path, required=True, help="bench_gpu")
    parser.add_argument("--out", type=pathlib.Path, help="where to write the results as JSON")
    parser.add_argument("--networks", default=",".join(NETWORKS + ["collaboration"]))
    parser.add_argument("--batches", default="128,1024")
    parser.add_argument("--precisions", default="float32,tf32,bf16")
    parser.add_argument("--variants", default=";".join(VARIANTS), help="of PyTorch, with a semicolon between them")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.3, help="of each process in each round")
    arguments = parser.parse_args()

    torch = has_torch()
    if not torch:
        print(f"{sys.executable} has no PyTorch that sees a GPU, so nothing is compared with it")
    results = []
    print("roofline: the share of the least time that the step's products could take, at the rates of one large product and of one large copy")
    print(f"{'case':<40} {'ours ms':>10} {'peer ms':>10} {'ratio':>6}  {'GFLOP/s':>8} {'roofline':>8}  peer")
    for batch in map(int, arguments.batches.split(",")):
        for network in arguments.networks.split(","):
            for precision in arguments.precisions.split(","):
                case = f"{network}, {precision}, batch {batch}"
                ours = Worker(arguments.program, "train", network, 1, batch, precision)
                flops = 6 * float(ours.ask("multiply-adds")) * batch
                peers = []
                for variant in arguments.variants.split(";") if torch else []:
                    try:
                        peers.append(Worker(HERE / "torch_worker.py", "train", network, 1, batch, f"{variant},{precision}"))
                    except SystemExit as e:
                        print(f"{case}: {variant} does not run here ({e})")
                check(case, [ours] + peers)
                take_turns([ours] + peers, arguments.rounds, arguments.seconds)
                for worker in [ours] + peers:
                    if not math.isfinite(float(worker.ask("loss"))):
                        sys.exit(f"{case}: a loss is not finite, so the step measured is not a useful one")
                best = min(peers, key=Worker.median) if peers else None
                mine = ours.median() / STEPS
                multiply_adds, bytes_a_second, least = map(float, ours.ask("roofline").split())
                result = {"case": case, "network": network, "batch": batch, "precision": precision, "ours_s": mine, "gflops": flops / mine / 1e9,
                          "peak_gflops": 2 * multiply_adds / 1e9, "peak_gigabytes": bytes_a_second / 1e9, "roofline": least / ours.median(),
                          "ours_spread": ours.spread(), "peers_s": {p.layout: p.median() / STEPS for p in peers},
                          "peer": best.layout if best else None, "ratio": ratio(ours, best) if best else None}
                results.append(result)
                peer = (f"{1e3 * best.median() / STEPS:>10.3f} {result['ratio']:>6.2f}", best.layout) if best else (f"{'-':>10} {'-':>6}", "")
                print(f"{case:<40} {1e3 * mine:>10.3f} {peer[0]}  {result['gflops']:>8.0f} {result['roofline']:>7.1%}   {peer[1]}", flush=True)
                for worker in [ours] + peers:
                    worker.stop()
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
