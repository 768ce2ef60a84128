# SPDX-License-Identifier: Apache-2.0
# sample: writes the sample of the test command: sample_<k>.cpp from the seeds below. `sample.py
# choose RESULTS.jsonl...` chooses networks out of results of run.py: few and small ones that
# together hold what all of them hold: every pair of neighbouring layers, every option, every place.
import json
import pathlib
import subprocess
import sys

import description as d

here = pathlib.Path(__file__).resolve().parent
NETWORKS = [46, 469, 88, 232, 0, 426, 405, 397, 211, 202, 80, 187, 267, 437, 299, 38, 184, 125, 317]
COLLABORATIONS = [96, 63, 16, 42, 28, 46, 78]
REFUSED = [0, "groups"]   # networks whose weights have no order that PyTorch would understand
EACH = 8   # cases in a file: a file of one costs 5 s of what every case instantiates


def conv(out, kernel=3):
    return d.conv(out, kernel)


def block(*body, shortcut=()):
    return {"op": "Residual", "body": list(body), "shortcut": list(shortcut)}


def ops(*names):
    return d.named(*names)


# Small networks with what is drawn seldom: for each rule of the plan, of ONNX and of the orders of
# channels a place where it says no.
RULES = {
    "gates": [3, 6, 5, [conv(6), *ops("BatchNorm", "Relu"),
                        block(conv(8), *ops("BatchNorm"), shortcut=[conv(8, 1)]), *ops("Relu"),
                        block(block(conv(8)), *ops("Elu"), conv(8), *ops("BatchNorm")), *ops("Elu"),
                        conv(5), *ops("GlobalAvgPool"), {"op": "Linear", "out": 3, "bias": True}]],
    "places": [2, 5, 4, [conv(6), *ops("BatchNorm", "Relu", "Sigmoid"),
                         {"op": "Cut", "tag": "nobody"}, *ops("Sigmoid"), conv(4),
                         *ops("BatchNorm", "Elu"), conv(4),
                         block(conv(4), *ops("BatchNorm", "Relu")),
                         block(conv(4), *ops("Elu"), {"op": "Cut", "tag": "nobody"}),
                         *ops("Relu", "LeakyRelu", "Flatten"),
                         {"op": "Linear", "out": 6, "bias": False},
                         {"op": "Maxout", "pieces": 2}, conv(3, 1),
                         {"op": "Linear", "out": 3, "bias": False}]],
    "orders": [2, 4, 5, [{"op": "AvgPool", "kernel": [3, 3], "stride": [2, 2], "pad": [1, 1],
                          "ceil": True, "exclude": False},
                         {"op": "ConvTranspose2d", "out": 3, "kernel": [3, 3], "stride": [2, 2],
                          "pad": [1, 1], "output_pad": [1, 0], "bias": True},
                         {"op": "AdaptiveAvgPool", "extent": [3, 2]},
                         {"op": "PadChannels", "channels": 4}, *ops("Flatten"),
                         {"op": "ChannelShuffle", "groups": 3},
                         {"op": "Concat", "branches": [[],
                                                       [{"op": "Linear", "out": 5, "bias": True}]]},
                         {"op": "PadChannels", "channels": 32},
                         block({"op": "Linear", "out": 6, "bias": True},
                               {"op": "Linear", "out": 32, "bias": True}), *ops("BatchNorm"),
                         {"op": "Linear", "out": 3, "bias": True}]],
    # Groups of channels that PyTorch's order of a flattened map keeps apart.
    "groups": [2, 2, 3, [*ops("Flatten"), {**conv(6, 1), "groups": 3},
                         {"op": "Linear", "out": 3, "bias": True}]],
    # It is soon sure of its one sample: the loss, near 0, is the logarithm of a sum near 1.
    "certainty": [232, 1, 1, [{"op": "Linear", "out": 4, "bias": True}]],
}


