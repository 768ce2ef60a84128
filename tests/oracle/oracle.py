# SPDX-License-Identifier: Apache-2.0
# oracle: what the generators share: input numbers by formula, layouts, modules that PyTorch lacks, and the fixture file.
import struct

import torch
from torch import nn
import torch.nn.functional as F

PRIME = 1048573  # the largest below 2^20


def stream(name):
    """A residue for a name, by Horner's rule over its characters."""
    s = 0
    for character in name:
        s = (s * 131 + ord(character)) % PRIME
    return s


def residues(name, count):
    """Element i of the sequence called `name`, an integer in [0, PRIME). fixture.hpp has the same formula."""
    s = stream(name)
    i = torch.arange(count, dtype=torch.int64)
    t = (i * i + s) % PRIME
    return (t * t + (s + 40961) * i) % PRIME


def numbers(name, *shape):
    """Numbers in (-1, 1) that float represents exactly, row-major in `shape`."""
    count = 1
    for extent in shape:
        count *= extent
    return ((residues(name, count) - (PRIME - 1) // 2).double() / 524288.0).reshape(shape)


def labels(name, count, classes):
    return residues(name, count) % classes


# Layouts. Stored: maps NHWC; convolutions [kh][kw][in][out]; transposed ones [kh][kw][out][in]; products [in][out].


def maps(name, batch, channels, height, width):
    """The maps called `name`, as PyTorch wants them."""
    return numbers(name, batch, height, width, channels).permute(0, 3, 1, 2).contiguous()


def stored(t):
    """A map or a matrix of rows in the order of storage."""
    return t.permute(0, 2, 3, 1) if t.dim() == 4 else t


def stored_parameter(t):
    return t.permute(2, 3, 1, 0) if t.dim() == 4 else t.t() if t.dim() == 2 else t


def fill(tensor, name):
    """Gives a parameter or running statistic its first values: weights of variance 1 / fan-in or so, scales around 1, the rest around 0."""
    with torch.no_grad():
        shape = stored_parameter(tensor).shape
        u = numbers(name, *shape)
        if tensor.dim() == 4:
            tensor.copy_((u * (3.0 / (u.numel() / shape[-1])) ** 0.5).permute(3, 2, 0, 1))
        elif tensor.dim() == 2:
            tensor.copy_((u * (3.0 / shape[0]) ** 0.5).t())
        else:
            tensor.copy_(0.25 * u + (1.0 if name.endswith(("weight", "running_var")) else 0.0))


def fill_module(module, prefix, statistics):
    for name, parameter in module.named_parameters():
        fill(parameter, prefix + name)
    for name, buffer in module.named_buffers():
        if statistics and buffer.dim() == 1:
            fill(buffer, prefix + name)


def running_statistics(module, prefix):
    return {prefix + name: buffer for name, buffer in module.named_buffers() if buffer.dim() == 1}


# Modules. Names of parameters come from their places, which is also how the library names them.


def conv(channels, out, kernel=3, stride=1, pad=None, groups=1, bias=False):
    """A convolution that keeps the size unless told otherwise."""
    k = (kernel, kernel) if isinstance(kernel, int) else kernel
    return nn.Conv2d(channels, out, k, stride, (k[0] // 2, k[1] // 2) if pad is None else pad, groups=groups, bias=bias)


def conv_transpose(channels, out, stride=1, output_pad=0, bias=False):
    return nn.ConvTranspose2d(channels, out, 3, stride, 1, output_padding=output_pad, bias=bias)


class Flatten(nn.Module):
    """Row, column, channel."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


class GlobalMean(nn.Module):
    def forward(self, x):
        return x.mean(dim=(2, 3))


class PadShortcut(nn.Module):
    """Option A of He et al.: every stride-th pixel, zeros before and behind the channels."""

    def __init__(self, stride, before, behind):
        super().__init__()
        self.stride, self.before, self.behind = stride, before, behind

    def forward(self, x):
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.before, self.behind))


class Residual(nn.Module):
    def __init__(self, body, shortcut=None):
        super().__init__()
        self.body = body
        self.shortcut = shortcut if shortcut is not None else nn.Identity()

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


class Concat(nn.ModuleList):
    def forward(self, x):
        return torch.cat([branch(x) for branch in self], dim=1)


class DenseBlock(nn.ModuleList):
    def forward(self, x):
        for layer in self:
            x = torch.cat([x, layer(x)], dim=1)
        return x


class ChannelSplit(nn.ModuleList):
    """Each branch its part of the channels."""

    def forward(self, x):
        return torch.cat([branch(part) for branch, part in zip(self, x.chunk(len(self), dim=1))], dim=1)


class ChannelShuffle(nn.Module):
    def __init__(self, groups):
        super().__init__()
        self.groups = groups

    def forward(self, x):
        batch, channels, height, width = x.shape
        return x.view(batch, self.groups, channels // self.groups, height, width).transpose(1, 2).reshape(x.shape)


class PadChannels(nn.Module):
    def __init__(self, before, behind):
        super().__init__()
        self.before, self.behind = before, behind

    def forward(self, x):
        return F.pad(x, (0, 0, 0, 0, self.before, self.behind))


class Maxout(nn.Module):
    def __init__(self, pieces):
        super().__init__()
        self.pieces = pieces

    def forward(self, x):
        return torch.stack(x.chunk(self.pieces, dim=1)).max(dim=0).values


class Fixture:
    """Tensors by name: `<path>.txt` has a line `name count` for each, `<path>.bin` their values, float64 little-endian, in that order."""

    def __init__(self):
        self.entries = {}

    def put(self, name, tensor):
        assert name not in self.entries and " " not in name, name
        values = tensor.detach().double().contiguous().flatten().tolist()
        assert all(v == v for v in values), name
        self.entries[name] = values

    @classmethod
    def read(cls, path):
        fixture = cls()
        with open(path + ".txt", encoding="ascii") as index, open(path + ".bin", "rb") as data:
            for line in index:
                name, count = line.split()
                fixture.entries[name] = list(struct.unpack(f"<{count}d", data.read(8 * int(count))))
        return fixture

    def write(self, path):
        with open(path + ".txt", "w", encoding="ascii", newline="\n") as index, open(path + ".bin", "wb") as data:
            for name, values in self.entries.items():
                index.write(f"{name} {len(values)}\n")
                data.write(struct.pack(f"<{len(values)}d", *values))
        count = sum(len(v) for v in self.entries.values())
        print(f"{path}: {len(self.entries)} tensors, {8 * count} bytes")
