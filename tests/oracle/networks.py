# SPDX-License-Identifier: Apache-2.0
# networks: whole networks for small images as PyTorch computes them. Weights follow from their names, and tensors are stored as digests.
#
#     python3 tests/oracle/networks.py some/folder    # also the weights, as state dictionaries: <network>.safetensors, 210 MB in all
import json
import os
import struct
import sys

import torch
from torch import nn

from oracle import (ChannelShuffle, ChannelSplit, Concat, DenseBlock, Flatten, GlobalMean, Maxout, PadShortcut, Residual, conv, fill_module, maps,
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


def lift(module):
    """Moves normalised channels away from the corner of ReLU, up or, one in eight, down: next to no activation stands where computing in
    float would put it on the other side and make the gradient another function's. A channel that is cut off nearly everywhere has next to no
    variance, which a normalisation that follows blows up; so they are few, and none where ReLU6 cuts off both ends, or where depthwise
    convolutions take channels one by one through many stages."""
    up_only = any(isinstance(layer, (nn.ReLU6, ChannelShuffle)) for layer in module.modules())
    with torch.no_grad():
        for layer in module.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.bias += 3
                if not up_only:
                    layer.bias[1::8] -= 6


def run(fixture, name, layers):
    module = nn.Sequential(*layers).double()
    prefix = name + "."
    fill_module(module, prefix, statistics=True)
    lift(module)
    module.train()
    x = maps(prefix + "x", BATCH, 3, 32, 32).requires_grad_()
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


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    for name, make in NETWORKS.items():
        module = nn.Sequential(*make()).double()
        fill_module(module, name + ".", statistics=True)
        lift(module)
        for layer in module:   # remember what they flatten
            if isinstance(layer, Flatten):
                layer.register_forward_hook(lambda layer, inputs, _: setattr(layer, "extents", inputs[0].shape[1:]))
        with torch.no_grad():
            module.eval()(torch.zeros(1, 3, 32, 32, dtype=torch.float64))
        save_state(module, os.path.join(folder, name + ".safetensors"))


if __name__ == "__main__":
    main()
