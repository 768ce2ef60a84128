# SPDX-License-Identifier: Apache-2.0
# collaborations: networks that learn around a mutual knowledge base (Wang, Wang and Gao 2018), by autograd from the formulas alone.
#
# Network k with feature map X_k at the cut, private encoder and decoder, shared transfer and verification classifier:
#     M_k = transfer(encoder_k(X_k)),  e_k = flatten(pool(M_k)),  v_k = V e_k + b
#     H_k = (1 + elu(decoder_k(M_k))) * X_k   or, read as a sum,   1 + elu(decoder_k(M_k)) + X_k           (Eq. 3)
#     L = sum_k [ CE(z_k, y) + alpha (mean_{j != k} D(e_k, constant e_j) + CE(v_k, y)) ]                    (Eq. 1, 2, 4, 5)
# Manners: "mean": D(e_k, constant mean of the others' e) instead of the mean of D (Eq. 6). "different": network k sees the batch rolled by k, and
# (D - W2^2 of the images)^2 stands for D (Eq. 4, line 2). "iterative": one network after the other moves, with what it shares, by its own loss, from renewed
# predictions of all; running statistics move once.
# Every network has running statistics of its own for the transfer's normalizations: buffers apart, weights shared.
import copy

import torch
from torch import nn
import torch.nn.functional as F

from layers import METRICS, basic
from oracle import (Flatten, GlobalMean, PadShortcut, Residual, conv, conv_transpose, fill, fill_module, labels, maps, running_statistics,
                    stored, stored_parameter)
from transport import marginal

IMAGE, CLASSES, ALPHA, STEPS, RATE = (3, 8, 8), 4, 0.2, 10, 0.05
MUTUAL = 5  # channels of the mutual space


class Cut(nn.Identity):
    pass


def plain():
    """Feature 6x4x4."""
    return [conv(3, 6), nn.BatchNorm2d(6), nn.ELU(), nn.MaxPool2d(2), Cut(), conv(6, 5), nn.BatchNorm2d(5), nn.ELU(), Flatten(), nn.Linear(80, CLASSES)]


def residual():
    """Feature 4x8x8: the encoder halves it, the decoder doubles it."""
    return [conv(3, 4), nn.BatchNorm2d(4), nn.ReLU(), Residual(basic(4, 4)), nn.ReLU(), Cut(),
            Residual(basic(4, 8, 2), PadShortcut(2, 2, 2)), nn.ReLU(), GlobalMean(), nn.Linear(8, CLASSES)]


def separable():
    """Feature 7x4x4."""
    return [conv(3, 7, stride=2, bias=True), nn.LeakyReLU(0.1), conv(7, 7, groups=7), nn.BatchNorm2d(7), nn.ELU(), Cut(),
            nn.AvgPool2d(2), Flatten(), nn.Linear(28, CLASSES)]


def plain_cut_twice():
    """Features 6x8x8 and 5x4x4."""
    return [conv(3, 6), nn.BatchNorm2d(6), nn.ELU(), Cut(), nn.MaxPool2d(2), conv(6, 5), nn.BatchNorm2d(5), nn.ELU(), Cut(), Flatten(), nn.Linear(80, CLASSES)]


def residual_cut_twice():
    """Features 4x8x8 and 8x4x4."""
    return [conv(3, 4), nn.BatchNorm2d(4), nn.ReLU(), Cut(), Residual(basic(4, 8, 2), PadShortcut(2, 2, 2)), nn.ReLU(), Cut(), GlobalMean(), nn.Linear(8, CLASSES)]


PLAIN, RESIDUAL, SEPARABLE = (plain, [(6, 1)]), (residual, [(4, 2)]), (separable, [(7, 1)])   # with (channels, encoder stride) at every cut

