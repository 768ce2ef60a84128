# SPDX-License-Identifier: Apache-2.0
# description: random networks and collaborations as plain data, the shapes that the library gives
# them, and their C++.
#
# A network is {"input": [channels, height, width], "layers": [layer, ...]}. A layer is
# {"op": name, ...}; lists of layers inside composites are lists. A case is {"seed", "batch",
# "samples", "networks", "mkbs", "policies", "metric", "methods", "alpha"}; what an MKB is,
# DrawTogether.mkb says.
import random

ACTIVATIONS = ["Relu", "Relu6", "Elu", "Sigmoid", "LeakyRelu"]


class Refused(Exception):
    """The library does not accept this layer at this shape."""


def expect(holds, why):
    if not holds:
        raise Refused(why)


def window_extent(size, kernel, stride, pad, up=False):
    room = size + 2 * pad - kernel
    expect(room >= 0, "the kernel does not fit")
    if not up:
        return room // stride + 1
    n = (room + stride - 1) // stride + 1
    return n - 1 if (n - 1) * stride >= size + pad else n


def flattens(layers):
    return any(l["op"] == "Flatten" or any(flattens(part) for part in inner(l)) for l in layers)


def inner(layer):
    """The lists of layers inside a layer."""
    parts = list(layer.get("branches", []))
    if "body" in layer:
        parts.append(layer["body"])
    if isinstance(layer.get("shortcut"), list):
        parts.append(layer["shortcut"])
    if layer["op"] == "MutualKnowledge":
        parts += [layer["encoder"], layer["transfer"], layer["decoder"]]
    return parts


def through(layers, dims):
    """The shape behind a list of layers."""
    for layer in layers:
        dims = output(layer, dims)
    return dims


def output(layer, dims):
    c, h, w = dims
    op = layer["op"]
    if op in ("Conv2d", "DepthwiseConv2d"):
        (kh, kw), (sh, sw), (ph, pw) = layer["kernel"], layer["stride"], layer["pad"]
        out = c if op == "DepthwiseConv2d" else layer["out"]
        groups = 1 if op == "DepthwiseConv2d" else layer["groups"]
        expect(c % groups == 0 and out % groups == 0, "groups")
        return out, window_extent(h, kh, sh, ph), window_extent(w, kw, sw, pw)
    if op == "ConvTranspose2d":
        (kh, kw), (sh, sw), (ph, pw) = layer["kernel"], layer["stride"], layer["pad"]
        oh, ow = layer["output_pad"]
        expect((oh < sh and ow < sw) or (oh, ow) == (0, 0), "output padding")
        out = layer["out"], (h - 1) * sh - 2 * ph + kh + oh, (w - 1) * sw - 2 * pw + kw + ow
        expect(out[1] > 0 and out[2] > 0, "nothing is left")
        return out
    if op in ("MaxPool", "AvgPool"):
        (kh, kw), (sh, sw), (ph, pw) = layer["kernel"], layer["stride"], layer["pad"]
        expect(2 * ph <= kh and 2 * pw <= kw, "the padding of a pool")
        up = layer["ceil"]
        return c, window_extent(h, kh, sh, ph, up), window_extent(w, kw, sw, pw, up)
    if op == "AdaptiveAvgPool":
        return (c, *layer["extent"])
    if op == "GlobalAvgPool":
        return c, 1, 1
    if op == "Linear":
        expect(h * w == 1, "a linear layer wants a flat sample")
        return layer["out"], 1, 1
    if op == "Flatten":
        return c * h * w, 1, 1
    if op == "Maxout":
        expect(c % layer["pieces"] == 0, "pieces")
        return c // layer["pieces"], h, w
    if op == "ChannelShuffle":
        expect(c % layer["groups"] == 0, "groups")
        return dims
    if op == "PadChannels":
        expect(c <= layer["channels"], "fewer channels")
        return layer["channels"], h, w
    if op == "Residual":
        out = through(layer["body"], dims)
        if layer["shortcut"] == "pad":
            expect(out[0] >= c and h % out[1] == 0 and w % out[2] == 0, "PadShortcut")
        else:
            expect(through(layer["shortcut"], dims) == out, "both sides give the same shape")
        return out
    if op in ("Concat", "ChannelSplit"):
        expect(not any(flattens(b) for b in layer["branches"]), "Flatten inside")
        n = len(layer["branches"])
        if op == "ChannelSplit":
            expect(c % n == 0, "the channels of a split")
            dims = c // n, h, w
        outs = [through(b, dims) for b in layer["branches"]]
        expect(all(o[1:] == outs[0][1:] for o in outs), "branches of one size")
        return sum(o[0] for o in outs), outs[0][1], outs[0][2]
    if op == "DenseBlock":
        expect(not any(flattens(b) for b in layer["branches"]), "Flatten inside")
        for branch in layer["branches"]:
            out = through(branch, (c, h, w))
            expect(out[1:] == (h, w), "a dense block keeps the size")
            c += out[0]
        return c, h, w
    if op in ACTIVATIONS + ["BatchNorm", "Dropout", "Cut", "MutualKnowledge"]:
        return dims
    raise Refused("unknown layer " + op)


