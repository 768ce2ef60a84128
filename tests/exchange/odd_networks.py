# SPDX-License-Identifier: Apache-2.0
# odd_networks: PyTorch builds the networks that odd_networks.cpp spelled, loads our weights in float64 and compares logits to 1e-10;
# then its own weights go back the same way.
#   odd_networks.py FOLDER     where `odd_networks FOLDER` has written; writes NAME.theirs.safetensors and NAME.theirs.npy
import json
import struct
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

folder = sys.argv[1]


def load_file(path):
    data = open(path, "rb").read()
    (n,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + n])
    values = data[8 + n :]
    words = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        assert entry["dtype"] == "F64"
        begin, end = entry["data_offsets"]
        tensors[name] = torch.from_numpy(np.frombuffer(values[begin:end], "<f8").reshape(entry["shape"]).copy())
    return tensors, words


def save_file(tensors, path):
    header, values = {}, b""
    for name, t in tensors.items():
        if t.dtype != torch.float64:
            continue
        raw = t.detach().contiguous().numpy().astype("<f8").tobytes()
        header[name] = {"dtype": "F64", "shape": list(t.shape), "data_offsets": [len(values), len(values) + len(raw)]}
        values += raw
    text = json.dumps(header).encode()
    open(path, "wb").write(struct.pack("<Q", len(text)) + text + values)


def as_map(x):  # flat features are channels of a map of 1 x 1
    return x[:, :, None, None] if x.dim() == 2 else x


def alike(xs):
    return [as_map(x) for x in xs] if any(x.dim() == 4 for x in xs) else xs


class Say(nn.Module):  # a module of a function that learns nothing
    def __init__(self, f):
        super().__init__()
        self.f = f

    def forward(self, x):
        return self.f(x)


S = nn.Sequential
Relu, Relu6, Elu, Sigmoid = nn.ReLU, nn.ReLU6, nn.ELU, nn.Sigmoid
Flatten = lambda: nn.Flatten()
Halve = OpenHalve = lambda: Say(lambda x: x / 2)
PadChannels = lambda n: Say(lambda x: pad_channels(x, n))
PadShortcut = lambda down, along, n: Say(lambda x: pad_channels(as_map(x)[:, :, ::down, ::along], n))
Maxout = lambda n: Say(lambda x: x.view(x.shape[0], n, x.shape[1] // n, *x.shape[2:]).max(1)[0])
AdaptiveAvgPool = lambda h, w: Say(lambda x: F.adaptive_avg_pool2d(as_map(x), (h, w)))
MaxPool = lambda k, s, p, ceil: Say(lambda x: F.max_pool2d(as_map(x), k, s, p, ceil_mode=ceil))
AvgPool = lambda k, s, p, ceil, padding: Say(lambda x: F.avg_pool2d(as_map(x), k, s, p, ceil, padding))


def pad_channels(x, n):
    before = (n - x.shape[1]) // 2
    return F.pad(as_map(x), (0, 0, 0, 0, before, n - x.shape[1] - before))


class ChannelShuffle(nn.Module):
    def __init__(self, groups):
        super().__init__()
        self.shuffle = nn.ChannelShuffle(groups)

    def forward(self, x):
        return self.shuffle(as_map(x))


class Conv(nn.Conv2d):
    def __init__(self, i, o, k, s, p, groups, bias):
        super().__init__(i, o, k, s, p, groups=groups, bias=bias)

    def forward(self, x):
        return super().forward(as_map(x))


class ConvTranspose(nn.ConvTranspose2d):
    def __init__(self, i, o, k, s, p, output_padding, bias):
        super().__init__(i, o, k, s, p, output_padding, bias=bias)

    def forward(self, x):
        return super().forward(as_map(x))


class Linear(nn.Linear):
    def forward(self, x):
        return super().forward(x.flatten(1))


class BatchNorm(nn.BatchNorm2d):
    def forward(self, x):
        return super().forward(as_map(x))


class ParameterLayer(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.value = nn.Parameter(torch.randn(n))

    def forward(self, x):
        return self.value.expand(x.shape[0], -1)


class Residual(nn.Module):
    def __init__(self, body, shortcut):
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x):
        y, skip = alike([self.body(x), self.shortcut(x)])
        return y + skip


class Concat(S):
    def forward(self, x):
        return torch.cat(alike([branch(x) for branch in self]), 1)


class Split(S):
    def forward(self, x):
        return torch.cat(alike([branch(part) for branch, part in zip(self, x.chunk(len(self), 1))]), 1)


class Dense(S):
    def forward(self, x):
        for layer in self:
            x = torch.cat(alike([x, layer(x)]), 1)
        return x


class Knowledge(nn.Module):
    def __init__(self, encoder, transfer, decoder):
        super().__init__()
        self.encoder, self.transfer, self.decoder = encoder, transfer, decoder

    def forward(self, x):
        x, u = alike([x, self.decoder(self.transfer(self.encoder(x)))])
        return (1 + F.elu(u)) * x


torch.set_default_dtype(torch.float64)
torch.manual_seed(5)
good, worst_of_all = True, 0
names = open(f"{folder}/odd_networks.txt").read().split()
for name in names:
    network = eval(open(f"{folder}/{name}.py").read())
    images = torch.from_numpy(np.load(f"{folder}/{name}.images.npy"))
    logits = np.load(f"{folder}/{name}.logits.npy")
    tensors, words = load_file(f"{folder}/{name}.safetensors")
    network.load_state_dict(tensors, strict=False)
    missing = [k for k in network.state_dict() if k not in tensors and "num_batches" not in k]
    network.eval()

    def predict():  # outputs as ours are ordered
        y = network(images).detach()
        order = [int(k) for k in words.get("output_order", "").split()] or list(range(y.shape[1]))
        ours = torch.empty_like(y)
        ours[:, order] = y
        return (ours.permute(0, 2, 3, 1) if ours.dim() == 4 else ours).reshape(len(images), -1).numpy()

    worst = np.abs(predict() - logits).max()
    worst_of_all = max(worst_of_all, worst)
    if missing or not worst < 1e-10:
        print(f"{name}: our weights in PyTorch give logits that differ by {worst:.1e}, missing {missing}")
        good = False
    for module in network.modules():
        if hasattr(module, "reset_parameters"):
            module.reset_parameters()
        if hasattr(module, "running_mean"):
            module.running_mean.normal_(), module.running_var.uniform_(0.5, 2)
            module.weight.data.normal_(), module.bias.data.normal_()
    save_file(network.state_dict(), f"{folder}/{name}.theirs.safetensors")
    np.save(f"{folder}/{name}.theirs.npy", predict())
print(f"{len(names)} odd networks: our weights in PyTorch give logits that differ by at most {worst_of_all:.1e}")
sys.exit(0 if good else 1)
