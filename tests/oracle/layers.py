# SPDX-License-Identifier: Apache-2.0
# layers: every layer by itself and in small lists, as PyTorch computes it: values, gradients, running statistics.
import torch
from torch import nn
import torch.nn.functional as F

from oracle import (ChannelShuffle, ChannelSplit, Concat, DenseBlock, Flatten, GlobalMean, Maxout, PadChannels, PadShortcut, Residual, conv,
                    conv_transpose, fill_module, labels, maps, numbers, running_statistics, stored, stored_parameter)

BATCH = 3

# name: (input channels, height, width), layers. layers.cpp and composites.cpp have the same names.
LAYERS = {
    "conv": ((3, 6, 5), lambda: [conv(3, 5)]),
    "conv_stride": ((3, 7, 6), lambda: [conv(3, 4, stride=2)]),
    "conv_uneven_stride": ((3, 7, 8), lambda: [conv(3, 4, stride=(1, 2))]),
    "conv_no_pad": ((3, 6, 7), lambda: [conv(3, 4, pad=0)]),
    "conv_no_pad_stride": ((3, 8, 7), lambda: [conv(3, 4, stride=2, pad=0)]),
    "conv_groups": ((4, 5, 6), lambda: [conv(4, 6, groups=2)]),
    "conv_depthwise": ((6, 7, 5), lambda: [conv(6, 6, groups=6)]),
    "conv_depthwise_stride": ((17, 6, 7), lambda: [conv(17, 17, stride=2, groups=17, bias=True)]),
    "conv_multiplier": ((4, 5, 5), lambda: [conv(4, 8, groups=4)]),
    "conv_row": ((3, 4, 8), lambda: [conv(3, 4, kernel=(1, 7))]),
    "conv_column": ((3, 8, 4), lambda: [conv(3, 4, kernel=(7, 1))]),
    "conv_bias": ((3, 6, 6), lambda: [conv(3, 5, kernel=5, bias=True)]),
    "conv_even_kernel": ((3, 6, 6), lambda: [conv(3, 5, kernel=2, stride=2, pad=0)]),
    "conv_point": ((5, 4, 6), lambda: [conv(5, 7, kernel=1)]),
    "conv_point_stride": ((5, 5, 6), lambda: [conv(5, 7, kernel=1, stride=2)]),
    "conv_wide": ((16, 7, 9), lambda: [conv(16, 24)]),
    "conv_transpose": ((4, 4, 5), lambda: [conv_transpose(4, 3)]),
    "conv_transpose_stride": ((4, 3, 4), lambda: [conv_transpose(4, 3, stride=2)]),
    "conv_transpose_output_pad": ((4, 4, 3), lambda: [conv_transpose(4, 3, stride=2, output_pad=1)]),
    "conv_transpose_bias": ((5, 3, 3), lambda: [conv_transpose(5, 6, stride=3, output_pad=(2, 1), bias=True)]),
    "batch_norm": ((5, 4, 3), lambda: [nn.BatchNorm2d(5)]),
    "batch_norm_wide": ((19, 4, 4), lambda: [nn.BatchNorm2d(19)]),
    "batch_norm_flat": ((7, 2, 2), lambda: [GlobalMean(), nn.BatchNorm1d(7)]),
    "batch_norm_relu": ((5, 4, 3), lambda: [nn.BatchNorm2d(5), nn.ReLU()]),
    "batch_norm_elu": ((5, 4, 3), lambda: [nn.BatchNorm2d(5), nn.ELU()]),
    "batch_norm_leaky_relu": ((5, 4, 3), lambda: [nn.BatchNorm2d(5), nn.LeakyReLU(0.2)]),
    "batch_norm_sigmoid": ((5, 4, 3), lambda: [nn.BatchNorm2d(5), nn.Sigmoid()]),
    "linear": ((3, 4, 2), lambda: [Flatten(), nn.Linear(24, 7)]),
    "linear_no_bias": ((3, 2, 3), lambda: [Flatten(), nn.Linear(18, 5, bias=False)]),
    "relu": ((3, 4, 5), lambda: [nn.ReLU()]),
    "relu6": ((3, 4, 5), lambda: [nn.BatchNorm2d(3), nn.Conv2d(3, 24, 1), nn.ReLU6()]),
    "elu": ((3, 4, 5), lambda: [nn.ELU()]),
    "leaky_relu": ((3, 4, 5), lambda: [nn.LeakyReLU()]),
    "leaky_relu_third": ((3, 4, 5), lambda: [nn.LeakyReLU(1 / 3)]),
    "sigmoid": ((3, 4, 5), lambda: [nn.Sigmoid()]),
    "gelu": ((3, 4, 5), lambda: [nn.GELU()]),
    "silu": ((3, 4, 5), lambda: [nn.SiLU()]),
    "batch_norm_gelu": ((5, 4, 3), lambda: [nn.BatchNorm2d(5), nn.GELU(), conv(5, 4), nn.BatchNorm2d(4), nn.SiLU()]),
    "group_norm": ((6, 4, 3), lambda: [nn.GroupNorm(3, 6)]),
    "group_norm_relu": ((3, 5, 4), lambda: [conv(3, 8), nn.GroupNorm(2, 8), nn.ReLU(), conv(8, 4, 1), nn.GroupNorm(4, 4), nn.GELU()]),
    "max_pool": ((3, 6, 4), lambda: [nn.MaxPool2d(2)]),
    "max_pool_remainder": ((3, 7, 5), lambda: [nn.MaxPool2d(2)]),
    "max_pool_overlap": ((4, 7, 6), lambda: [nn.MaxPool2d(3, 2, 1)]),
    "max_pool_same": ((4, 4, 5), lambda: [nn.MaxPool2d(3, 1, 1)]),
    "max_pool_ceil": ((3, 6, 8), lambda: [nn.MaxPool2d(3, 2, ceil_mode=True)]),
    "max_pool_ceil_pad": ((3, 6, 7), lambda: [nn.MaxPool2d(3, 2, 1, ceil_mode=True)]),
    "max_pool_ceil_short": ((3, 5, 7), lambda: [nn.MaxPool2d(2, 3, 1, ceil_mode=True)]),
    "max_pool_rectangle": ((3, 6, 6), lambda: [nn.MaxPool2d((2, 3))]),
    "avg_pool": ((3, 6, 4), lambda: [nn.AvgPool2d(2)]),
    "avg_pool_pad": ((3, 7, 6), lambda: [nn.AvgPool2d(3, 2, 1)]),
    "avg_pool_exclude": ((3, 7, 6), lambda: [nn.AvgPool2d(3, 2, 1, count_include_pad=False)]),
    "avg_pool_ceil": ((3, 6, 8), lambda: [nn.AvgPool2d(3, 2, ceil_mode=True)]),
    "avg_pool_ceil_pad": ((3, 6, 7), lambda: [nn.AvgPool2d(3, 2, 1, ceil_mode=True)]),
    "avg_pool_ceil_exclude": ((3, 6, 7), lambda: [nn.AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False)]),
    "adaptive_avg_pool": ((4, 7, 5), lambda: [nn.AdaptiveAvgPool2d((3, 2))]),
    "adaptive_avg_pool_even": ((4, 8, 4), lambda: [nn.AdaptiveAvgPool2d(4)]),
    "adaptive_avg_pool_up": ((4, 2, 3), lambda: [nn.AdaptiveAvgPool2d(4)]),
    "global_avg_pool": ((5, 3, 4), lambda: [GlobalMean()]),
    "channel_shuffle": ((6, 3, 4), lambda: [ChannelShuffle(3)]),
    "pad_channels": ((3, 4, 3), lambda: [PadChannels(1, 2)]),
    "maxout": ((6, 3, 4), lambda: [Maxout(2)]),
    "maxout_flat": ((5, 2, 3), lambda: [Flatten(), nn.Linear(30, 15), Maxout(5)]),
    "bridge_like": ((3, 6, 6), lambda: [conv(3, 5, stride=2), nn.BatchNorm2d(5), nn.ELU(), conv(5, 5), nn.BatchNorm2d(5),
                                        conv_transpose(5, 3, stride=2, output_pad=1), nn.BatchNorm2d(3)]),
    "small_network": ((2, 8, 8), lambda: [conv(2, 4), nn.BatchNorm2d(4), nn.ELU(), nn.MaxPool2d(2), conv(4, 6, bias=True), nn.ReLU(),
                                          nn.AvgPool2d(2), Flatten(), nn.Linear(24, 8), nn.ELU(), nn.Linear(8, 3)]),
}


