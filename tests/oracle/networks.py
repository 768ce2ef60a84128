# SPDX-License-Identifier: Apache-2.0
# networks: whole networks for small images as PyTorch computes them. Weights follow from their names, and tensors are stored as digests.
#
# A gradient can be compared in float only where it does not jump: where a value lies within its rounding of the corner of a ReLU, or two within theirs in a
# window of a max pool, exact and rounded arithmetic compute the gradients of different functions. (GoogLeNet pools a million overlapping windows. At a point
# taken blindly, PyTorch's own gradient in float was off by 9e-3 in one tensor.) So channels that come near a corner are drawn again, and the fixture says which.
#
#     python3 tests/oracle/networks.py some/folder    # also the weights, as state dictionaries: <network>.safetensors, 360 MB in all
import copy
import json
import os
import struct
import sys

import torch
from torch import nn
import torch.nn.functional as F

from oracle import (ChannelShuffle, ChannelSplit, Concat, DenseBlock, Fixture, Flatten, GlobalMean, Maxout, PadShortcut, Residual, conv, fill, fill_module, maps,
                    numbers, running_statistics, stored, stored_parameter)

BATCH = 4
DIRECTIONS = 3


def cut():
    return nn.Identity()   # a layer of its own, so that it counts in the names


def norm(channels):
    return nn.BatchNorm2d(channels)


def conv_norm_relu(channels, out, kernel=3, stride=1, bias=False, groups=1):
    return [conv(channels, out, kernel, stride, bias=bias, groups=groups), norm(out), nn.ReLU()]


def conv_relu(channels, out, kernel, pad=None):
    return [conv(channels, out, kernel, pad=pad, bias=True), nn.ReLU()]


def small_net(convolutions):
    layers, channels = [], 3
    for out in (32, 64, 128):
        for _ in range(convolutions):
            layers += [conv(channels, out), norm(out), nn.ELU()]
            channels = out
        layers += [nn.MaxPool2d(2), cut()]
    return layers + [Flatten(), nn.Linear(2048, 128), nn.ELU(), cut(), nn.Linear(128, 10)]


