# SPDX-License-Identifier: Apache-2.0
# methods: losses of every method by autograd from the formulas alone. What is detached is said at every place.
import copy
import math

import torch
from torch import nn
import torch.nn.functional as F

from collaborations import Cut, batch, plain, residual, separable, CLASSES
from oracle import Flatten, GlobalMean, conv, fill, stored_parameter
from transport import marginal

STEPS, RATE = 3, 0.05


class Net:
    """A network with what methods read of it: the map at its cut and the vector before its last layer."""

    def __init__(self, make):
        self.module = nn.Sequential(*make()).double()

    def __call__(self, x):
        self.image, self.maps = x, []
        for i, layer in enumerate(self.module):
            if i == len(self.module) - 1:
                self.vector = x
            x = layer(x)
            if isinstance(layer, Cut):
                self.map = x
                self.maps.append(x)
        self.logits = x
        return x


def kl(target, own, t=1.0, squared=True):
    return F.kl_div(F.log_softmax(own / t, 1), F.softmax(target / t, 1), reduction="batchmean") * (t * t if squared else 1)


def rows(m):
    return m.flatten(1)


def distances(e):
    squares = (e[:, None] - e[None]).pow(2).sum(-1)
    return torch.where(torch.eye(len(e), dtype=bool), torch.zeros_like(squares), squares.clamp(min=1e-12)).add(torch.eye(len(e), dtype=e.dtype)).sqrt() - torch.eye(len(e), dtype=e.dtype)


def relation_distance(s, t):
    def normalized(e):
        d = distances(e)
        return d / d[d > 0].mean()
    return F.smooth_l1_loss(normalized(s), normalized(t))


def relation_angle(s, t):
    def angles(e):
        v = e[None] - e[:, None]
        u = F.normalize(v, dim=2)
        return torch.bmm(u, u.transpose(1, 2))
    return F.smooth_l1_loss(angles(s), angles(t))


def similarity(s, t):
    def g(f):
        return F.normalize(rows(f) @ rows(f).t(), dim=1)
    return (g(s) - g(t)).pow(2).sum() / len(s) ** 2


def congruence(s, t, gamma=0.4):
    def k(f):
        c = F.normalize(rows(f)) @ F.normalize(rows(f)).t()
        return math.exp(-2 * gamma) * (1 + 2 * gamma * c + (2 * gamma * c) ** 2 / 2)
    return (k(s) - k(t)).pow(2).sum() / len(s) ** 2


def transfer(s, t, e=1e-7):
    def p(f):
        f = rows(f)
        f = f / (f.norm(dim=1, keepdim=True) + e)
        c = (f @ f.t() + 1) / 2
        return c / c.sum(1, keepdim=True)
    return (p(t) * torch.log((p(t) + e) / (p(s) + e))).mean()


def alignment(s, t):
    x, y = rows(s) - rows(s).mean(0), rows(t) - rows(t).mean(0)
    return 1 - (x.t() @ y).pow(2).sum() / ((x.t() @ x).norm() * (y.t() @ y).norm())


def attention(s, t):
    def q(f):
        return F.normalize(rows(f.pow(2).mean(1)))
    return (q(s) - q(t)).pow(2).mean()


def style(s, t):
    s, t = F.normalize(s.flatten(2), dim=2), F.normalize(t.flatten(2), dim=2)
    def k(a, b):
        return (a @ b.transpose(1, 2)).pow(2).mean((1, 2))
    return (k(t, t) + k(s, s) - 2 * k(s, t)).mean()


def gaussian(mu, a, t):
    variance = F.softplus(a + math.log(math.exp(5 - 1e-5) - 1)) + 1e-5
    variance = variance.view(1, -1, 1, 1)
    return (0.5 * ((t - mu).pow(2) / variance + torch.log(variance))).mean()


class Value(nn.Module):
    """ParameterLayer numbers."""

    def __init__(self, n):
        super().__init__()
        self.value = nn.Parameter(torch.zeros(n))


