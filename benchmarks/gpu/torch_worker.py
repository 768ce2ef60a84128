#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# torch_worker: PyTorch's training step as a measured process. The conversation is that of ../peers/worker.hpp; what is measured is ten steps, the last of
# which is waited for; each copies its batch from page-locked memory.
#   torch_worker.py train NETWORK 1 BATCH MANNER,LAYOUT,PRECISION [DEVICE]
# MANNER: eager, compile or graph (a whole step captured). LAYOUT: first or last (channels). PRECISION: float32, tf32 or bf16 (autocast).
import contextlib
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

STEPS = 10


def conv(i, o, kernel, stride=1, groups=1):
    return nn.Conv2d(i, o, kernel, stride, kernel // 2, groups=groups, bias=False)


class Block(nn.Module):
    """Two 3x3 convolutions around an identity; where the map changes, every second pixel and zeros for new channels."""

    def __init__(self, i, o, stride):
        super().__init__()
        self.first, self.a, self.second, self.b = conv(i, o, 3, stride), nn.BatchNorm2d(o), conv(o, o, 3), nn.BatchNorm2d(o)
        self.stride, self.padding = stride, (o - i) // 2

    def forward(self, x):
        y = self.b(self.second(F.relu(self.a(self.first(x)))))
        if self.stride != 1:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.padding, self.padding))
        return F.relu(y + x)


def resnet(depth):
    layers, channels = [conv(3, 16, 3), nn.BatchNorm2d(16), nn.ReLU()], 16
    for out in (16, 32, 64):
        for _ in range((depth - 2) // 6):
            layers.append(Block(channels, out, 2 if out != channels else 1))
            channels = out
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def small_net(convolutions):
    layers, channels = [], 3
    for out in (32, 64, 128):
        for _ in range(convolutions):
            layers += [conv(channels, out, 3), nn.BatchNorm2d(out), nn.ELU()]
            channels = out
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(128 * 16, 128), nn.ELU(), nn.Linear(128, 10))


def mobilenet():
    layers, i = [conv(3, 32, 3), nn.BatchNorm2d(32), nn.ReLU()], 32
    for o, stride in [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)] + [(512, 1)] * 5 + [(1024, 2), (1024, 1)]:
        layers += [conv(i, i, 3, stride, i), nn.BatchNorm2d(i), nn.ReLU(), conv(i, o, 1), nn.BatchNorm2d(o), nn.ReLU()]
        i = o
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1024, 10))


class Half(nn.Module):
    """One network's way through a mutual knowledge base of 64 channels and 8x8 pixels."""

    def __init__(self, channels, stride):
        super().__init__()
        self.encoder = nn.Sequential(conv(channels, 64, 3, stride), nn.BatchNorm2d(64), nn.ELU())
        back = nn.ConvTranspose2d(64, channels, 3, stride, 1, output_padding=stride - 1, bias=False)
        self.decoder = nn.Sequential(back, nn.BatchNorm2d(channels))

    def forward(self, x, transfer):
        m = transfer(self.encoder(x))
        return x * (1 + F.elu(self.decoder(m))), F.adaptive_avg_pool2d(m, 4).flatten(1)


class Collaboration(nn.Module):
    """A SmallNet-4 and a ResNet-20, each cut after its second stage (Wang, Wang and Gao 2018). The transfer's running statistics, which cost nothing, are shared."""

    def __init__(self):
        super().__init__()
        small, deep = small_net(4), resnet(20)
        at_small, at_deep = 2 * 13, 3 + 6
        self.before = nn.ModuleList([small[:at_small], deep[:at_deep]])
        self.after = nn.ModuleList([small[at_small:], deep[at_deep:]])
        self.halves = nn.ModuleList([Half(64, 1), Half(32, 2)])
        self.transfer = nn.Sequential(conv(64, 64, 3), nn.BatchNorm2d(64), nn.ELU(), conv(64, 64, 3), nn.BatchNorm2d(64))
        self.verification = nn.Linear(1024, 10)

    def forward(self, x):
        logits, embeddings = [], []
        for before, half, after in zip(self.before, self.halves, self.after):
            h, e = half(before(x), self.transfer)
            logits.append(after(h))
            embeddings.append(e)
        return logits, embeddings, [self.verification(e) for e in embeddings]


def collaboration_loss(answer, y):
    """Eq. 1, 2, 4, 5 with cosine distances; each network follows the other's embedding as a constant."""
    logits, embeddings, verified = answer
    loss = 0
    for k in range(2):
        distance = (1 - F.cosine_similarity(embeddings[k], embeddings[1 - k].detach())).mean()
        loss = loss + F.cross_entropy(logits[k], y) + 0.2 * (distance + F.cross_entropy(verified[k], y))
    return loss


NETWORKS = {"ResNet-20": lambda: resnet(20), "ResNet-32": lambda: resnet(32), "SmallNet-4": lambda: small_net(4), "MobileNet": mobilenet,
            "collaboration": Collaboration}


def training(name, batch, manner, layout, precision, device):
    torch.manual_seed(1)
    torch.backends.cudnn.benchmark = True
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = precision == "tf32"
    form = torch.channels_last if layout == "last" else torch.contiguous_format
    net = NETWORKS[name]().to(device).to(memory_format=form).train()
    loss_of = collaboration_loss if name == "collaboration" else F.cross_entropy
    run = torch.compile(net) if manner == "compile" else net
    images = (torch.rand(batch, 3, 32, 32) - 0.5).to(memory_format=form)
    labels = torch.randint(0, 10, (batch,))
    if device == "cuda":
        images, labels = images.pin_memory(), labels.pin_memory()
    x, y = images.to(device), labels.to(device)
    extra = {"capturable": True} if manner == "graph" and "capturable" in torch.optim.SGD.__init__.__code__.co_varnames else {}
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4, **extra)
    last = torch.zeros((), device=device)

    def step():
        optimizer.zero_grad(set_to_none=manner != "graph")
        with torch.autocast(device, torch.bfloat16) if precision == "bf16" else contextlib.nullcontext():
            loss = loss_of(run(x), y)
        loss.backward()
        optimizer.step()
        last.copy_(loss.detach())

    go = step
    if manner == "graph":
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                step()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            step()
        go = graph.replay

    def ten():
        for _ in range(STEPS):
            x.copy_(images, non_blocking=True)
            y.copy_(labels, non_blocking=True)
            go()
        if device == "cuda":
            torch.cuda.synchronize()
    return sum(p.numel() for p in net.parameters()), ten, last


def main():
    _, name, _, batch, variant = sys.argv[1:6]
    device = sys.argv[6] if len(sys.argv) > 6 else "cuda"
    parameters, ten, last = training(name, int(batch), *variant.split(","), device)
    for _ in range(3):
        ten()
    print("ready", parameters, flush=True)
    for line in sys.stdin:
        words = line.split()
        if words[0] == "run":
            times, begin = [], time.perf_counter()
            while not times or time.perf_counter() - begin < float(words[1]):
                start = time.perf_counter()
                ten()
                times.append(time.perf_counter() - start)
            print(*times, flush=True)
        elif words[0] == "loss":
            print(float(last), flush=True)


if __name__ == "__main__":
    main()