def basic(channels, out, stride=1):
    return nn.Sequential(conv(channels, out, stride=stride), nn.BatchNorm2d(out), nn.ReLU(), conv(out, out), nn.BatchNorm2d(out))


def bottleneck(channels, middle, growth):
    return nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(), conv(channels, middle, 1), nn.BatchNorm2d(middle), nn.ReLU(), conv(middle, growth))


COMPOSITES = {
    "residual": ((4, 5, 6), lambda: [Residual(basic(4, 4)), nn.ReLU()]),
    "residual_ends_in_elu": ((4, 5, 4), lambda: [Residual(nn.Sequential(conv(4, 4), nn.BatchNorm2d(4), nn.ELU()))]),
    "residual_pad": ((4, 6, 8), lambda: [Residual(basic(4, 8, 2), PadShortcut(2, 2, 2)), nn.ReLU()]),
    "residual_pad_odd": ((3, 4, 4), lambda: [Residual(basic(3, 6), PadShortcut(1, 1, 2)), nn.ELU()]),
    "residual_projected": ((4, 7, 6), lambda: [Residual(basic(4, 6, 2), nn.Sequential(conv(4, 6, 1, 2), nn.BatchNorm2d(6))), nn.ReLU()]),
    "residual_chain": ((3, 6, 6), lambda: [conv(3, 4), nn.BatchNorm2d(4), nn.ReLU(), Residual(basic(4, 4)), nn.ReLU(),
                                           Residual(basic(4, 8, 2), PadShortcut(2, 2, 2)), nn.ReLU(), GlobalMean(), nn.Linear(8, 3)]),
    "residual_nested": ((4, 4, 4), lambda: [Residual(nn.Sequential(conv(4, 4), nn.BatchNorm2d(4), nn.ReLU(), Residual(basic(4, 4)), nn.ReLU()))]),
    "concat": ((4, 5, 6), lambda: [Concat([
        nn.Sequential(conv(4, 3, 1, bias=True), nn.ReLU()),
        nn.Sequential(conv(4, 2, 1), nn.BatchNorm2d(2), nn.ReLU(), conv(2, 5), nn.BatchNorm2d(5), nn.ReLU()),
        nn.Sequential(nn.MaxPool2d(3, 1, 1), conv(4, 2, 1)),
        nn.Sequential()])]),
    "concat_pools": ((3, 6, 6), lambda: [Concat([
        nn.Sequential(nn.MaxPool2d(2)), nn.Sequential(nn.AvgPool2d(2), nn.Sigmoid()), nn.Sequential(conv(3, 4, stride=2), nn.ELU())]),
        nn.BatchNorm2d(10), nn.ReLU(), conv(10, 3, 1)]),
    "concat_nested": ((3, 4, 5), lambda: [Concat([
        nn.Sequential(conv(3, 2), Concat([nn.Sequential(conv(2, 2, 1), nn.ReLU()), nn.Sequential(conv(2, 3))])),
        nn.Sequential(Residual(basic(3, 3)), nn.ReLU())])]),
    "channel_split": ((6, 4, 5), lambda: [ChannelSplit([
        nn.Sequential(), nn.Sequential(conv(3, 4, 1), nn.BatchNorm2d(4), nn.ReLU(), conv(4, 4, groups=4), nn.BatchNorm2d(4), nn.ReLU(), conv(4, 3, 1),
                                       nn.BatchNorm2d(3), nn.ReLU())]), ChannelShuffle(2)]),
    "dense_block": ((4, 5, 4), lambda: [DenseBlock([nn.Sequential(nn.BatchNorm2d(4), nn.ReLU(), conv(4, 3)),
                                                    nn.Sequential(nn.BatchNorm2d(7), nn.ReLU(), conv(7, 3))])]),
    "dense_bottleneck": ((3, 6, 6), lambda: [conv(3, 4), DenseBlock([bottleneck(4, 5, 2), bottleneck(6, 5, 2), nn.Sequential(conv(8, 3), nn.ELU())]),
                                             nn.BatchNorm2d(11), nn.ReLU(), conv(11, 5, 1), nn.AvgPool2d(2)]),
}