def head(channels):
    return nn.Sequential(GlobalMean(), nn.Linear(channels, CLASSES))


def staged():
    """Features 6x8x8 and 8x4x4."""
    return [conv(3, 6), nn.BatchNorm2d(6), nn.ReLU(), Cut(), conv(6, 8, stride=2), nn.BatchNorm2d(8), nn.ReLU(), Cut(), GlobalMean(), nn.Linear(8, CLASSES)]


def staged_teacher():
    """Features 5x8x8 and 7x4x4."""
    return [conv(3, 5), nn.BatchNorm2d(5), nn.ReLU(), Cut(), conv(5, 7, stride=2), nn.ReLU(), Cut(), GlobalMean(), nn.Linear(7, CLASSES)]


def discriminator(channels):
    return nn.Sequential(conv(channels, channels, stride=2, bias=True), nn.BatchNorm2d(channels), nn.LeakyReLU(0.2), conv(channels, channels, bias=True), GlobalMean(),
                         nn.Linear(channels, 1), nn.Sigmoid())


# Each case: networks, frozen ones, adapters by the library's names, and losses(nets, adapters, y): the list of each network's own loss,
# behind them losses of what is shared.

def mutual(nets, b, y):
    n = len(nets)
    return [F.cross_entropy(k.logits, y) + sum(kl(o.logits.detach(), k.logits) for o in nets if o is not k) / (n - 1) for k in nets]


def mutual_attached(nets, b, y):
    return [F.cross_entropy(k.logits, y) + sum(kl(o.logits, k.logits) for o in nets if o is not k) for k in nets]


def mutual_mean(nets, b, y):
    losses = []
    for k in nets:
        p = torch.stack([F.softmax(o.logits.detach() / 2, 1) for o in nets if o is not k]).mean(0)
        losses.append(F.cross_entropy(k.logits, y) + 4 * F.kl_div(F.log_softmax(k.logits / 2, 1), p, reduction="batchmean"))
    return losses


def distil(nets, b, y):
    t, s = nets
    return [None, 0.1 * F.cross_entropy(s.logits, y) + 0.9 * kl(t.logits.detach(), s.logits, 4)]


def hints(nets, b, y):
    t, s = nets
    return [None, F.cross_entropy(s.logits, y) + 2 * F.mse_loss(b["method0.regressor"](s.map), t.map.detach())]


def ctsl(nets, b, y):
    losses = []
    for k in range(2):
        own, other = nets[k], nets[1 - k]
        f = other.vector.detach()
        losses.append(F.cross_entropy(own.logits, y)
                      + 25 * (relation_distance(own.vector, f) + 2 * relation_angle(own.vector, f) + 0.04 * kl(other.logits.detach(), own.logits))
                      + kl(nets[2 + k].logits.detach(), own.logits, 4))
    return losses + [None, None]


def features(metric, weight, tap):
    def losses(nets, b, y):
        t, s = nets
        return [None, F.cross_entropy(s.logits, y) + weight * metric(getattr(s, tap), getattr(t, tap).detach())]
    return losses


def variational(nets, b, y):
    t, s = nets
    return [None, F.cross_entropy(s.logits, y) + gaussian(b["method0.mean0"](s.map), b["method0.variance0"][0].value, t.map.detach())]


def heads(nets, b, y):
    losses = []
    for k in nets:
        z = torch.stack([o.logits.detach() for o in nets if o is not k]).mean(0)
        losses.append(0.5 * F.cross_entropy(k.logits, y) - 0.5 * (F.softmax(z / 2, 1) * F.log_softmax(k.logits / 2, 1)).sum(1).mean())
    return losses


def together(kind):
    def losses(nets, b, y):
        z = torch.stack([k.logits.detach() for k in nets])
        index = torch.arange(len(y))
        if kind == "minimum":
            target = (z - z[:, index, y][:, :, None]).min(0).values
        elif kind == "best":
            ce = torch.stack([F.cross_entropy(k, y, reduction="none") for k in z])
            target = z[ce.argmin(0), index]
        else:
            target = z.mean(0)
        return [F.cross_entropy(k.logits, y) + kl(target, k.logits, 2) for k in nets]
    return losses