def features(case):
    """What a case holds."""
    found = set()

    def options(layer):
        yield layer["op"]
        for key in ("bias", "ceil", "exclude"):
            if layer.get(key):
                yield f"{layer['op']} {key}"
        if layer.get("other"):
            yield "BatchNormWith"
        for key, usual in (("stride", [1, 1]), ("output_pad", [0, 0])):
            if layer.get(key, usual) != usual:
                yield f"{layer['op']} {key}"
        if layer.get("groups", 1) > 1:
            yield f"{layer['op']} groups"
        if "shortcut" in layer:
            shortcut = "projected" if layer["shortcut"] else "identity"
            yield "Residual " + ("pad" if layer["shortcut"] == "pad" else shortcut)
            yield "Residual that ends in " + layer["body"][-1]["op"]

    def name(layer):
        op = layer["op"]
        if op in d.ACTIVATIONS:
            return "activation"
        if op == "Residual":
            normalised = "normalised" if layer["body"][-1]["op"] == "BatchNorm" else ""
            return f"Residual {normalised}{layer['shortcut'] == 'pad'}{bool(layer['shortcut'])}"
        return op

    def walk(layers, dims, inside):
        names = [inside] + [name(l) for l in layers] + ["end of " + inside]
        found.update(f"{a}, {b}" for a, b in zip(names, names[1:]))
        found.update(f"{a}, {b}, {c}" for a, b, c in zip(names, names[1:], names[2:])
                     if b in ("activation", "BatchNorm"))
        flat = False
        for layer in layers:
            found.update(options(layer))
            if flat:
                found.add("behind Flatten: " + layer["op"])
            flattens = layer["op"] == "Flatten" and dims[1] * dims[2] > 1
            flat = flattens or (flat and layer["op"] != "Linear")
            for part in d.inner(layer):
                try:
                    split = len(layer["branches"]) if layer["op"] == "ChannelSplit" else 1
                    walk(part, (dims[0] // split, *dims[1:]), layer["op"])
                except d.Refused:
                    pass   # the later lists of a dense block begin at wider maps
            dims = d.output(layer, dims)

    for network in case["networks"]:
        walk(network["layers"], tuple(network["input"]), "network")
    items = [m["text"] for m in case.get("mkbs", [])] + case.get("methods", [])
    items += case.get("policies", []) + [case.get("metric") or "no metric"]
    for item in items:
        for word in item.replace("<", " ").replace(">", " ").replace(",", " ").split():
            if not word.isdigit():
                found.add("item " + word)
    return found


def cost(case):
    """About the seconds of compiling."""
    lists = sum(d.network_cpp(n).count("<") for n in case["networks"])
    together = 2 * len(case.get("mkbs", [])) + len(case.get("methods", []))
    return 0.8 * len(case["networks"]) + 0.12 * lists + together


def choose(cases, budget):
    chosen, held, spent = [], set(), 0
    while True:
        left = [(len(features(c) - held) / cost(c), c) for c in cases if spent + cost(c) <= budget
                and c not in chosen]
        if not left:
            return chosen
        gain, best = max(left, key=lambda p: p[0])
        if gain <= 0:
            return chosen
        chosen.append(best)
        held |= features(best)
        spent += cost(best)


def write():
    few = {"certainty": 1}
    cases = [{"name": f"network of {name}", "seed": name, "batch": few.get(name, 3),
              "samples": few.get(name, 3),
              "networks": [{"input": [c, h, w], "layers": layers}]}
             for name, (c, h, w, layers) in RULES.items()]
    cases += [d.draw_network_case(s) for s in NETWORKS]
    cases += [d.draw_collaboration_case(s) for s in COLLABORATIONS]
    for old in here.glob("sample_*.cpp"):
        old.unlink()
    paths = []
    for k in range(0, len(cases), EACH):
        path = here / f"sample_{k // EACH}.cpp"
        text = "// SPDX-License-Identifier: Apache-2.0\n"
        text += "// sample: cases of description.py, written by sample.py.\n"
        text += '#define COLLAB_RANDOM_FILES\n#include "check.hpp"\n#include "trained.hpp"\n\n'
        text += "namespace collab::random {\nnamespace {\n\n"
        for n, case in enumerate(cases[k:k + EACH]):
            text += d.struct_cpp(case, n, "mkbs" not in case and case["seed"] in REFUSED) + "\n\n"
            text += f'TEST_CASE("{case["name"]} computes what the reference does") {{\n'
            text += f"    check(made<case_{n}>());\n}}\n\n"
        text += "}  // namespace\n}  // namespace collab::random\n"
        path.write_text(text.replace("\n\n}  //", "\n\n}  //"))
        paths.append(str(path))
    for formatter in ("clang-format-19", "clang-format"):
        try:
            subprocess.run([formatter, "-i", *paths], check=True)
            break
        except (FileNotFoundError, subprocess.CalledProcessError):
            continue


if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[1] == "choose":
        results = [json.loads(l) for p in sys.argv[3:] for l in open(p)]
        good = [r["case"] for r in results if "counts" in r and r["counts"][1] == 0]
        for c in choose(good, float(sys.argv[2])):
            print(c["seed"], end=", ")
        print()
    else:
        write()
