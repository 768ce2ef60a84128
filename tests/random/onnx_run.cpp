// SPDX-License-Identifier: Apache-2.0
// onnx_run: the operators that our ONNX files have, as operator set 10 defines them.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include <collab/core/error.hpp>

#include "onnx_file.hpp"

namespace collab::random {

namespace {

int count(const std::vector<int>& extents, std::size_t from, std::size_t to) {
    int n = 1;
    for (std::size_t i = from; i < to; ++i)
        n *= extents[i];
    return n;
}
Array zeros(std::vector<int> extents) {
    const int n = count(extents, 0, extents.size());
    return {std::move(extents), std::vector<double>(std::size_t(n))};
}
void expect(bool holds, const OnnxNode& node, const char* what) {
    if (!holds)
        fail("a ", node.op, " is given ", what);
}

/// Windows on a map [sample][channel][row][column].
struct Window {
    std::vector<int> kernel, stride, pads;
    int samples, channels, height, width;
    Window(const OnnxNode& node, const Array& x)
        : kernel(node.list("kernel_shape")),
          stride(node.list("strides")),
          pads(node.integers.contains("pads") ? node.list("pads") : std::vector<int>{0, 0, 0, 0}) {
        expect(x.extents.size() == 4, node, "no map");
        samples = x.extents[0];
        channels = x.extents[1];
        height = x.extents[2];
        width = x.extents[3];
    }
    int rows() const { return (height + pads[0] + pads[2] - kernel[0]) / stride[0] + 1; }
    int columns() const { return (width + pads[1] + pads[3] - kernel[1]) / stride[1] + 1; }
    bool inside(int h, int w) const { return h >= 0 && h < height && w >= 0 && w < width; }
    /// f(row and column of the kernel, row and column of the map) for the window at `row`,
    /// `column`.
    template <class F>
    void each(int row, int column, F f) const {
        for (int i = 0; i < kernel[0]; ++i)
            for (int j = 0; j < kernel[1]; ++j)
                f(i, j, row * stride[0] - pads[0] + i, column * stride[1] - pads[1] + j);
    }
};
template <class A>
auto& at(A& a, int n, int c, int h, int w) {
    return a.values[std::size_t(((n * a.extents[1] + c) * a.extents[2] + h) * a.extents[3] + w)];
}
/// f(result, sample, channel, row, column) for all of a map.
template <class F>
Array each_pixel(std::vector<int> extents, F f) {
    Array y = zeros(std::move(extents));
    for (int n = 0; n < y.extents[0]; ++n)
        for (int c = 0; c < y.extents[1]; ++c)
            for (int h = 0; h < y.extents[2]; ++h)
                for (int w = 0; w < y.extents[3]; ++w)
                    f(at(y, n, c, h, w), n, c, h, w);
    return y;
}
double bias_of(const std::vector<Array>& in, int channel) {
    return in.size() > 2 ? in[2].values.at(std::size_t(channel)) : 0;
}

Array convolution(const OnnxNode& node, const std::vector<Array>& in) {
    const Window g(node, in[0]);
    const Array& weights = in[1];
    const int groups = node.integer("group", 1);
    const int inputs = g.channels / groups, outputs = weights.extents[0] / groups;
    expect(weights.extents == std::vector<int>{outputs * groups, inputs, g.kernel[0], g.kernel[1]},
           node, "weights of another shape");
    return each_pixel({g.samples, outputs * groups, g.rows(), g.columns()},
                      [&](double& y, int n, int c, int row, int column) {
                          y = bias_of(in, c);
                          const int first = c / outputs * inputs;
                          g.each(row, column, [&](int i, int j, int h, int w) {
                              if (g.inside(h, w))
                                  for (int k = 0; k < inputs; ++k)
                                      y += at(in[0], n, first + k, h, w) * at(weights, c, k, i, j);
                          });
                      });
}
Array transposed_convolution(const OnnxNode& node, const std::vector<Array>& in) {
    const Window g(node, in[0]);
    const Array& weights = in[1];
    const std::vector<int> more = node.list("output_padding");
    expect(weights.extents[0] == g.channels, node, "weights of another shape");
    const auto extent = [&](int size, std::size_t k) {
        return (size - 1) * g.stride[k] + g.kernel[k] + more[k] - g.pads[k] - g.pads[k + 2];
    };
    Array y = each_pixel({g.samples, weights.extents[1], extent(g.height, 0), extent(g.width, 1)},
                         [&](double& to, int, int c, int, int) { to = bias_of(in, c); });
    (void)each_pixel(in[0].extents, [&](double&, int n, int k, int h, int w) {
        g.each(h, w, [&](int i, int j, int row, int column) {
            if (row >= 0 && row < y.extents[2] && column >= 0 && column < y.extents[3])
                for (int c = 0; c < y.extents[1]; ++c)
                    at(y, n, c, row, column) += at(in[0], n, k, h, w) * at(weights, k, c, i, j);
        });
    });
    return y;
}
Array max_pool(const OnnxNode& node, const std::vector<Array>& in) {
    const Window g(node, in[0]);
    return each_pixel({g.samples, g.channels, g.rows(), g.columns()},
                      [&](double& y, int n, int c, int row, int column) {
                          y = -std::numeric_limits<double>::infinity();
                          g.each(row, column, [&](int, int, int h, int w) {
                              if (g.inside(h, w))
                                  y = std::max(y, at(in[0], n, c, h, w));
                          });
                      });
}
Array average_pool(const OnnxNode& node, const std::vector<Array>& in) {
    const Window g(node, in[0]);
    const bool with_padding = node.integer("count_include_pad", 0) != 0;
    return each_pixel({g.samples, g.channels, g.rows(), g.columns()},
                      [&](double& y, int n, int c, int row, int column) {
                          int counted = 0;
                          g.each(row, column, [&](int, int, int h, int w) {
                              const bool inside = g.inside(h, w);
                              counted += inside || with_padding;
                              y += inside ? at(in[0], n, c, h, w) : 0;
                          });
                          y /= counted;
                      });
}
Array global_average(const OnnxNode& node, const std::vector<Array>& in) {
    const Array& x = in[0];
    expect(x.extents.size() == 4, node, "no map");
    return each_pixel({x.extents[0], x.extents[1], 1, 1}, [&](double& y, int n, int c, int, int) {
        for (int h = 0; h < x.extents[2]; ++h)
            for (int w = 0; w < x.extents[3]; ++w)
                y += at(x, n, c, h, w) / (x.extents[2] * x.extents[3]);
    });
}
Array product(const OnnxNode& node, const std::vector<Array>& in) {
    const Array &x = in[0], &w = in[1];
    expect(x.extents.size() == 2 && w.extents.size() == 2 && node.integer("transB", 0) == 1 &&
               x.extents[1] == w.extents[1] && in[2].extents == std::vector<int>{w.extents[0]},
           node, "factors that do not fit");
    Array y = zeros({x.extents[0], w.extents[0]});
    for (int n = 0; n < x.extents[0]; ++n)
        for (int o = 0; o < w.extents[0]; ++o) {
            double& to = y.values[std::size_t(n * w.extents[0] + o)];
            to = in[2].values[std::size_t(o)];
            for (int k = 0; k < x.extents[1]; ++k)
                to += x.values[std::size_t(n * x.extents[1] + k)] *
                      w.values[std::size_t(o * x.extents[1] + k)];
        }
    return y;
}
Array normalization(const OnnxNode& node, const std::vector<Array>& in) {
    Array y = in[0];
    const int channels = y.extents.at(1);
    const int area = count(y.extents, 2, y.extents.size());
    for (std::size_t k = 1; k < 5; ++k)
        expect(in[k].extents == std::vector<int>{channels}, node, "numbers of other channels");
    for (std::size_t i = 0; i < y.values.size(); ++i) {
        const auto c = i / std::size_t(area) % std::size_t(channels);
        y.values[i] = (y.values[i] - in[3].values[c]) /
                          std::sqrt(in[4].values[c] + double(node.reals.at("epsilon"))) *
                          in[1].values[c] +
                      in[2].values[c];
    }
    return y;
}

/// y's element at every place of `extents` is x's at `source`(place).
template <class Source>
Array gathered(std::vector<int> extents, const Array& x, Source source) {
    Array y = zeros(std::move(extents));
    std::vector<int> place(y.extents.size());
    for (double& to : y.values) {
        const std::vector<int> from = source(place);
        int index = 0;
        bool inside = true;
        for (std::size_t i = 0; i < from.size(); ++i) {
            inside = inside && from[i] >= 0 && from[i] < x.extents[i];
            index = index * x.extents[i] + from[i];
        }
        to = inside ? x.values[std::size_t(index)] : 0;
        for (std::size_t i = place.size(); i-- > 0;) {
            if (++place[i] < y.extents[i])
                break;
            place[i] = 0;
        }
    }
    return y;
}
Array transposed(const OnnxNode& node, const Array& x) {
    const std::vector<int> turn = node.list("perm");
    std::vector<int> extents;
    for (const int axis : turn)
        extents.push_back(x.extents.at(std::size_t(axis)));
    expect(turn.size() == x.extents.size(), node, "another number of axes");
    return gathered(extents, x, [&](const std::vector<int>& place) {
        std::vector<int> from(place.size());
        for (std::size_t i = 0; i < place.size(); ++i)
            from[std::size_t(turn[i])] = place[i];
        return from;
    });
}
Array padded(const OnnxNode& node, const Array& x) {
    const std::vector<int> pads = node.list("pads");
    expect(pads.size() == 2 * x.extents.size() && node.words.at("mode") == "constant", node,
           "another number of axes");
    std::vector<int> extents = x.extents;
    for (std::size_t i = 0; i < extents.size(); ++i)
        extents[i] += pads[i] + pads[i + extents.size()];
    return gathered(extents, x, [&](std::vector<int> place) {
        for (std::size_t i = 0; i < place.size(); ++i)
            place[i] -= pads[i];
        return place;
    });
}
Array reshaped(const OnnxNode& node, const Array& x, const Array& shape) {
    Array y = x;
    y.extents.clear();
    int open = -1, known = 1;
    for (std::size_t i = 0; i < shape.values.size(); ++i) {
        const int wanted = int(shape.values[i]);
        if (wanted < 0)
            open = int(i);
        y.extents.push_back(wanted == 0 ? x.extents.at(i) : std::max(wanted, 1));
        known *= y.extents.back();
    }
    if (open >= 0)
        y.extents[std::size_t(open)] = int(x.values.size()) / known;
    expect(count(y.extents, 0, y.extents.size()) == int(x.values.size()), node,
           "another number of elements");
    return y;
}
Array concatenated(const OnnxNode& node, const std::vector<Array>& in) {
    expect(node.integer("axis", 0) == 1, node, "another axis");
    std::vector<int> extents = in[0].extents;
    extents[1] = 0;
    for (const Array& x : in) {
        expect(x.extents.size() == extents.size() && x.extents[0] == extents[0] &&
                   std::equal(x.extents.begin() + 2, x.extents.end(), extents.begin() + 2),
               node, "maps of several shapes");
        extents[1] += x.extents[1];
    }
    Array y{extents, {}};
    for (int n = 0; n < extents[0]; ++n)
        for (const Array& x : in) {
            const auto row = std::ptrdiff_t(x.values.size()) / extents[0];
            y.values.insert(y.values.end(), x.values.begin() + n * row,
                            x.values.begin() + (n + 1) * row);
        }
    return y;
}
std::vector<Array> split(const OnnxNode& node, const Array& x) {
    const std::vector<int> sizes = node.list("split");
    std::vector<Array> parts;
    int first = 0;
    for (const int size : sizes) {
        std::vector<int> extents = x.extents;
        extents.at(1) = size;
        parts.push_back(gathered(extents, x, [&](std::vector<int> place) {
            place[1] += first;
            return place;
        }));
        first += size;
    }
    expect(node.integer("axis", 0) == 1 && first == x.extents[1], node, "other channels");
    return parts;
}
template <class F>
Array merged(const OnnxNode& node, const std::vector<Array>& in, F f) {
    Array y = in[0];
    for (std::size_t k = 1; k < in.size(); ++k) {
        const bool one = in[k].values.size() == 1 && in[k].extents.size() == 1;
        expect(one || in[k].extents == y.extents, node, "values of several shapes");
        for (std::size_t i = 0; i < y.values.size(); ++i)
            y.values[i] = f(y.values[i], in[k].values[one ? 0 : i]);
    }
    return y;
}
template <class F>
Array mapped(Array x, F f) {
    for (double& v : x.values)
        v = f(v);
    return x;
}
Array activated(const OnnxNode& node, const Array& x) {
    const auto real = [&](const char* name) { return double(node.reals.at(name)); };
    if (node.op == "Relu")
        return mapped(x, [](double v) { return v > 0 ? v : 0; });
    if (node.op == "Clip")
        return mapped(x, [&](double v) { return std::clamp(v, real("min"), real("max")); });
    if (node.op == "Elu")
        return mapped(x, [&](double v) { return v > 0 ? v : real("alpha") * std::expm1(v); });
    if (node.op == "Sigmoid")
        return mapped(x, [](double v) { return 1 / (1 + std::exp(-v)); });
    if (node.op == "LeakyRelu")
        return mapped(x, [&](double v) { return v > 0 ? v : real("alpha") * v; });
    fail("no operator ", node.op, " is known");
}
std::vector<Array> results(const OnnxNode& node, const std::vector<Array>& in) {
    using Operator = std::function<Array()>;
    const std::map<std::string, Operator> operators{
        {"Conv", [&] { return convolution(node, in); }},
        {"ConvTranspose", [&] { return transposed_convolution(node, in); }},
        {"MaxPool", [&] { return max_pool(node, in); }},
        {"AveragePool", [&] { return average_pool(node, in); }},
        {"GlobalAveragePool", [&] { return global_average(node, in); }},
        {"Gemm", [&] { return product(node, in); }},
        {"BatchNormalization", [&] { return normalization(node, in); }},
        {"Transpose", [&] { return transposed(node, in[0]); }},
        {"Pad", [&] { return padded(node, in[0]); }},
        {"Reshape", [&] { return reshaped(node, in[0], in[1]); }},
        {"Flatten",
         [&] {
             return Array{{in[0].extents[0], count(in[0].extents, 1, in[0].extents.size())},
                          in[0].values};
         }},
        {"Concat", [&] { return concatenated(node, in); }},
        {"Identity", [&] { return in[0]; }},
        {"Add", [&] { return merged(node, in, std::plus<double>()); }},
        {"Mul", [&] { return merged(node, in, std::multiplies<double>()); }},
        {"Max",
         [&] { return merged(node, in, [](double a, double b) { return std::max(a, b); }); }},
    };
    if (node.op == "Split")
        return split(node, in[0]);
    const auto found = operators.find(node.op);
    return {found == operators.end() ? activated(node, in[0]) : found->second()};
}
Array run(const OnnxFile& file, const Array& images, bool theirs) {
    std::map<std::string, Array> values = file.constants;
    values["images"] = images;
    for (const OnnxNode& node : file.nodes) {
        std::vector<Array> in;
        for (const std::string& name : node.inputs) {
            const auto found = values.find(name);
            if (found == values.end())
                fail("a ", node.op, " reads ", name, ", which nothing writes");
            in.push_back(found->second);
        }
        // Before a map is flattened, the file turns it into our order.
        const bool turns = node.op == "Transpose" && node.list("perm").size() == 4;
        const std::vector<Array> out =
            theirs && turns ? std::vector<Array>{in[0]} : results(node, in);
        expect(out.size() == node.outputs.size(), node, "other names");
        for (std::size_t k = 0; k < out.size(); ++k)
            values[node.outputs[k]] = out[k];
    }
    return values.at("logits");
}

}  // namespace

Array run_onnx(const OnnxFile& file, const Array& images) {
    return run(file, images, false);
}
Array run_as_pytorch(const OnnxFile& file, const std::map<std::string, Array>& weights,
                     const Array& images) {
    // The file leaves out what its output does not need.
    OnnxFile there = file;
    for (auto& [name, value] : there.constants) {
        if (name.find('.') == std::string::npos)
            continue;  // a constant that is no weight
        const auto weight = weights.find(name);
        if (weight == weights.end() || weight->second.extents != value.extents)
            fail("there is no weight ", name, " of this shape");
        value = weight->second;
    }
    return run(there, images, true);
}

}  // namespace collab::random