class General:
    """KDCL-General: weights of least error on a held-out batch, in inference mode, renewed before every step."""

    def before(self, fixture, case, nets, step):
        x, y = batch(case + ".held_out", 0)
        off = []
        for net in nets:
            net.module.eval()
            with torch.no_grad():
                off.append((F.softmax(net.module(x), 1) - F.one_hot(y, CLASSES)).flatten())
            net.module.train()
        off = torch.stack(off)
        errors = off @ off.t() / len(y)
        errors = errors + (1e-4 * errors.diagonal().mean() + 1e-12) * torch.eye(len(nets), dtype=errors.dtype)
        w = torch.linalg.solve(errors, torch.ones(len(nets), dtype=errors.dtype))
        self.weights = w / w.sum()
        fixture.put(f"{case}/weights{step}", self.weights)

    def __call__(self, nets, b, y):
        target = sum(w * k.logits.detach() for w, k in zip(self.weights, nets))
        return [F.cross_entropy(k.logits, y) + kl(target, k.logits, 2) for k in nets]


def virtual(nets, b, y):
    losses = []
    for k in nets:
        u = torch.full_like(k.logits, 0.01 / (CLASSES - 1)).scatter(1, y[:, None], 0.99)
        losses.append(0.9 * F.cross_entropy(k.logits, y) + 0.1 * kl(u / 20, k.logits))
    return losses


def peers(nets, b, y):
    students = nets[:-1]
    query, key = b["method0.query"], b["method0.key"]
    losses = []
    for a in students:
        scores = torch.stack([(query(a.vector) * key(o.vector)).sum(1) for o in students], 1)
        weight = F.softmax(scores, 1)
        target = sum(weight[:, i, None] * o.logits.detach() for i, o in enumerate(students))
        losses.append(F.cross_entropy(a.logits, y) + kl(target, a.logits, 3))   # attention learns through the target
    mean = torch.stack([o.logits.detach() for o in students]).mean(0)
    return losses + [F.cross_entropy(nets[-1].logits, y) + kl(mean, nets[-1].logits, 3)]


def native(nets, b, y):
    trunk = nets[0].map
    z = [nets[0].logits, b["method0.branch1"](trunk), b["method0.branch2"](trunk)]
    gate = F.softmax(b["method0.gate"](trunk), 1)
    e = sum(gate[:, i, None] * zi for i, zi in enumerate(z))
    return [sum(F.cross_entropy(zi, y) for zi in z) + F.cross_entropy(e, y) + sum(kl(e.detach(), zi, 3) for zi in z)]


def cross_layers(nets, b, y):
    z = [[k.logits, b[f"method0.exit{i}_0"](k.map)] for i, k in enumerate(nets)]
    losses = []
    for i in range(2):
        losses.append(sum(F.cross_entropy(a, y) for a in z[i]) + sum(kl(o.detach(), a) for a in z[i] for o in z[1 - i]))
    return losses


def own_teacher(nets, b, y):
    k = nets[0]
    v = b["method0.exit0"](k.map)
    z = b["method0.classifier0"](v)
    end = k.vector.detach()
    mask = ((v > 0) | (end > 0)).double()
    return [0.9 * (F.cross_entropy(k.logits, y) + F.cross_entropy(z, y)) + 0.1 * kl(k.logits.detach(), z, 3) + 0.01 * (mask * (v - end).pow(2)).sum(1).mean()]


def flow(nets, b, y):
    def matrix(k):
        first, second = F.adaptive_avg_pool2d(k.maps[0], 4), k.maps[1]
        return torch.einsum("bihw,bjhw->bij", first, second) / 16
    t, s = nets
    return [None, F.cross_entropy(s.logits, y) + 3 * F.mse_loss(matrix(s), matrix(t).detach())]


