# SPDX-License-Identifier: Apache-2.0
# mirror: a case's network in PyTorch, in float64, and its files in other programs: gradients from
# the formulas by autograd, weights under PyTorch's names, ONNX by the checker, ONNX Runtime
# (COLLAB_ONNXRUNTIME: the folder of npm's onnxruntime-node) and OpenCV. What is not installed is
# left out, with a note.
import json
import os
import pathlib
import struct
import subprocess

here = pathlib.Path(__file__).resolve().parent
try:
    import numpy as np
    import torch
    from torch import nn
    import torch.nn.functional as F
    torch.set_num_threads(1)
except ImportError:
    torch = None

ALLOWANCE = 50
FLOAT, DOUBLE = 2.0 ** -24, 2.0 ** -53
# Where features lie behind Flatten: as the library stores them (row, column, channel), or as
# PyTorch has them.
storage_order = True


def read(path):
    """The arrays of a safetensors file."""
    data = path.read_bytes()
    (n,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + n])
    arrays = {}
    for name, e in header.items():
        if name != "__metadata__":
            begin, end = (8 + n + offset for offset in e["data_offsets"])
            kind = {"F32": "<f4", "F64": "<f8"}[e["dtype"]]
            arrays[name] = np.frombuffer(data[begin:end], kind).reshape(e["shape"]).astype("f8")
    return arrays