# name: networks, merge, metric. collaboration.cpp has the same names.
CASES = {
    "product": ([PLAIN, RESIDUAL], "product", "cosine"),
    "sum": ([PLAIN, RESIDUAL], "sum", "cosine"),
    "three": ([PLAIN, RESIDUAL, SEPARABLE], "product", "cosine"),
    "euclidean": ([RESIDUAL, SEPARABLE], "product", "squared_euclidean"),
    "twice": ([(plain_cut_twice, [(6, 2), (5, 1)]), (residual_cut_twice, [(4, 2), (8, 1)])], "product", "cosine"),
    "alone": ([RESIDUAL], "product", "cosine"),
    "mean": ([PLAIN, RESIDUAL, SEPARABLE], "product", "cosine"),
    "different": ([PLAIN, RESIDUAL], "product", "cosine"),
    "iterative": ([PLAIN, RESIDUAL], "product", "cosine"),
}


class Base(nn.Module):
    """The shared parts of one knowledge base."""

    def __init__(self):
        super().__init__()
        self.transfer = nn.Sequential(conv(MUTUAL, MUTUAL), nn.BatchNorm2d(MUTUAL), nn.ELU(), conv(MUTUAL, MUTUAL), nn.BatchNorm2d(MUTUAL))
        self.verification = nn.Sequential(nn.Linear(4 * MUTUAL, CLASSES))


class Half(nn.Module):
    """One network's half of a knowledge base."""

    def __init__(self, base, channels, stride, merge):
        super().__init__()
        self.encoder = nn.Sequential(conv(channels, MUTUAL, stride=stride), nn.BatchNorm2d(MUTUAL), nn.ELU())
        self.transfer = copy.deepcopy(base.transfer)   # for the buffers; the weights are the base's
        for own, shared in zip(self.transfer, base.transfer):
            for key in own._parameters:
                own._parameters[key] = shared._parameters[key]
        self.decoder = nn.Sequential(conv_transpose(MUTUAL, channels, stride=stride, output_pad=stride - 1), nn.BatchNorm2d(channels))
        self.merge = merge

    def forward(self, x):
        m = self.transfer(self.encoder(x))
        gate = 1 + F.elu(self.decoder(m))
        e = F.adaptive_avg_pool2d(m, 2).permute(0, 2, 3, 1).flatten(1)   # in the order of storage, as verification expects
        return (gate * x if self.merge == "product" else gate + x), e


class World:
    """The networks of a case and their bases, with every tensor under the library's name for it."""

    def __init__(self, case, networks, merge, distance):
        torch.manual_seed(0)
        self.distance, self.manner = distance, case
        self.nets = [nn.Sequential(*make()).double() for make, _ in networks]
        self.bases = [Base().double() for _ in networks[0][1]]
        self.halves = [[Half(base, channels, stride, merge).double() for base, (channels, stride) in zip(self.bases, cuts)] for _, cuts in networks]
        self.parameters, self.statistics = {}, {}
        for i, net in enumerate(self.nets):
            self.enter(net, f"net{i}.")
        for k, base in enumerate(self.bases):
            self.enter(base, f"mkb{k}.", statistics=False)
            for i in range(len(self.nets)):
                half = self.halves[i][k]
                self.enter(half.encoder, f"mkb{k}.net{i}.encoder.")
                self.enter(half.decoder, f"mkb{k}.net{i}.decoder.")
                self.statistics.update(running_statistics(half.transfer, f"mkb{k}.net{i}.transfer."))
        for key, parameter in self.parameters.items():
            fill(parameter, case + "." + key)

    def enter(self, module, prefix, statistics=True):
        self.parameters.update({prefix + key: p for key, p in module.named_parameters()})
        if statistics:
            self.statistics.update(running_statistics(module, prefix))

    def train(self, mode):
        for module in self.nets + [half for halves in self.halves for half in halves]:
            module.train(mode)

    def forward(self, x):
        """Logits of every network, whose images are one of `x`, and its embedding in every base."""
        logits, embeddings = [], []
        for net, halves, h in zip(self.nets, self.halves, x):
            at, mine = 0, []
            for layer in net:
                h = layer(h)
                if isinstance(layer, Cut):
                    h, e = halves[at](h)
                    mine.append(e)
                    at += 1
            logits.append(h)
            embeddings.append(mine)
        return logits, embeddings

    def metric(self, k, embeddings, x):
        others = [e.detach() for j, e in enumerate(embeddings) if j != k]
        if not others:
            return torch.zeros((), dtype=torch.float64)
        if self.manner == "mean":
            return self.distance(embeddings[k], torch.stack(others).mean(0)).mean()
        d = [self.distance(embeddings[k], e) for e in others]
        if self.manner == "different":   # two networks
            d = [(d[0] - marginal(x[k], x[1 - k])) ** 2]
        return sum(d).mean() / len(d)

    def loss(self, x, y):
        """Each network's own loss, its parts, and the embeddings."""
        n = len(self.nets)
        roll = 1 if self.manner == "different" else 0
        x, y = [x.roll(-k * roll, 0) for k in range(n)], [y.roll(-k * roll) for k in range(n)]
        logits, embeddings = self.forward(x)
        losses, parts = [], []
        for k in range(n):
            classification = F.cross_entropy(logits[k], y[k])
            metric = sum(self.metric(k, [e[b] for e in embeddings], x) for b in range(len(self.bases)))
            verification = sum(F.cross_entropy(base.verification(embeddings[k][b]), y[k]) for b, base in enumerate(self.bases))
            losses.append(classification + ALPHA * (metric + verification))
            accuracy = (logits[k].argmax(1) == y[k]).double().mean()
            parts.append(torch.stack([classification, metric, verification, accuracy]))
        return losses, torch.stack(parts), embeddings


