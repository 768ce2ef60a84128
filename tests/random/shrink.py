# SPDX-License-Identifier: Apache-2.0
# shrink: the smallest case that still fails in the same way: layers are dropped, composites opened,
# numbers made smaller.
import copy

import description as d


def lists(network):
    """All lists of layers of a network, the outermost first."""
    found, left = [], [network["layers"]]
    while left:
        layers = left.pop(0)
        found.append(layers)
        for layer in layers:
            left += d.inner(layer)
    return found


SIMPLER = {"other": False, "stride": [1, 1], "groups": 1, "bias": False, "ceil": False,
           "exclude": False, "output_pad": [0, 0], "pieces": 1}


def changed(case, change):
    """A copy of the case after change(copy), or nothing where that does nothing."""
    other = copy.deepcopy(case)
    return other if change(other) is not False else None


def smaller(case):
    """All cases that are one step smaller."""
    for n, network in enumerate(case["networks"]):
        for k, layers in enumerate(lists(network)):
            def there(c):
                return lists(c["networks"][n])[k]

            for i, layer in enumerate(layers):
                yield changed(case, lambda c: there(c).pop(i) and None)
                for part in range(len(d.inner(layer))):
                    def opened(c):
                        there(c)[i:i + 1] = d.inner(there(c)[i])[part]
                    yield changed(case, opened)
                if len(layer.get("branches", [])) > 1:
                    for part in range(len(layer["branches"])):
                        yield changed(case, lambda c: there(c)[i]["branches"].pop(part) and None)
                for key, value in SIMPLER.items():
                    if key in layer and layer[key] != value:
                        yield changed(case, lambda c: there(c)[i].update({key: value}))
                if layer.get("kernel", [1, 1]) not in ([1, 1], [3, 3]):
                    yield changed(case, lambda c: there(c)[i].update(kernel=[3, 3], pad=[1, 1]))
                pools = layer["op"] in ("MaxPool", "AvgPool")
                if layer.get("kernel", [1, 1]) != [1, 1] and not pools:
                    yield changed(case, lambda c: there(c)[i].update(kernel=[1, 1], pad=[0, 0]))
                for key in ("out", "channels"):
                    if layer.get(key, 1) > 1:
                        for value in sorted({1, layer[key] // 2, layer[key] - 1}):
                            yield changed(case, lambda c: there(c)[i].update({key: value}))
    for axis in range(3):
        extent = case["networks"][0]["input"][axis]
        for value in {1, extent // 2, extent - 1}:
            if 0 < value < extent:
                def cut(c):
                    for network in c["networks"]:
                        network["input"][axis] = value
                yield changed(case, cut)
    for value in {1, case["samples"] - 1}:
        if 0 < value < case["samples"]:
            yield changed(case, lambda c: c.update(samples=value, batch=value))
    if case["batch"] > case["samples"]:
        yield changed(case, lambda c: c.update(batch=c["samples"]))
    for key in ("mkbs", "methods", "policies"):
        for i in range(len(case.get(key, []))):
            yield changed(case, lambda c: c[key].pop(i) and None)


def size(case):
    return len(repr(case))


def valid(case):
    try:
        outs = []
        for network in case["networks"]:
            out = d.through(network["layers"], tuple(network["input"]))
            if out[1:] != (1, 1) or not network["layers"]:
                return False
            outs.append(out)
        return all(o == outs[0] for o in outs)
    except (d.Refused, IndexError, ZeroDivisionError):
        return False


def shrink(shop, result, failures, each=8, most=40):
    way, kind = failures(result)[0][:2]
    case, seen = result["case"], set()
    print(f"shrinking {case['name']} ({way}, {kind})", flush=True)

    def fails(r):
        return any(f[0] == way and (kind != "crash" or f[1] == "crash") for f in failures(r))

    for _ in range(most):
        candidates = []
        for c in smaller(case):
            if c is not None and valid(c) and repr(c) not in seen:
                seen.add(repr(c))
                candidates.append(c)
        candidates.sort(key=size)
        found = None
        for i in range(0, len(candidates), each):
            name = case["name"].split("/")[0]
            some = [dict(c, name=f"{name}/{k}") for k, c in enumerate(candidates[i:i + each])]
            bad = [r["case"] for r in shop.results(some) if fails(r)]
            if bad:
                found = min(bad, key=size)
                break
        if not found:
            break
        case = found
    print(f"  smallest: batch {case['batch']}, {case['samples']} samples; {d.what_cpp(case)}",
          flush=True)
    return case