# ---- C++ ----


def pair(name, value, usual=None):
    if usual is not None and list(value) == list(usual):
        return ""
    return f", {name}<{value[0]}>" if value[0] == value[1] else f", {name}<{value[0]}, {value[1]}>"


def spelled(layers):
    return ", ".join(cpp(l) for l in layers)


def as_list(layers):
    return f"Layers<{spelled(layers)}>"


def window(layer, usual_pad, usual_stride):
    kh, kw = layer["kernel"]
    text = str(kh) if kh == kw else f"0, Kernel<{kh}, {kw}>"
    text += pair("Stride", layer["stride"], usual_stride) + pair("Pad", layer["pad"], usual_pad)
    for key, word in (("bias", "Bias"), ("ceil", "CeilMode"), ("exclude", "ExcludePadding")):
        if layer.get(key):
            text += ", " + word
    if layer.get("groups", 1) > 1:
        text += f", Groups<{layer['groups']}>"
    if layer.get("output_pad", [0, 0]) != [0, 0]:
        text += pair("OutputPad", layer["output_pad"])
    return text


def cpp(layer):
    op = layer["op"]
    if op in ("Conv2d", "DepthwiseConv2d", "ConvTranspose2d"):
        kh, kw = layer["kernel"]
        first = "" if op == "DepthwiseConv2d" else f"{layer['out']}, "
        return f"{op}<{first}{window(layer, [kh // 2, kw // 2], [1, 1])}>"
    if op in ("MaxPool", "AvgPool"):
        return f"{op}<{window(layer, [0, 0], layer['kernel'])}>"
    if op == "AdaptiveAvgPool":
        return f"AdaptiveAvgPool<{layer['extent'][0]}, {layer['extent'][1]}>"
    if op == "Linear":
        return f"Linear<{layer['out']}>" if layer["bias"] else f"Linear<{layer['out']}, NoBias>"
    if op == "Maxout":
        return f"Maxout<{layer['pieces']}>"
    if op == "ChannelShuffle":
        return f"ChannelShuffle<{layer['groups']}>"
    if op == "PadChannels":
        return f"PadChannels<{layer['channels']}>"
    if op == "LeakyRelu":
        return "LeakyRelu<1, 5>"
    if op == "Dropout":
        return "Dropout<1, 4>"
    if op == "Cut":
        return f"Cut<{layer['tag']}>"
    if op == "BatchNorm" and layer.get("other"):
        return "BatchNormWith<OtherConstants>"
    if op == "Residual":
        shortcut = layer["shortcut"]
        more = f", {as_list(shortcut)}" if shortcut and shortcut != "pad" else ""
        more = ", PadShortcut" if shortcut == "pad" else more
        return f"Residual<{as_list(layer['body'])}{more}>"
    if op in ("Concat", "ChannelSplit", "DenseBlock"):
        return f"{op}<{', '.join(as_list(b) for b in layer['branches'])}>"
    return op


def network_cpp(network):
    c, h, w = network["input"]
    return f"Sequential<Shape<{c}, {h}, {w}>, {spelled(network['layers'])}>"


# ---- drawing ----