def batch(case, step):
    """Images and labels of a step; step 3 has fewer samples than the others."""
    samples = 5 if step == 3 else 8
    return maps(f"{case}.images{step}", samples, *IMAGE), labels(f"{case}.labels{step}", samples, CLASSES)


def iterative_step(world, optimizer, x, y):
    for k in range(len(world.nets)):
        kept = {key: value.clone() for key, value in world.statistics.items()}
        for parameter in world.parameters.values():
            parameter.grad = None   # SGD leaves alone what has none
        each, _, _ = world.loss(x, y)
        each[k].backward()
        optimizer.step()
        if k > 0:   # the same batch again
            for key, value in world.statistics.items():
                value.copy_(kept[key])


def run(fixture, case, networks, merge, metric):
    world = World(case, networks, merge, METRICS[metric])
    optimizer = torch.optim.SGD(list(world.parameters.values()), lr=RATE, momentum=0.9, weight_decay=1e-4)
    world.train(True)
    losses = []
    for step in range(STEPS):
        if case == "iterative":
            iterative_step(world, optimizer, *batch(case, step))
            continue
        optimizer.zero_grad()
        each, parts, embeddings = world.loss(*batch(case, step))
        sum(each).backward()
        losses.append(parts)
        if step == 0:
            for key, parameter in world.parameters.items():
                fixture.put(f"{case}/gradient/{key}", stored_parameter(parameter.grad))
            for i, mine in enumerate(embeddings):
                for k, e in enumerate(mine):
                    fixture.put(f"{case}/embedding/{i}/{k}", e)
        optimizer.step()
    if losses:
        fixture.put(f"{case}/losses", torch.stack(losses))
    for key, parameter in world.parameters.items():
        fixture.put(f"{case}/parameter/{key}", stored_parameter(parameter))
    for key, value in world.statistics.items():
        fixture.put(f"{case}/state/{key}", value)
    world.train(False)
    with torch.no_grad():
        logits, _ = world.forward([batch(case, STEPS)[0]] * len(world.nets))
        for i, z in enumerate(logits):
            fixture.put(f"{case}/logits/{i}", z)


def generate(fixture):
    for case, (networks, merge, metric) in CASES.items():
        run(fixture, case, networks, merge, metric)
