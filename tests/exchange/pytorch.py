# SPDX-License-Identifier: Apache-2.0
# pytorch: PyTorch loads our weights, and we load PyTorch's: logits agree to 1e-5. Also shows how such networks are spelled there.
#   pytorch.py FOLDER     where `write FOLDER` has written; writes NAME.theirs.safetensors and NAME.theirs.npy for `write FOLDER read`
import json
import struct
import sys

import numpy as np
import torch
from torch import nn

folder = sys.argv[1]


def load_file(path):  # what safetensors.torch.load_file does
    data = open(path, "rb").read()
    (n,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + n])
    values = data[8 + n :]
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            assert entry["dtype"] == "F32"
            begin, end = entry["data_offsets"]
            tensors[name] = torch.from_numpy(np.frombuffer(values[begin:end], "<f4").reshape(entry["shape"]).copy())
    return tensors


def save_file(tensors, path):  # what safetensors.torch.save_file does
    header, values = {}, b""
    for name, t in tensors.items():
        if t.dtype != torch.float32:
            continue
        raw = t.detach().contiguous().numpy().astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [len(values), len(values) + len(raw)]}
        values += raw
    text = json.dumps(header).encode()
    open(path, "wb").write(struct.pack("<Q", len(text)) + text + values)


def S(*layers):
    return nn.Sequential(*layers)


class Residual(nn.Module):
    def __init__(self, body, shortcut=None, pad=None):
        super().__init__()
        self.body, self.pad = body, pad
        self.shortcut = shortcut if shortcut is not None else nn.Sequential()

    def forward(self, x):
        y = self.body(x)
        if self.pad:  # option A: every second pixel, zeros around the channels
            stride, out = self.pad
            x = x[:, :, ::stride, ::stride]
            before = (out - x.shape[1]) // 2
            return y + nn.functional.pad(x, (0, 0, 0, 0, before, out - x.shape[1] - before))
        return y + self.shortcut(x)


class Concat(nn.Sequential):
    def forward(self, x):
        return torch.cat([branch(x) for branch in self], 1)


class Dense(nn.Sequential):
    def forward(self, x):
        for layer in self:
            x = torch.cat([x, layer(x)], 1)
        return x


class Split(nn.Sequential):
    def forward(self, x):
        return torch.cat([branch(part) for branch, part in zip(self, x.chunk(len(self), 1))], 1)


class Pad(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.channels = channels

    def forward(self, x):
        before = (self.channels - x.shape[1]) // 2
        return nn.functional.pad(x, (0, 0, 0, 0, before, self.channels - x.shape[1] - before))


def conv(i, o, k, **options):
    return nn.Conv2d(i, o, k, padding=k // 2, bias=options.pop("bias", False), **options)


BN, BN1, Cut = nn.BatchNorm2d, nn.BatchNorm1d, nn.Identity
networks = {
    "plain": S(conv(3, 8, 3, bias=True), BN(8), nn.ReLU(), nn.MaxPool2d(2), conv(8, 6, 3, stride=2, groups=2), nn.LeakyReLU(0.2), Cut(), nn.Flatten(), BN1(54), nn.Dropout(0.5),
               nn.Linear(54, 7), nn.ELU(), nn.Linear(7, 4)),
    "composites": S(Residual(S(conv(4, 4, 3), BN(4), nn.ReLU(), conv(4, 4, 3), BN(4))), nn.ReLU(), Residual(S(conv(4, 8, 3, stride=2), BN(8)), pad=(2, 8)), nn.ELU(),
                    Residual(S(conv(8, 6, 1)), S(conv(8, 6, 1, bias=True), BN(6))), Concat(S(), S(conv(6, 3, 3), nn.ReLU()), S(nn.AvgPool2d(3, 1, 1), conv(6, 1, 1))),
                    Dense(S(BN(10), nn.ReLU(), conv(10, 2, 3)), S(conv(12, 2, 1))), Pad(16), Split(S(), S(conv(8, 8, 1), BN(8))), nn.ChannelShuffle(2), nn.Flatten(), nn.Linear(256, 5)),
    "smooth": S(conv(4, 8, 3), nn.GroupNorm(4, 8), nn.GELU(), conv(8, 6, 3), BN(6), nn.SiLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(54, 12), nn.GroupNorm(3, 12),
                nn.GELU(), nn.Linear(12, 4)),
}

good = True
for name, network in networks.items():
    images = torch.from_numpy(np.load(f"{folder}/{name}.images.npy"))
    logits = np.load(f"{folder}/{name}.logits.npy")
    network.load_state_dict(load_file(f"{folder}/{name}.safetensors"), strict=True)
    network.eval()
    worst = np.abs(network(images).detach().numpy() - logits).max()
    print(f"{name}: our weights in PyTorch give logits that differ by at most {worst:.1e}")
    good = good and worst < 1e-5
    torch.manual_seed(3)
    for module in network.modules():
        if hasattr(module, "reset_parameters"):
            module.reset_parameters()
        if hasattr(module, "running_mean"):
            module.running_mean.normal_(), module.running_var.uniform_(0.5, 2)
    save_file(network.state_dict(), f"{folder}/{name}.theirs.safetensors")
    np.save(f"{folder}/{name}.theirs.npy", network(images).detach().numpy())
sys.exit(0 if good else 1)