class Draw:
    """Draws layers that fit. `widest`: channels; `largest`: elements of a map."""

    def __init__(self, seed, wide=False):
        self.r = random.Random(seed)
        self.wide = wide
        self.widest = 72 if wide else 18
        self.largest = 12000 if wide else 2500

    def chance(self, p):
        return self.r.random() < p

    def channels(self):
        if self.wide:
            return self.r.choice([16, 17, 24, 32, 32, 48, 64, 64, 72])
        return self.r.randint(1, 12)

    def kernel(self, h, w):
        k = self.r.choice([1, 1, 3, 3, 3, 3, 2, 5, 4])
        if self.wide:
            k = self.r.choice([1, 1, 3, 3, 3])
        if self.chance(0.15):
            return [self.r.choice([1, 2, 3, 5]), self.r.choice([1, 2, 3, 7])]
        return [k, k]

    def stride(self, most=3):
        if self.chance(0.6) or (self.wide and self.chance(0.6)):
            return [1, 1]
        if self.chance(0.7):
            return [2, 2]
        return [self.r.randint(1, most), self.r.randint(1, most)]

    def stride_of(self, keep):
        return [1, 1] if keep else self.stride()

    def conv(self, dims, out=None, keep=False):
        c, h, w = dims
        kernel = self.kernel(h, w)
        if keep:
            kernel = [k if k % 2 else k + 1 for k in kernel]
        out = out or self.channels()
        layer = {"op": "Conv2d", "out": out, "kernel": kernel, "stride": self.stride_of(keep),
                 "pad": [k // 2 for k in kernel], "groups": 1, "bias": self.chance(0.4)}
        if not keep and self.chance(0.3):
            layer["pad"] = [self.r.randint(0, 2), self.r.randint(0, 2)]
        common = [g for g in range(2, c + 1) if c % g == 0 and out % g == 0]
        if common and self.chance(0.2):
            layer["groups"] = self.r.choice(common)
        return layer

    def depthwise(self, dims, keep=False):
        layer = self.conv(dims, dims[0], keep)
        return {"op": "DepthwiseConv2d", "kernel": layer["kernel"], "stride": layer["stride"],
                "pad": layer["pad"], "bias": layer["bias"]}

    def transposed(self, dims):
        layer = self.conv(dims)
        stride = layer["stride"]
        rest = [self.r.randint(0, s - 1) for s in stride] if self.chance(0.5) else [0, 0]
        return {"op": "ConvTranspose2d", "out": layer["out"], "kernel": layer["kernel"],
                "stride": stride,
                "pad": layer["pad"], "output_pad": rest, "bias": layer["bias"]}

    def pool(self, dims, keep=False):
        op = self.r.choice(["MaxPool", "AvgPool"])
        kernel = [3, 3] if keep else self.r.choice([[2, 2], [2, 2], [3, 3], [1, 2], [3, 2], [4, 4]])
        stride = pad = [1, 1]
        if not keep:
            stride = self.r.choice([kernel, [2, 2], [1, 1], [3, 1], [2, 3]])
            padded = self.chance(0.5)
            pad = [self.r.randint(0, k // 2) for k in kernel] if padded else [0, 0]
        layer = {"op": op, "kernel": kernel, "stride": stride, "pad": pad,
                 "ceil": not keep and self.chance(0.4)}
        if op == "AvgPool":
            layer["exclude"] = self.chance(0.4)
        return layer

    def few(self, dims, deep, most, keep=False):
        """A short list; `keep`: that leaves the size alone."""
        layers = []
        for _ in range(self.r.randint(1, most)):
            layer, dims = self.layer(dims, deep, keep, flat=False)
            layers.append(layer)
        return layers

    def residual(self, dims, deep):
        shape = self.r.random()
        if shape < 0.5:   # x itself
            body = self.few(dims, deep + 1, 4, keep=True)
            out = through(body, dims)
            if out != dims:
                body.append(self.conv(out, dims[0], keep=True))
            if self.chance(0.4):
                body.append({"op": "BatchNorm"})
            return {"op": "Residual", "body": body, "shortcut": []}
        body = self.few(dims, deep + 1, 3)
        if self.chance(0.5):
            body.append({"op": "BatchNorm"})
        out = through(body, dims)
        if shape < 0.7:
            if out[0] < dims[0]:
                body.append({"op": "PadChannels", "channels": dims[0] + self.r.randint(0, 3)})
            return {"op": "Residual", "body": body, "shortcut": "pad"}
        shortcut = []
        at = dims
        if self.chance(0.2):
            shortcut.append({"op": self.r.choice(ACTIVATIONS)})
        if out[1:] != dims[1:]:
            if out[1] * out[2] == 1 and self.chance(0.5):
                shortcut.append({"op": "GlobalAvgPool"})
            else:
                shortcut.append({"op": "AdaptiveAvgPool", "extent": list(out[1:])})
            at = through(shortcut, dims)
        if at[0] != out[0] or not shortcut or self.chance(0.3):
            if out[1:] == (1, 1) and self.chance(0.5):
                shortcut.append({"op": "Linear", "out": out[0], "bias": self.chance(0.5)})
            else:
                shortcut.append({"op": "Conv2d", "out": out[0], "kernel": [1, 1], "stride": [1, 1],
                                 "pad": [0, 0], "groups": 1, "bias": self.chance(0.5)})
            if self.chance(0.5):
                shortcut.append({"op": "BatchNorm"})
        return {"op": "Residual", "body": body, "shortcut": shortcut}

    def branches(self, op, dims, deep):
        n = self.r.choice([1, 2, 2, 2, 3, 3])
        part = dims
        if op == "ChannelSplit":
            ways = [k for k in (2, 3, 4, 1) if dims[0] % k == 0]
            n = ways[0] if self.chance(0.6) else self.r.choice(ways)
            part = dims[0] // n, dims[1], dims[2]
        branches = []
        for k in range(n):
            if op == "DenseBlock":
                part = through([{"op": op, "branches": branches}], dims) if branches else dims
            if self.chance(0.25) and (op != "DenseBlock" or part[0] * 2 <= self.widest):
                branches.append([])
            else:
                branches.append(self.few(part, deep + 1, 3, keep=True))
        if op != "DenseBlock" and self.chance(0.15):   # all to another size
            for branch in branches:
                branch.append({"op": "AdaptiveAvgPool", "extent": [2, 1]})
        return {"op": op, "branches": branches}

    def once(self, dims, deep, keep, flat):
        c, h, w = dims
        r = self.r.random()
        if self.wide and self.chance(0.5):
            return self.conv(dims, keep=keep)
        if r < 0.22:
            return self.conv(dims, keep=keep)
        if r < 0.27:
            return self.depthwise(dims, keep=keep)
        if r < 0.31 and not keep:
            return self.transposed(dims)
        if r < 0.43:
            return {"op": "BatchNorm"}
        if r < 0.58:
            return {"op": self.r.choice(ACTIVATIONS)}
        if r < 0.65:
            return self.pool(dims, keep)
        if r < 0.77 and deep < 2:
            return self.residual(dims, deep)
        if r < 0.88 and deep < 2:
            return self.branches(self.r.choice(["Concat", "ChannelSplit", "DenseBlock"]), dims,
                                 deep)
        if r < 0.90:
            pieces = [k for k in (2, 3, 4, 1) if c % k == 0]
            return {"op": "Maxout", "pieces": self.r.choice(pieces)}
        if r < 0.92:
            groups = [k for k in range(1, c + 1) if c % k == 0]
            return {"op": "ChannelShuffle", "groups": self.r.choice(groups)}
        if r < 0.94:
            return {"op": "PadChannels", "channels": c + self.r.randint(0, 4)}
        if r < 0.95 and not keep:
            return {"op": "AdaptiveAvgPool", "extent": [self.r.randint(1, 4), self.r.randint(1, 4)]}
        if r < 0.955 and not keep:
            return {"op": "GlobalAvgPool"}
        if r < 0.965 and self.dropout:
            return {"op": "Dropout"}
        if h * w == 1 and r < 0.99:
            return {"op": "Linear", "out": self.channels(), "bias": self.chance(0.7)}
        if flat and c * h * w <= 64 and r < 0.985:
            return {"op": "Flatten"}
        return {"op": "Cut", "tag": "nobody"} if self.chance(0.3) else self.conv(dims, keep=keep)

    def layer(self, dims, deep=0, keep=False, flat=True):
        """A layer and the shape behind it."""
        while True:
            try:
                layer = self.once(dims, deep, keep, flat)
                out = output(layer, dims)
            except (Refused, IndexError):
                continue
            size = out[0] * out[1] * out[2]
            keeps = not keep or out[1:] == tuple(dims[1:])
            if out[0] <= 2 * self.widest and size <= self.largest and keeps:
                return layer, out

    def image(self):
        if self.wide:
            return [self.r.choice([3, 8, 16, 64]), self.r.randint(6, 14), self.r.randint(6, 14)]
        if self.chance(0.08):
            return [self.r.randint(1, 12), 1, 1]
        return [self.r.randint(1, 6), self.r.randint(1, 12), self.r.randint(1, 12)]

    def network(self, image=None, classes=None, cuts=()):
        self.dropout = self.chance(0.3)
        image = image or self.image()
        classes = classes or self.r.randint(2, 5)
        dims = tuple(image)
        layers = []
        for _ in range(self.r.randint(2, 5 if self.wide else 7)):
            layer, dims = self.layer(dims)
            layers.append(layer)
        layers += self.end(dims, classes)
        places = sorted(self.r.randint(1, len(layers) - 1) for _ in cuts)
        for place, tag in reversed(list(zip(places, cuts))):
            layers.insert(place, {"op": "Cut", "tag": tag})
        return {"input": image, "layers": layers}

    def end(self, dims, classes):
        """Layers that end in `classes` numbers."""
        layers = []
        size = dims[0] * dims[1] * dims[2]
        if self.chance(0.06):   # without a linear layer
            layers.append({"op": "Conv2d", "out": classes, "kernel": [1, 1], "stride": [1, 1],
                           "pad": [0, 0], "groups": 1, "bias": True})
            layers.append({"op": "GlobalAvgPool"})
            if self.chance(0.5):
                layers.append({"op": "Flatten"})
            return layers
        if dims[1] * dims[2] > 1 or self.chance(0.1):
            if size <= 600 and self.chance(0.65):
                layers.append({"op": "Flatten"})
            else:
                layers.append({"op": "GlobalAvgPool"})
        dims = through(layers, dims)
        # what stands between Flatten and Linear
        for _ in range(self.r.choice([0, 0, 0, 0, 1, 1, 2])):
            layer, out = self.layer(dims, flat=False)
            if out[1:] == (1, 1):
                layers.append(layer)
                dims = out
        if self.chance(0.3):
            layers.append({"op": "Linear", "out": self.r.randint(1, 9), "bias": self.chance(0.7)})
            layers.append({"op": self.r.choice(ACTIVATIONS + ["BatchNorm"])})
        layers.append({"op": "Linear", "out": classes, "bias": self.chance(0.8)})
        if self.chance(0.05):
            layers.append({"op": "BatchNorm"})
        return layers


# ---- collaborations ----


def feature(network, tag):
    """The shape at a cut."""
    dims = tuple(network["input"])
    for layer in network["layers"]:
        if layer == {"op": "Cut", "tag": tag}:
            return dims
        dims = output(layer, dims)
    raise Refused("no such cut")


def place_of(layers, tag):
    """Where the cut of this name stands."""
    return next(k for k, l in enumerate(layers) if l["op"] == "Cut" and l["tag"] == tag)


def conv(out, kernel, stride=(1, 1)):
    return {"op": "Conv2d", "out": out, "kernel": [kernel, kernel], "stride": list(stride),
            "pad": [kernel // 2] * 2, "groups": 1, "bias": False}


def named(*ops):
    return [{"op": op} for op in ops]


def usual_decoder(code, feature):
    """What the library's Decoder is."""
    stride = [max(1, -(-f // m)) for f, m in zip(feature[1:], code[1:])]
    rest = [min(max(f - 1 - (m - 1) * s, 0), s - 1)
            for f, m, s in zip(feature[1:], code[1:], stride)]
    return [{"op": "ConvTranspose2d", "out": feature[0], "kernel": [3, 3], "stride": stride,
             "pad": [1, 1], "output_pad": rest, "bias": False}, *named("BatchNorm")]


def deployed(case, i):
    """Network i with its half of every MKB, as the library deploys it."""
    network = case["networks"][i]
    layers = []
    for layer in network["layers"]:
        layers.append(layer)
        for mkb in case.get("mkbs", []):
            if layer["op"] == "Cut" and layer["tag"] == mkb["tag"]:
                layers.append({"op": "MutualKnowledge", "merge": mkb["merge"],
                               "encoder": mkb["encoders"][i], "transfer": mkb["transfer"],
                               "decoder": mkb["decoders"][i]})
    return {"input": network["input"], "layers": layers}


class DrawTogether(Draw):
    def mkb(self, tag, networks):
        """{"tag", "merge", "encoders", "transfer", "decoders": lists of layers, "text": C++}."""
        features = [feature(n, tag) for n in networks]
        channels = self.r.randint(2, 5)
        code = channels, self.r.randint(1, 4), self.r.randint(1, 4)
        extent = self.r.randint(1, 4)
        usual = [(channels, *(window_extent(e, 3, max(1, -(-e // extent)), 1) for e in f[1:]))
                 for f in features]
        if len(set(usual)) == 1 and self.chance(0.7):
            encoder, code = f"Encoder<{channels}, {extent}>", usual[0]
            encoders = [[conv(channels, 3, [max(1, -(-e // extent)) for e in f[1:]]),
                         *named("BatchNorm", "Elu")] for f in features]
        else:
            encoders = []
            for _ in features:
                k = self.r.choice([1, 3])
                more = self.r.choice([["BatchNorm", "Elu"], ["BatchNorm"], ["Relu"], []])
                encoders.append([{"op": "AdaptiveAvgPool", "extent": list(code[1:])},
                                 conv(channels, k), *named(*more)])
            encoder = f"Each<{', '.join(map(as_list, encoders))}>"
        usual_transfer = [conv(channels, 3), *named("BatchNorm", "Elu"), conv(channels, 3),
                          *named("BatchNorm")]
        transfer = self.r.choice([usual_transfer, usual_transfer,
                                  [conv(channels, 3), *named("BatchNorm")],
                                  [conv(channels, 1), *named("Elu")]])
        if code[1:] == (1, 1) and self.chance(0.3):
            transfer = [{"op": "Linear", "out": channels, "bias": True}, *named("Elu")]
        fits = all(all(-(-f // max(1, -(-f // m))) == m for f, m in zip(shape[1:], code[1:]))
                   for shape in features)
        if fits and self.chance(0.7):
            decoder, decoders = "Decoder", [usual_decoder(code, f) for f in features]
        else:
            decoders = [[{"op": "AdaptiveAvgPool", "extent": list(f[1:])},
                         conv(f[0], self.r.choice([1, 3])),
                         *named(*self.r.choice([["BatchNorm"], []]))] for f in features]
            decoder = f"Each<{', '.join(map(as_list, decoders))}>"
        merge = self.r.choice([[], [], ["SumMerge"], ["IdentityMerge"], ["ProductMerge"]])
        options = [f"At<{tag}>"] + merge
        options += self.r.choice([[], [], ["Embedding<Flatten>"], ["Embedding<Flatten, Linear<6>>"],
                                  ["Embedding<Conv2d<3, 3>, BatchNorm, Flatten>"],
                                  ["Embedding<GlobalAvgPool>"]])
        between = f"Transfer<{channels}>" if transfer is usual_transfer else as_list(transfer)
        text = f"MKB<{encoder}, {between}, {decoder}, {', '.join(options)}>"
        return {"tag": tag, "merge": (merge + ["ProductMerge"])[0], "encoders": encoders,
                "transfer": transfer, "decoders": decoders, "text": text}

    def methods(self, n, classes, tag):
        """Methods for n networks and what else they need."""
        exit_at = f"Exit<{tag}, Layers<GlobalAvgPool, Linear<{classes}>>>"
        branch = f"Layers<GlobalAvgPool, Linear<{classes}>>"
        some = ["TfKd", f"NativeEnsemble<{branch}, {self.r.randint(2, 3)}, {tag}>"]
        frozen = []
        if n >= 2:
            target = self.r.choice(["MinimumLogits", "BestLogits", "BestMixture", "MeanLogits",
                                    "WeightedLogits"])
            some += ["MutualLearning<>", "MutualLearning<Attached>", "MutualLearningWithMean",
                     "CollaborativeHeads", f"CollaborativeDistillation<{target}>",
                     f"AdversarialFeatures<3, 2, {tag}>", "Ensemble"]
            pairs = ["Distillation<0, 1>", f"Hints<0, 1, {tag}>", "RelationalDistillation<0, 1>",
                     f"AttentionTransfer<0, 1, {tag}>", f"NeuronSelectivity<0, 1, {tag}>",
                     f"VariationalInformation<0, 1, {tag}>", "ContrastiveDistillation<0, 1, 5>"]
            metrics = ["SimilarityPreserving", "ProbabilisticTransfer", "KernelAlignment",
                       "CorrelationCongruence"]
            pairs += [f"Related<{m}, 0, 1>" for m in metrics]
            some += self.r.sample(pairs, 5)
        if n == 2:
            some += [f"DenseCrossLayers<{exit_at}>", "CtslMkt<2>"]
        if n >= 3:
            some += ["DiversePeers<3>"]
        chosen = self.r.sample(some, self.r.choice([1, 1, 2]))
        if "0, 1" in "".join(chosen) and self.chance(0.5):
            frozen = ["Frozen<0>"]
        return chosen, frozen

    def rare(self, networks, tags):
        """A method that asks for something of its networks, which they get, and policies."""
        n = len(networks)
        ways = ["Byot"]
        if n >= 2:
            ways += ["WassersteinEmbedding", "Fsp"]
        if n == 2:
            ways.append("AckdReconstructed")
        way = self.r.choice(ways)
        for network in networks:   # both cuts, in this order
            layers = network["layers"]
            first = place_of(layers, tags[0])
            layers.insert(self.r.randint(first + 1, len(layers) - 1), {"op": "Cut", "tag": "cut_1"})
            if way in ("Fsp", "AckdReconstructed"):   # of the same width
                for tag in ("cut_0", "cut_1"):
                    at = place_of(layers, tag)
                    layers[at:at + 1] = [conv(4, 1), layers[at], conv(feature(network, tag)[0], 1)]
        if way == "Byot":
            width = through(networks[0]["layers"][:-1], tuple(networks[0]["input"]))[0]
            return [f"Byot<Exit<cut_0, Layers<Conv2d<{width}, 1>, Elu, GlobalAvgPool>>>"], []
        if way == "WassersteinEmbedding":
            metric = self.r.choice(["SlicedDistance<4>", "MarginalDistance"])
            return ["WassersteinEmbedding<5, cut_0>"], [f"DifferentInputs<{metric}>"]
        if way == "Fsp":
            return ["Fsp<0, 1, cut_0, cut_1>"], self.r.choice([[], ["Frozen<0>"]])
        return ["AckdReconstructed<cut_0, cut_1>"], ["Frozen<0>"]


def vary_normalizations(case):
    """Some have other constants."""
    r = random.Random(case["seed"] + 3000000)

    def walk(layers):
        for layer in layers:
            if layer["op"] == "BatchNorm" and r.random() < 0.12:
                layer["other"] = True
            for part in inner(layer):
                walk(part)

    for network in case["networks"]:
        walk(network["layers"])
    return case


def draw_collaboration_case(seed):
    draw = DrawTogether(seed + 1000000)
    n = draw.r.choice([1, 2, 2, 2, 3, 4])
    image, classes = draw.image(), draw.r.randint(2, 5)
    bases = draw.r.choice([0, 1, 1, 1, 2, 3])
    tags = [f"cut_{k}" for k in range(max(bases, 1))]
    networks = [draw.network(image, classes, tags) for _ in range(n)]
    mkbs = [draw.mkb(tags[k], networks) for k in range(bases)]
    methods, policies = [], []
    if bases == 0 or draw.chance(0.3):
        methods, policies = draw.methods(n, classes, tags[0])
        policies = policies if bases == 0 else []
    rare = DrawTogether(seed + 2000000)
    fitting = bases == 0 and rare.chance(0.5)
    if fitting:
        methods, policies = rare.rare(networks, tags)
    metric = draw.r.choice([None, None, "CosineDistance", "SquaredEuclidean", "LnDistance",
                            "NegativeDot"])
    policies += draw.r.choice([[], [], ["Iterative"], ["IterativeStale"], ["Simultaneous"]])
    if bases:   # what networks share would change between them
        policies = ["Iterative" if p == "IterativeStale" else p for p in policies]
    policies += draw.r.choice([[], [], ["WithMean"], ["Pairwise"]])
    if fitting and n > 2 and any("DifferentInputs" in p for p in policies):
        policies = [p for p in policies if p != "WithMean"]
    if not methods and bases and draw.chance(0.25) and n > 1:
        policies += ["DifferentInputs<>"]
    if bases == 0:   # a metric compares what MKBs give
        metric, policies = None, [p for p in policies if p not in ("WithMean", "Pairwise")]
    batch = draw.r.choice([2, 3, 4, 5, 6, 8])
    samples = batch if draw.chance(0.5) else draw.r.randint(1 if not methods else 2, batch)
    return vary_normalizations({
        "name": f"collaboration {seed}", "seed": seed, "batch": batch, "samples": samples,
        "networks": networks, "mkbs": mkbs, "methods": methods, "policies": policies,
        "metric": metric, "alpha": draw.r.choice([0.2, 0.7, 1.5]),
        "n": draw.r.choice([1, 1.5, 2, 3]), "weight": draw.r.choice([0.3, 1]),
        "temperature": draw.r.choice([1, 2, 3.5])})


# ---- cases ----


def case_cpp(case, number):
    """A case as C++, and its entry."""
    return struct_cpp(case, number) + f"\nconst Enter<case_{number}> enter_{number};"


def struct_cpp(case, number, refuses_weights=False):
    """A case as C++: its networks and its trait."""
    name = f"case_{number}"
    lines = []
    for i, network in enumerate(case["networks"]):
        lines.append(f"struct net_{number}_{i} : {network_cpp(network)} {{}};")
    what = f"net_{number}_0"
    settings = []
    if "mkbs" in case:
        items = [f"net_{number}_{i}" for i in range(len(case["networks"]))]
        items += [m["text"] for m in case["mkbs"]] + ([case["metric"]] if case["metric"] else [])
        items += case["policies"] + case["methods"]
        what = f"Collaboration<{', '.join(items)}>"
        settings = [f"        s.alpha = {case['alpha']};"]
        if case["metric"] == "LnDistance":
            settings.append(f"        s.metric.n = {case['n']};")
        if case["methods"]:
            settings.append(
                f"        set_methods(s.methods, {case['weight']}, {case['temperature']});")
    lines += [f"struct {name} {{",
              f"    using What = {what};",
              f"    static constexpr const char* name = \"{case['name']}\";",
              "    static constexpr const char* text = \"\";",
              f"    static constexpr int batch = {case['batch']};",
              f"    static constexpr int samples = {case['samples']};",
              *(["    static constexpr bool refuses_weights = true;"] if refuses_weights else []),
              "    template <class S>",
              "    static void set([[maybe_unused]] S& s) {",
              *settings,
              "    }",
              "};"]
    return "\n".join(lines)


def draw_network_case(seed):
    wide = seed % 8 == 7
    draw = Draw(seed, wide)
    network = draw.network()
    batch = draw.r.choice([1, 2, 3, 4, 5, 6, 8]) if not wide else draw.r.choice([2, 4, 9])
    samples = batch if draw.chance(0.5) else draw.r.randint(1, batch)
    return vary_normalizations({"name": f"network {seed}", "seed": seed, "batch": batch,
                                "samples": samples, "networks": [network]})


def what_cpp(case):
    """What a case trains, in one line."""
    rest = [m["text"] for m in case.get("mkbs", [])] + [case.get("metric") or ""]
    rest += case.get("policies", []) + case.get("methods", [])
    return "; ".join([network_cpp(n) for n in case["networks"]] + [r for r in rest if r])