def run(fixture, name, shape, layers):
    """Two passes in training, the first with gradients; then the first input again, in inference."""
    module = nn.Sequential(*layers).double()
    prefix = name + "."
    fill_module(module, prefix, statistics=True)
    module.train()
    x = maps(prefix + "x", BATCH, *shape).requires_grad_()
    y = module(x)
    fixture.put(name + "/output", stored(y))
    dy = numbers(prefix + "dy", *stored(y).shape)
    y.backward(dy.permute(0, 3, 1, 2) if dy.dim() == 4 else dy)
    fixture.put(name + "/input_gradient", stored(x.grad))
    for key, parameter in module.named_parameters():
        fixture.put(name + "/gradient/" + prefix + key, stored_parameter(parameter.grad))
    with torch.no_grad():
        module(maps(prefix + "x2", BATCH, *shape))
        for key, value in running_statistics(module, prefix).items():
            fixture.put(name + "/state/" + key, value)
        module.eval()
        if list(running_statistics(module, prefix)):
            fixture.put(name + "/inference", stored(module(x)))


def cross_entropy(fixture, rows, classes):
    """Scale 0.7 stands for whatever a caller weighs the loss with."""
    z = (6 * numbers("cross_entropy.z", rows, classes)).requires_grad_()
    y = labels("cross_entropy.y", rows, classes)
    losses = F.cross_entropy(z, y, reduction="none")
    (0.7 * losses.sum()).backward()
    fixture.put("cross_entropy/losses", losses)
    fixture.put("cross_entropy/gradient", z.grad)
    fixture.put("cross_entropy/hits", (z.argmax(1) == y).double())


METRICS = {
    "cosine": lambda a, b: 1 - F.cosine_similarity(a, b, dim=1),
    "negative_dot": lambda a, b: -(a * b).mean(1),
    "squared_euclidean": lambda a, b: ((a - b) ** 2).sum(1),
    "l1": lambda a, b: torch.linalg.vector_norm(a - b, 1, dim=1),
    "l2": lambda a, b: torch.linalg.vector_norm(a - b, 2, dim=1),
    "l3": lambda a, b: torch.linalg.vector_norm(a - b, 3, dim=1),
}


def metric(fixture, name, distance):
    """Row r is scaled by 1.5 + r before it goes backward."""
    rows, width = 3, 21
    a = numbers("metric.a", rows, width).requires_grad_()
    b = numbers("metric.b", rows, width)
    d = distance(a, b)
    d.backward(torch.arange(rows).double() + 1.5)
    fixture.put(name + "/value", d)
    fixture.put(name + "/gradient", a.grad)


def generate(fixture):
    for name, (shape, layers) in {**LAYERS, **COMPOSITES}.items():
        run(fixture, name, shape, layers())
    cross_entropy(fixture, 5, 7)
    for name, distance in METRICS.items():
        metric(fixture, name, distance)