def basic(channels, out, stride, shortcut):
    body = nn.Sequential(*conv_norm_relu(channels, out, 3, stride), conv(out, out), norm(out))
    if stride == 1:
        return [Residual(body), nn.ReLU()]
    if shortcut == "A":
        side = PadShortcut(2, (out - channels) // 2, (out - channels) // 2)
    else:
        side = nn.Sequential(conv(channels, out, 1, 2), norm(out))
    return [Residual(body, side), nn.ReLU()]


def resnet(depth, shortcut):
    n = (depth - 2) // 6
    layers, channels = conv_norm_relu(3, 16), 16
    for out in (16, 32, 64):
        for block in range(n):
            layers += basic(channels, out, 2 if block == 0 and out > 16 else 1, shortcut)
            channels = out
        layers.append(cut())
    return layers + [GlobalMean(), nn.Linear(64, 10)]


def wide_resnet(depth, width):
    layers, channels = [conv(3, 16)], 16
    for stage, out in enumerate((16 * width, 32 * width, 64 * width)):
        stride = 2 if stage else 1
        layers += [norm(channels), nn.ReLU(),
                   Residual(nn.Sequential(*conv_norm_relu(channels, out, 3, stride), conv(out, out)), nn.Sequential(conv(channels, out, 1, stride)))]
        for _ in range((depth - 4) // 6 - 1):
            layers.append(Residual(nn.Sequential(norm(out), nn.ReLU(), conv(out, out), norm(out), nn.ReLU(), conv(out, out))))
        if stage == 2:
            layers += [norm(out), nn.ReLU()]
        layers.append(cut())
        channels = out
    return layers + [GlobalMean(), nn.Linear(channels, 10)]


def mobilenet():
    units = [(64, 1), cut, (128, 2), (128, 1), cut, (256, 2), (256, 1), cut, (512, 2)] + 5 * [(512, 1)] + [cut, (1024, 2), (1024, 1), cut]
    layers, channels = conv_norm_relu(3, 32), 32
    for unit in units:
        if unit is cut:
            layers.append(cut())
            continue
        out, stride = unit
        layers += conv_norm_relu(channels, channels, 3, stride, groups=channels) + conv_norm_relu(channels, out, 1)
        channels = out
    return layers + [GlobalMean(), nn.Linear(1024, 10)]


def inverted(channels, out, stride, expand=6):
    wide = expand * channels
    layers = [conv(channels, wide, 1), norm(wide), nn.ReLU6()] if expand > 1 else []
    return layers + [conv(wide, wide, 3, stride, groups=wide), norm(wide), nn.ReLU6(), conv(wide, out, 1), norm(out)]


def mobilenet_v2():
    layers = [conv(3, 32), norm(32), nn.ReLU6()] + inverted(32, 16, 1, 1)
    channels = 16
    for out, units, stride, cut_behind in ((24, 2, 1, True), (32, 3, 2, True), (64, 4, 2, False), (96, 3, 1, True), (160, 3, 2, False), (320, 1, 1, True)):
        layers += inverted(channels, out, stride)
        layers += [Residual(nn.Sequential(*inverted(out, out, 1))) for _ in range(units - 1)]
        if cut_behind:
            layers.append(cut())
        channels = out
    return layers + [conv(320, 1280, 1), norm(1280), nn.ReLU6(), GlobalMean(), nn.Linear(1280, 10)]


def shufflenet_v2():
    def branch(channels, out, stride):
        return nn.Sequential(*conv_norm_relu(channels, out, 1), conv(out, out, 3, stride, groups=out), norm(out), *conv_norm_relu(out, out, 1))

    layers, channels = conv_norm_relu(3, 24) + [cut()], 24
    for out, units in ((116, 4), (232, 8), (464, 4)):
        first = nn.Sequential(conv(channels, channels, 3, 2, groups=channels), norm(channels), *conv_norm_relu(channels, out // 2, 1))
        layers += [Concat([first, branch(channels, out // 2, 2)]), ChannelShuffle(2)]
        for _ in range(units - 1):
            layers += [ChannelSplit([nn.Sequential(), branch(out // 2, out // 2, 1)]), ChannelShuffle(2)]
        layers.append(cut())
        channels = out
    return layers + conv_norm_relu(464, 1024, 1) + [cut(), GlobalMean(), nn.Linear(1024, 10)]


def vgg16():
    layers, channels = [], 3
    for out, convolutions in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(convolutions):
            layers += conv_norm_relu(channels, out, bias=True)
            channels = out
        layers += [nn.MaxPool2d(2), cut()]
    return layers + [Flatten(), nn.Linear(512, 10)]


def googlenet():
    def form(channels, out, kernel):
        return conv_norm_relu(channels, out, kernel, bias=True)

    def inception(channels, one, three_reduced, three, five_reduced, five, pooled):
        return Concat([nn.Sequential(*form(channels, one, 1)), nn.Sequential(*form(channels, three_reduced, 1), *form(three_reduced, three, 3)),
                       nn.Sequential(*form(channels, five_reduced, 1), *form(five_reduced, five, 3), *form(five, five, 3)),
                       nn.Sequential(nn.MaxPool2d(3, 1, 1), *form(channels, pooled, 1))])

    return form(3, 192, 3) + [
        cut(), inception(192, 64, 96, 128, 16, 32, 32), inception(256, 128, 128, 192, 32, 96, 64), nn.MaxPool2d(3, 2, 1), cut(),
        inception(480, 192, 96, 208, 16, 48, 64), cut(), inception(512, 160, 112, 224, 24, 64, 64), inception(512, 128, 128, 256, 24, 64, 64),
        inception(512, 112, 144, 288, 32, 64, 64), cut(), inception(528, 256, 160, 320, 32, 128, 128), cut(), nn.MaxPool2d(3, 2, 1),
        inception(832, 256, 160, 320, 32, 128, 128), inception(832, 384, 192, 384, 48, 128, 128), cut(), GlobalMean(), nn.Linear(1024, 10)]


def densenet40():
    layers, channels = [conv(3, 16)], 16
    for block in range(3):
        layers.append(DenseBlock([nn.Sequential(norm(channels + 12 * k), nn.ReLU(), conv(channels + 12 * k, 12)) for k in range(12)]))
        channels += 144
        if block == 0:
            layers.append(cut())
        layers += [norm(channels), nn.ReLU()]
        if block < 2:
            layers += [conv(channels, channels, 1), nn.AvgPool2d(2)]
        layers.append(cut())
    return layers + [GlobalMean(), nn.Linear(channels, 10)]


def nin():
    return conv_relu(3, 192, 5) + conv_relu(192, 160, 1) + conv_relu(160, 96, 1) + [nn.MaxPool2d(3, 2, ceil_mode=True), cut()] + \
        conv_relu(96, 192, 5) + conv_relu(192, 192, 1) + conv_relu(192, 192, 1) + [nn.AvgPool2d(3, 2, ceil_mode=True), cut()] + \
        conv_relu(192, 192, 3) + conv_relu(192, 192, 1) + conv_relu(192, 10, 1) + [cut(), GlobalMean()]


def dsn():
    def companion(channels, out, kernel):
        return [conv(channels, out, kernel, bias=True), cut(), nn.ReLU()]

    pool = [nn.MaxPool2d(3, 2, ceil_mode=True), cut()]
    return companion(3, 192, 5) + conv_relu(192, 160, 1) + conv_relu(160, 96, 1) + pool + \
        companion(96, 192, 5) + conv_relu(192, 192, 1) + conv_relu(192, 192, 1) + [nn.MaxPool2d(3, 2, ceil_mode=True), cut()] + \
        companion(192, 192, 3) + conv_relu(192, 192, 1) + conv_relu(192, 10, 1) + [cut(), GlobalMean()]


def maxout_net():
    layers, channels = [], 3
    for out, kernel, pad, pool in ((96, 8, 4, nn.MaxPool2d(4, 2, ceil_mode=True)), (192, 8, 3, nn.MaxPool2d(4, 2, ceil_mode=True)),
                                   (192, 5, 3, nn.MaxPool2d(2, ceil_mode=True))):
        layers += [conv(channels, 2 * out, kernel, pad=pad, bias=True), Maxout(2), pool, cut()]
        channels = out
    return layers + [Flatten(), nn.Linear(4800, 2500), Maxout(5), cut(), nn.Linear(500, 10)]


NETWORKS = {
    "small_net": lambda: small_net(2),
    "small_net_4": lambda: small_net(4),
    "resnet_20_a": lambda: resnet(20, "A"),
    "resnet_20_b": lambda: resnet(20, "B"),
    "resnet_32": lambda: resnet(32, "A"),
    "resnet_44": lambda: resnet(44, "A"),
    "resnet_56": lambda: resnet(56, "A"),
    "resnet_110": lambda: resnet(110, "A"),
    "wide_resnet": lambda: wide_resnet(16, 2),
    "wide_resnet_28_10": lambda: wide_resnet(28, 10),
    "mobilenet": mobilenet,
    "mobilenet_v2": mobilenet_v2,
    "shufflenet_v2": shufflenet_v2,
    "vgg16": vgg16,
    "googlenet": googlenet,
    "densenet_40": densenet40,
    "nin": nin,
    "dsn": dsn,
    "maxout_net": maxout_net,
}


def digest(name, tensor):
    """The norm, then products with DIRECTIONS vectors whose elements have variance 1. compare.hpp has the same."""
    flat = tensor.detach().double().contiguous().flatten()
    products = [(3 ** 0.5 * numbers(f"{name}~{k}", flat.numel()) * flat).sum() for k in range(DIRECTIONS)]
    return torch.stack([flat.norm()] + products)


def lifts(module):
    """What is added to the shifts of normalizations, by name, so that normalized channels are mostly above the corner of ReLU or, one in eight, mostly below,
    and fewer values are near it. A channel that is cut off nearly everywhere has next to no variance, which a normalization that follows blows up; so
    they are few, and none where depthwise convolutions take channels one by one through many stages. One stddev it is, and not more: convolutions that
    normalizations follow are blind to the mean that it brings in, so that gradients become small remainders of large sums. Lifted by 3, PyTorch's own
    gradients in float differ from those in double by 1e-4 in DenseNet-40 and 7e-5 in ResNet-110; by 1, by 2e-5 and 1e-5."""
    up_only = any(isinstance(layer, nn.Conv2d) and layer.groups > 1 for layer in module.modules())
    amounts = {}
    for name, layer in module.named_modules():
        if isinstance(layer, nn.BatchNorm2d):
            amounts[name + ".bias"] = torch.full_like(layer.bias, 1.0, requires_grad=False)
            if not up_only:
                amounts[name + ".bias"][1::8] = -1
    return amounts


MARGIN = 4   # in units of the channel's largest rounding error in float; that of other orders of summation may be twice as large


def trace(names, part, x, last):
    """The result of a part of a module, and everything in it that has a corner: the layer, what it was given and put out, and what had been computed last, which
    `last` goes on to say: a layer with shifts, and one with weights."""
    seen = []

    def note(layer, given, out):
        if getattr(layer, "bias", None) is not None:
            last["bias"] = names[layer] + ".bias"
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            last["weight"] = names[layer] + ".weight"
        if isinstance(layer, (nn.ReLU, nn.ReLU6, nn.ELU, nn.MaxPool2d, Maxout)):
            seen.append((layer, given[0], out, dict(last)))

    hooks = [layer.register_forward_hook(note) for layer in part.modules()]
    with torch.no_grad():
        y = part(x)
    for hook in hooks:
        hook.remove()
    return y, seen


def distances(layer, x):
    """Of every value, or between the values that are compared, from where the gradient jumps."""
    if isinstance(layer, nn.ReLU):
        return x.abs()
    if isinstance(layer, nn.ReLU6):
        return torch.minimum(x.abs(), (x - 6).abs())
    if isinstance(layer, nn.MaxPool2d):
        k, s, p = layer.kernel_size, layer.stride, layer.padding
        behind = p + (s if layer.ceil_mode else 0)
        best = F.pad(x, (p, behind, p, behind), value=-1e30).unfold(2, k, s).unfold(3, k, s).flatten(4).topk(2, -1).values
        gap = best[..., 0] - best[..., 1]
    else:
        best = torch.stack(x.chunk(layer.pieces, dim=1)).topk(2, 0).values
        gap = best[0] - best[1]
    return torch.where(gap == 0, torch.inf, gap)   # equal ones are copies of one, or zeros behind a ReLU


def source(seen, pooled):
    """Where a channel that is pooled comes from: a weight and the channel."""
    for layer, x, out, last in reversed(seen):
        if out.shape[2:] != pooled.shape[1:]:
            continue
        same = (out == pooled[:, None]).all(3).all(2).all(0).nonzero()
        if len(same) > 0:
            channel = same[0].item()
            return source(seen[: [entry[0] for entry in seen].index(layer)], x[:, channel]) if isinstance(layer, nn.MaxPool2d) else (last["weight"], channel)
    raise AssertionError("a pooled channel comes from nowhere")


def near_corners(before, exact, rounded):
    """The parameters to draw again, by name and channel, so that the first layer with values near a corner has them no longer."""
    for i, (layer, given, _, last) in enumerate(exact):
        if isinstance(layer, nn.ELU):
            continue
        axes = [axis for axis in range(given.dim()) if axis != 1]
        error = (given - rounded[i][1]).abs().amax(axes)
        if isinstance(layer, Maxout):
            error = torch.stack(error.chunk(layer.pieces)).amax(0)
        near = (distances(layer, given).amin(axes) < MARGIN * error).nonzero().flatten().tolist()
        if near:
            return [source(before + exact[:i], given[:, channel]) if isinstance(layer, nn.MaxPool2d) else (last["bias"], channel) for channel in near]
    return []


def fill_drawn(module, prefix, drawn):
    """Parameters by the formula, except that channels in `drawn`, a list of (name, channel, draw), have other values: of the sequence `name#draw`."""
    fill_module(module, prefix, statistics=True)
    amounts, parameters = lifts(module), dict(module.named_parameters())
    with torch.no_grad():
        for name, amount in amounts.items():
            parameters[name] += amount
    draw_again(module, prefix, drawn)


def draw_again(module, prefix, drawn):
    amounts, parameters = lifts(module), dict(module.named_parameters())
    with torch.no_grad():
        for name, channel, draw in drawn:
            other = torch.empty_like(parameters[name])
            fill(other, f"{prefix}{name}#{draw}")
            parameters[name][channel] = other[channel] + (amounts[name][channel] if name in amounts else 0)


def settle(module, prefix, x):
    """Draws channels again until nothing lies so near a corner that another rounding would compute the gradient of another function. Layer by layer."""
    rounded, drawn, draw = copy.deepcopy(module).float(), [], 0
    names, names_rounded = ({layer: name for name, layer in m.named_modules()} for m in (module, rounded))
    stages = [(x, x.float(), {}, [])]   # before each layer: its input in double and in float, what was computed last, and the corners so far
    while len(stages) <= len(module):
        i = len(stages) - 1
        y, y_rounded, last, before = stages[i]
        last = dict(last)
        y, exact = trace(names, module[i], y, last)
        y_rounded, in_float = trace(names_rounded, rounded[i], y_rounded, {})
        again = sorted(set(near_corners(before, exact, in_float)))
        if not again:
            stages.append((y, y_rounded, last, before + exact))
            continue
        draw += 1
        assert draw < 1000, prefix + " does not settle"
        drawn += [(name, channel, draw) for name, channel in again]
        for m in (module, rounded):
            draw_again(m, prefix, drawn[-len(again):])
        del stages[min(int(name.split(".")[0]) for name, _ in again) + 1:]
    return drawn


def run(fixture, name, layers):
    module = nn.Sequential(*layers).double()
    prefix = name + "."
    module.train()
    x = maps(prefix + "x", BATCH, 3, 32, 32)
    fill_drawn(module, prefix, [])
    drawn = settle(module, prefix, x)
    fill_drawn(module, prefix, drawn)   # afresh, for running statistics have moved
    for key in dict.fromkeys(key for key, _, _ in drawn):
        fixture.put(f"{name}/drawn/{prefix}{key}", torch.tensor([n for other, *where in drawn if other == key for n in where]))
    x.requires_grad_()
    y = module(x)
    fixture.put(name + "/logits", stored(y))
    y.backward(numbers(prefix + "dy", *y.shape))
    fixture.put(name + "/input_gradient", digest(prefix + "dx", stored(x.grad)))
    for key, parameter in module.named_parameters():
        fixture.put(name + "/gradient/" + prefix + key, digest(prefix + key, stored_parameter(parameter.grad)))
    for key, value in running_statistics(module, prefix).items():
        fixture.put(name + "/state/" + key, digest(key, value))
    module.eval()
    with torch.no_grad():
        fixture.put(name + "/inference", stored(module(x)))


def generate(fixture):
    for name, make in NETWORKS.items():
        run(fixture, name, make())


def save_state(module, path):
    """A state dictionary in float as safetensors; the first linear layer behind a Flatten as nn.Flatten, which has channels first, would feed it."""
    flat, shape = {}, None
    for layer in module:   # where a matrix follows a map, and which
        if isinstance(layer, Flatten):
            shape = layer.extents
        elif isinstance(layer, nn.Linear) and shape:
            flat[layer], shape = shape, None
    header, values = {"__metadata__": {"format": "pt"}}, []
    at = 0
    for name, tensor in module.state_dict().items():
        tensor = tensor.detach()
        if tensor.dtype == torch.float64:
            tensor = tensor.float()
        owner = module.get_submodule(name.rpartition(".")[0])
        if owner in flat and name.endswith("weight"):
            c, h, w = flat[owner]
            tensor = tensor.reshape(-1, h, w, c).permute(0, 3, 1, 2).flatten(1)
        raw = tensor.contiguous().numpy().tobytes()
        kind = {torch.float32: "F32", torch.int64: "I64"}[tensor.dtype]
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [at, at + len(raw)]}
        values.append(raw)
        at += len(raw)
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for raw in values:
            file.write(raw)


def drawn_again(fixture, name):
    """What `run` noted."""
    drawn, start = [], f"{name}/drawn/{name}."
    for key, values in fixture.entries.items():
        if key.startswith(start):
            drawn += [(key[len(start):], int(channel), int(draw)) for channel, draw in zip(values[::2], values[1::2])]
    return drawn


def main():
    folder = sys.argv[1]
    fixture = Fixture.read(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures", "oracle", "networks"))
    os.makedirs(folder, exist_ok=True)
    for name, make in NETWORKS.items():
        module = nn.Sequential(*make()).double()
        fill_drawn(module, name + ".", drawn_again(fixture, name))
        for layer in module:   # remember what they flatten
            if isinstance(layer, Flatten):
                layer.register_forward_hook(lambda layer, inputs, _: setattr(layer, "extents", inputs[0].shape[1:]))
        with torch.no_grad():
            module.eval()(torch.zeros(1, 3, 32, 32, dtype=torch.float64))
        save_state(module, os.path.join(folder, name + ".safetensors"))


if __name__ == "__main__":
    main()