def contrast(nets, b, y):
    t, s = nets
    u, v = F.normalize(b["method0.student"](s.vector)), F.normalize(b["method0.teacher"](t.vector.detach()))
    scores, own = u @ v.t() / 0.3, torch.arange(len(y))
    return [None, F.cross_entropy(s.logits, y) + 0.8 * (F.cross_entropy(scores, own) + F.cross_entropy(scores.t(), own))]


def mixture(nets, b, y):
    """KDCL-Linear: exponentiated gradient descent on the weights, the gradient by autograd."""
    z = torch.stack([k.logits.detach() for k in nets])
    w = torch.full((len(nets), len(y)), 1 / len(nets), dtype=torch.float64)
    for _ in range(50):
        w = w.detach().requires_grad_()
        loss = F.cross_entropy((w[:, :, None] * z).sum(0), y, reduction="sum")
        g, = torch.autograd.grad(loss, w)
        w = w * torch.exp(-0.5 * g)
        w = w / w.sum(0)
    target = (w[:, :, None] * z).sum(0).detach()
    return [F.cross_entropy(k.logits, y) + kl(target, k.logits, 2) for k in nets]


def combined(nets, b, y):
    p = torch.cat([F.softmax(k.logits, 1) for k in nets], 1).detach()
    return [None, None, F.cross_entropy(b["method0.classifier"](p), y)]


def embedding(nets, b, y):
    """Network i sees the batch, and the labels, rolled by i."""
    e = [b[f"method0.embedding{i}"](k.map) for i, k in enumerate(nets)]
    losses = []
    for i, k in enumerate(nets):
        j = 1 - i
        w = marginal(k.image, nets[j].image)
        d = (e[i] - e[j].detach()).pow(2).sum(1) / 5
        losses.append(F.cross_entropy(k.logits, y.roll(-i)) + 0.2 * (d - w).pow(2).mean())
    return losses


def adversarial_features(nets, b, y):
    mapped = [b[f"method0.adapter{i}"](k.map) for i, k in enumerate(nets)]
    losses, critic = [], 0
    for i, k in enumerate(nets):
        j, d = 1 - i, b[f"method0.discriminator{i}"]
        losses.append(F.cross_entropy(k.logits, y) + kl(nets[j].logits.detach(), k.logits, 3) + 0.5 * (1 - d(mapped[i])).pow(2).mean())
        critic = critic + (1 - d(mapped[j].detach())).pow(2).mean() + d(mapped[i].detach()).pow(2).mean()
    return losses, critic


def reconstruction(nets, b, y):
    """Of ACKD: see the header. Not the authors' formulas."""
    t, s = nets
    taught = t.logits.detach()
    g = [b["method0.learner0"](s.maps[0]), s.maps[1]]
    z = [b["method0.classifier0"](g[0]), s.logits]
    a = F.softmax(torch.cat([b["method0.attention"](m) for m in g], 1), 1)
    fused = sum(a[:, i].view(-1, 1, 1, 1) * m for i, m in enumerate(g))
    zf = b["method0.fused"](fused)
    d = b["method0.discriminator"]
    loss = sum(F.cross_entropy(k, y) for k in z + [zf]) + sum(kl(taught, k, 4) for k in z + [zf]) + sum(kl(zf.detach(), k, 4) for k in z) + 0.1 * (1 - d(fused)).pow(2).mean()
    critic = (1 - d(b["method0.adapter"](t.maps[1].detach()))).pow(2).mean() + d(fused.detach()).pow(2).mean()
    return [None, loss], critic