if torch:
    # Values always have four axes; a flat one is [sample, feature, 1, 1].
    class Flatten(nn.Module):
        def forward(self, x):
            if storage_order:
                x = x.permute(0, 2, 3, 1)
            return x.flatten(1)[:, :, None, None]

    class Linear(nn.Linear):
        def forward(self, x):
            return super().forward(x.flatten(1))[:, :, None, None]

    class Lambda(nn.Module):
        def __init__(self, f):
            super().__init__()
            self.f = f

        def forward(self, x):
            return self.f(x)

    class Residual(nn.Module):
        def __init__(self, body, shortcut):
            super().__init__()
            self.body, self.shortcut = body, shortcut

        def forward(self, x):
            y = self.body(x)
            if self.shortcut is None:   # PadShortcut
                h, w = [a // b for a, b in zip(x.shape[2:], y.shape[2:])]
                more = y.shape[1] - x.shape[1]
                x = x[:, :, ::h, ::w][:, :, :y.shape[2], :y.shape[3]]
                return y + F.pad(x, (0, 0, 0, 0, more // 2, more - more // 2))
            return y + self.shortcut(x)

    class Concat(nn.Sequential):
        def forward(self, x):
            return torch.cat([branch(x) for branch in self], 1)

    class DenseBlock(nn.Sequential):
        def forward(self, x):
            for layer in self:
                x = torch.cat([x, layer(x)], 1)
            return x

    class MutualKnowledge(nn.Module):
        def __init__(self, merge, encoder, transfer, decoder):
            super().__init__()
            self.merge = merge
            self.encoder, self.transfer, self.decoder = encoder, transfer, decoder

        def forward(self, x):
            u = 1 + F.elu(self.decoder(self.transfer(self.encoder(x))))
            return {"ProductMerge": u * x, "SumMerge": u + x, "IdentityMerge": x}[self.merge]

    class ChannelSplit(nn.Sequential):
        def forward(self, x):
            return torch.cat([branch(part) for branch, part in zip(self, x.chunk(len(self), 1))], 1)


def padded(x, channels):
    more = channels - x.shape[1]
    return F.pad(x, (0, 0, 0, 0, more // 2, more - more // 2))


def shuffled(x, groups):
    n, c, h, w = x.shape
    return x.view(n, groups, c // groups, h, w).transpose(1, 2).reshape(n, c, h, w)


def largest(x, pieces):
    n, c, h, w = x.shape
    return x.reshape(n, pieces, c // pieces, h, w).max(1)[0]


def module(l, d, dims):
    """A layer in PyTorch; `d` is the module of descriptions."""
    c, op = dims[0], l["op"]
    if op in ("Conv2d", "DepthwiseConv2d"):
        out, groups = (c, c) if op == "DepthwiseConv2d" else (l["out"], l["groups"])
        return nn.Conv2d(c, out, l["kernel"], l["stride"], l["pad"], groups=groups, bias=l["bias"])
    if op == "ConvTranspose2d":
        return nn.ConvTranspose2d(c, l["out"], l["kernel"], l["stride"], l["pad"], l["output_pad"],
                                  bias=l["bias"])
    if op == "MaxPool":
        return nn.MaxPool2d(l["kernel"], l["stride"], l["pad"], ceil_mode=l["ceil"])
    if op == "AvgPool":
        return nn.AvgPool2d(l["kernel"], l["stride"], l["pad"], l["ceil"], not l["exclude"])
    if op == "Residual":
        shortcut = None if l["shortcut"] == "pad" else sequential(l["shortcut"], d, dims)
        return Residual(sequential(l["body"], d, dims), shortcut)
    if op in ("Concat", "ChannelSplit", "DenseBlock"):
        parts = []
        for k, branch in enumerate(l["branches"]):
            at = dims
            if op == "ChannelSplit":
                at = c // len(l["branches"]), *dims[1:]
            elif op == "DenseBlock" and k > 0:
                at = d.through([{"op": op, "branches": l["branches"][:k]}], dims)
            parts.append(sequential(branch, d, at))
        return {"Concat": Concat, "ChannelSplit": ChannelSplit,
                "DenseBlock": DenseBlock}[op](*parts)
    if op == "MutualKnowledge":
        parts, at = [], dims
        for part in ("encoder", "transfer", "decoder"):
            parts.append(sequential(l[part], d, at))
            at = d.through(l[part], at)
        return MutualKnowledge(l["merge"], *parts)
    simple = {
        "Linear": lambda: Linear(c, l["out"], l["bias"]),
        "BatchNorm": lambda: nn.BatchNorm2d(c, *([1e-3, 0.25] if l.get("other") else [])),
        "Flatten": Flatten, "Relu": nn.ReLU, "Relu6": nn.ReLU6, "Elu": nn.ELU,
        "Sigmoid": nn.Sigmoid, "LeakyRelu": lambda: nn.LeakyReLU(0.2),
        "AdaptiveAvgPool": lambda: nn.AdaptiveAvgPool2d(l["extent"]),
        "GlobalAvgPool": lambda: nn.AdaptiveAvgPool2d(1),
        "Dropout": lambda: nn.Dropout(0.25), "Cut": nn.Identity,
        "Maxout": lambda: Lambda(lambda x: largest(x, l["pieces"])),
        "ChannelShuffle": lambda: Lambda(lambda x: shuffled(x, l["groups"])),
        "PadChannels": lambda: Lambda(lambda x: padded(x, l["channels"])),
    }
    return simple[op]()


def sequential(layers, d, dims):
    modules = []
    for layer in layers:
        modules.append(module(layer, d, dims))
        dims = d.output(layer, dims)
    return nn.Sequential(*modules)


class Judge:
    """Errors relative to what the case's conditioning allows."""

    def __init__(self, exact):
        self.exact, self.worst = exact, {}

    def __call__(self, way, kind, name, found, epsilon):
        expected = self.exact[f"{kind}/{name}"]
        coarse, fine = map(float, self.exact[f"move/{kind}/{name}"])
        if coarse != coarse:
            return
        move = fine if epsilon < FLOAT else coarse
        sizes = [np.linalg.norm(v) for k, v in self.exact.items() if k.startswith(kind + "/")]
        size = np.linalg.norm(expected)
        away = np.linalg.norm(found.reshape(-1) - expected.reshape(-1))
        allowed = ALLOWANCE * move + epsilon * (8 * size + max(sizes))
        error = 0 if away == 0 else away / allowed if allowed > 0 else 1e9
        error = error if error == error else 1e9
        if error >= self.worst.get((way, kind), ["", -1])[1]:
            self.worst[way, kind] = [name, float(error), float(away / size if size else away)]

    def held(self, way):
        """Something that can only hold or not."""
        self.worst.setdefault((way, "holds"), ["", 0.0, 0.0])

    def findings(self):
        return [[way, kind, *rest] for (way, kind), rest in self.worst.items()]


def trained(net, case, exact, judge, images, notes):
    """In training: cross entropy, gradients, running statistics; then a pass with any gradient."""
    if "'Dropout'" in repr(case):
        return
    begin = {k[len("begin/net0."):]: torch.from_numpy(v.copy()) for k, v in exact.items()
             if k.startswith("begin/")}

    def start():
        net.load_state_dict(begin, strict=False)
        net.zero_grad()
        net.train()

    def gradients(kind):
        for name, p in net.named_parameters():
            judge("PyTorch", kind, "net0." + name, p.grad.numpy(), DOUBLE)

    try:
        start()
        z = net(images).flatten(1)
    except ValueError:
        notes.append("PyTorch does not normalise one value")
        return
    judge("PyTorch", "logits in training", "network 0", z.detach().numpy(), DOUBLE)
    F.cross_entropy(z, torch.from_numpy(exact["labels"]).long()).backward()
    gradients("gradients")
    for name, b in net.named_buffers():
        if not name.endswith("num_batches_tracked"):
            judge("PyTorch", "running statistics", "net0." + name, b.numpy(), DOUBLE)
    start()
    x = images.clone().requires_grad_()
    net(x).flatten(1).backward(torch.from_numpy(exact["gradient"].copy()))
    judge("PyTorch", "pass", "input gradient", x.grad.permute(0, 2, 3, 1).numpy(), DOUBLE)
    gradients("pass")


def inferred(net, images):
    net.eval()
    return net(images).flatten(1).detach().numpy()


def crops(layers):
    """Whether there is a transposed convolution of 1x1 with padding."""
    import description as d
    return any((l["op"] == "ConvTranspose2d" and l["kernel"] == [1, 1] and l["pad"] != [0, 0])
               or any(map(crops, d.inner(l))) for l in layers)


def normalizes_a_flat_sum(model):
    """Whether a normalization stands behind a sum or a product of flat values."""
    import onnx
    graph = onnx.shape_inference.infer_shapes(model).graph
    ranks = {v.name: len(v.type.tensor_type.shape.dim) for v in graph.value_info}
    made_by = {o: n.op_type for n in graph.node for o in n.output}
    return any(n.op_type == "BatchNormalization" and ranks.get(n.input[0]) == 2
               and made_by.get(n.input[0]) in ("Add", "Mul") for n in graph.node)


def engines(folder, name, network, judge, images, notes):
    """The ONNX file in other programs. images: [n][c][h][w], float."""
    path = str(folder / "network.onnx")
    if not os.path.exists(path):
        return
    model = None
    try:
        import onnx
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
        onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
        judge.held("ONNX checker")
    except ImportError:
        notes.append("the onnx package is not installed")
    except Exception as e:
        judge.worst["ONNX checker", "first deployed"] = [str(e).splitlines()[0][:150], 1e9, 1]
    runtime = os.environ.get("COLLAB_ONNXRUNTIME")
    if runtime:
        np.asarray(images, "<f4").tofile(folder / "images.bin")
        p = subprocess.run(["node", str(here / "runtime.js"), runtime, path,
                            str(folder / "images.bin"), *map(str, images.shape)],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if p.returncode:
            said = " ".join((p.stderr or "")[-200:].split())
            judge.worst["ONNX Runtime", "first deployed"] = [said, 1e9, 1]
        else:
            judge("ONNX Runtime", "first deployed", name,
                  np.array(json.loads(p.stdout.splitlines()[-1])), FLOAT)
    else:
        notes.append("COLLAB_ONNXRUNTIME is not set: ONNX Runtime takes no part")
    try:
        import cv2
    except ImportError:
        return notes.append("OpenCV is not installed")
    # 4.6 takes the padding of such a layer for none; ONNX Runtime and the definition do not
    if crops(network["layers"]):
        return notes.append("OpenCV does not pad transposed convolutions of 1x1")
    try:
        net = cv2.dnn.readNetFromONNX(path)
        if model is None or normalizes_a_flat_sum(model):   # 4.6 fuses these two into other numbers
            net.enableFusion(False)
            notes.append("OpenCV is right without its fusion only: a normalization stands behind "
                         "a flat sum or product")
        net.setInput(np.asarray(images, "f4"))
        judge("OpenCV", "first deployed", name, net.forward().astype("f8"), FLOAT)
    except cv2.error as e:
        notes.append("OpenCV does not take the file: " + " ".join(str(e).split())[-110:])


def loaded(folder, name, net, judge, images):
    """The weights under PyTorch's names, as they come."""
    global storage_order
    file = read(folder / "weights.safetensors")
    npz = np.load(folder / "weights.npz")
    storage_order = False
    try:
        result = net.load_state_dict({k: torch.from_numpy(v) for k, v in file.items()},
                                     strict=False)
        missing = [k for k in result.missing_keys if not k.endswith("num_batches_tracked")]
        same = all(np.array_equal(npz[k], v) for k, v in file.items())
        if missing or result.unexpected_keys or not same:
            keys = str(missing + result.unexpected_keys)
            judge.worst["PyTorch's names", "files"] = [keys, 1e9, 1]
        judge.held("NPZ")
        judge("PyTorch's names", "first deployed", name, inferred(net, images), DOUBLE)
    except RuntimeError as e:
        judge.worst["PyTorch's names", "files"] = [str(e).splitlines()[-1][:150], 1e9, 1]
    storage_order = True


def judged(case, folder):
    """[way, kind, name, error, distance] of each comparison, and notes."""
    notes = []
    if torch is None:
        return [], ["PyTorch is not installed"]
    import description as d
    exact = read(folder / "exact.safetensors")
    judge = Judge(exact)
    images = torch.from_numpy(exact["images"].transpose(0, 3, 1, 2).copy())
    for i in range(len(case["networks"])):
        network = d.deployed(case, i)
        net = sequential(network["layers"], d, tuple(network["input"])).double()
        name = f"network {i}"
        if "mkbs" not in case:
            trained(net, case, exact, judge, images, notes)
            begin = {k[len("begin/net0."):]: torch.from_numpy(v.copy()) for k, v in exact.items()
                     if k.startswith("begin/")}
            net.load_state_dict(begin, strict=False)
            judge("PyTorch", "first deployed", name, inferred(net, images), DOUBLE)
        if (folder / str(i) / "weights.safetensors").exists():
            loaded(folder / str(i), name, net, judge, images)
        engines(folder / str(i), name, network, judge, images.numpy(), notes)
    return judge.findings(), notes