NONE = dict
CASES = {
    "dml": ([plain, residual, separable], [], NONE, mutual),
    "dml_attached": ([plain, residual], [], NONE, mutual_attached),
    "dml_mean": ([plain, residual, separable], [], NONE, mutual_mean),
    "dml_iterative": ([plain, residual], [], NONE, mutual),
    "distillation": ([residual, plain], [0], NONE, distil),
    "hints": ([residual, plain], [0], lambda: {"method0.regressor": nn.Sequential(nn.ConvTranspose2d(6, 4, 4, 2, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU())}, hints),
    "ctsl": ([plain, residual, plain, residual], [2, 3], NONE, ctsl),
    "rkd": ([separable, plain], [0], NONE, lambda n, b, y: [None, F.cross_entropy(n[1].logits, y) + 25 * relation_distance(n[1].vector, n[0].vector.detach())
                                                           + 50 * relation_angle(n[1].vector, n[0].vector.detach())]),
    "sp": ([separable, plain], [0], NONE, features(similarity, 30, "map")),
    "cc": ([separable, plain], [0], NONE, features(congruence, 5, "map")),
    "pkt": ([separable, plain], [0], NONE, features(transfer, 300, "vector")),
    "cka": ([separable, plain], [0], NONE, features(alignment, 2, "vector")),
    "at": ([separable, plain], [0], NONE, features(attention, 100, "map")),
    "nst": ([separable, plain], [0], NONE, features(style, 5, "map")),
    "vid": ([separable, plain], [0], lambda: {"method0.mean0": nn.Sequential(conv(6, 7, 1), nn.ReLU(), conv(7, 7, 1), nn.ReLU(), conv(7, 7, 1)), "method0.variance0": nn.Sequential(Value(7))}, variational),
    "clnn": ([plain, residual, separable], [], NONE, heads),
    "kdcl_minimum": ([plain, residual, separable], [], NONE, together("minimum")),
    "kdcl_best": ([plain, residual, separable], [], NONE, together("best")),
    "kdcl_mean": ([plain, residual, separable], [], NONE, together("mean")),
    "kdcl_general": ([plain, residual, separable], [], NONE, General()),
    "tfkd": ([plain, residual], [], NONE, virtual),
    "okddip": ([plain, plain, residual], [], lambda: {"method0.query": nn.Sequential(nn.Linear(80, 3, bias=False)), "method0.key": nn.Sequential(nn.Linear(80, 3, bias=False))}, peers),
    "crd": ([separable, plain], [0], lambda: {"method0.student": nn.Sequential(nn.Identity(), nn.Linear(80, 6)), "method0.teacher": nn.Sequential(nn.Identity(), nn.Linear(28, 6))}, contrast),
    "fsp": ([staged, staged], [0], NONE, flow),
    "kdcl_mixture": ([plain, residual, separable], [], NONE, mixture),
    "ensemble": ([plain, residual], [0, 1], lambda: {"method0.classifier": nn.Sequential(nn.Linear(2 * CLASSES, CLASSES))}, combined),
    "wel": ([plain, residual], [], lambda: {"method0.embedding0": nn.Sequential(Flatten(), nn.Linear(96, 5, bias=False), nn.BatchNorm1d(5)), "method0.embedding1": nn.Sequential(Flatten(), nn.Linear(256, 5, bias=False), nn.BatchNorm1d(5))}, embedding),
    "afd": ([plain, residual], [], lambda: {"method0.adapter0": nn.Sequential(conv(6, 5, 1, bias=True), nn.AdaptiveAvgPool2d(4)), "method0.adapter1": nn.Sequential(conv(4, 5, 1, bias=True), nn.AdaptiveAvgPool2d(4)),
                                            "method0.discriminator0": discriminator(5), "method0.discriminator1": discriminator(5)}, adversarial_features),
    "ackd": ([staged_teacher, staged], [0], lambda: {"method0.attention": nn.Sequential(GlobalMean(), nn.Linear(8, 1), nn.ReLU(), nn.Linear(1, 1, bias=False)),
                                                     "method0.learner0": nn.Sequential(conv(6, 8, stride=2), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(4)),
                                                     "method0.classifier0": head(8), "method0.fused": head(8),
                                                     "method0.adapter": nn.Sequential(conv(7, 8, 1, bias=True), nn.AdaptiveAvgPool2d(4)), "method0.discriminator": discriminator(8)}, reconstruction),
    "one": ([plain], [], lambda: {"method0.gate": nn.Sequential(GlobalMean(), nn.Linear(6, 3, bias=False), nn.BatchNorm1d(3), nn.ReLU()), "method0.branch1": head(6), "method0.branch2": head(6)}, native),
    "dcm": ([plain, residual], [], lambda: {"method0.exit0_0": head(6), "method0.exit1_0": head(4)}, cross_layers),
    "byot": ([residual], [], lambda: {"method0.exit0": nn.Sequential(conv(4, 8), nn.BatchNorm2d(8), nn.ReLU(), GlobalMean()), "method0.classifier0": nn.Sequential(nn.Linear(8, CLASSES))}, own_teacher),
}


def opposes(name, case):   # what belongs to a critic
    return "discriminator" in name or (case == "ackd" and "adapter" in name)


def run(fixture, case, makers, frozen, adapters, losses):
    torch.manual_seed(0)
    nets = [Net(make) for make in makers]
    parts = {name: part.double() for name, part in adapters().items()}
    parameters = {f"net{i}.{key}": p for i, net in enumerate(nets) for key, p in net.module.named_parameters()}
    parameters.update({f"{name}.{key}": p for name, part in parts.items() for key, p in part.named_parameters()})
    for key, p in parameters.items():
        fill(p, case + "." + key)
    for i, net in enumerate(nets):
        net.module.train(i not in frozen)
    moved = {key: p for key, p in parameters.items() if not any(key.startswith(f"net{i}.") for i in frozen)}
    critics = {key: p for key, p in moved.items() if opposes(key, case)}
    movers = [[p for key, p in moved.items() if key not in critics]]
    iterative = case.endswith("iterative")
    if iterative:
        movers = [[p for key, p in moved.items() if key.startswith(f"net{i}.")] for i in range(len(nets))]
    optimizers = [torch.optim.SGD(group, lr=RATE, momentum=0.9, weight_decay=1e-4) for group in movers]
    opponent = torch.optim.Adam(critics.values(), lr=1e-4, betas=(0.5, 0.999)) if critics else None
    own = []
    for step in range(STEPS):
        x, y = batch(case, step)
        if hasattr(losses, "before"):
            losses.before(fixture, case, nets, step)
        for half, optimizer in enumerate(optimizers):
            statistics = [copy.deepcopy(dict(net.module.named_buffers())) for net in nets]
            for i, net in enumerate(nets):
                net(x.roll(-i, 0) if case == "wel" else x)
            each = losses(nets, parts, y)
            for p in moved.values():
                p.grad = None
            if opponent:   # first, and then everything else against what it has become
                each[1].backward()
                opponent.step()
                each, _ = losses(nets, parts, y)
                for p in moved.values():
                    p.grad = None
            (each[half] if iterative else sum(l for l in each if l is not None)).backward()
            for p in critics.values():
                p.grad = torch.zeros_like(p)   # the networks' losses move no critic
            if step == 0 and (not iterative or half == 0):
                for key, p in moved.items():
                    if not iterative or key.startswith("net0."):
                        fixture.put(f"{case}/gradient/{key}", stored_parameter(p.grad))
            optimizer.step()
            if half > 0:   # the same batch again: running statistics stay
                for net, kept in zip(nets, statistics):
                    for key, value in net.module.named_buffers():
                        value.copy_(kept[key])
        own.append(torch.stack([torch.zeros((), dtype=torch.float64) if l is None else l for l in each[:len(nets)]]).detach())
    fixture.put(f"{case}/losses", torch.stack(own))
    fixture.put(f"{case}/sum", torch.stack([p.detach().pow(2).sum() for p in moved.values()]))


def generate(fixture):
    for case, arguments in CASES.items():
        run(fixture, case, *arguments)
