// SPDX-License-Identifier: Apache-2.0
// compare: runs of a case, and their differences.
#include "compare.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <collab/core/random.hpp>

namespace collab::random {

std::vector<Case>& cases() {
    static std::vector<Case> all;
    return all;
}

namespace {

constexpr int roundings = 4;
constexpr int most_draws = 5;
constexpr double too_much = 1e-3;
constexpr double float_rounding = 0x1p-24;
constexpr double double_rounding = 0x1p-53;
constexpr double fine_rounding = 0x1p-44;  // above those of the exact subject, which is in double

Numbers normals(std::size_t n, Random random) {
    Numbers values(n);
    for (std::size_t i = 0; i < n; ++i) {
        const Words w = random(i);
        values[i] = double(float(normal(w.w[0], w.w[1]).first));
    }
    return values;
}
double norm(const Numbers& values) {
    double sum = 0;
    for (const double v : values)
        sum += v * v;
    return std::sqrt(sum);
}
double distance(const Numbers& a, const Numbers& b) {
    if (a.size() != b.size())
        return std::nan("");
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return std::sqrt(sum);
}
/// Gaps of 1 between the scales, weights after He, shifts that are not 0.
void place(const std::vector<Named>& tensors, Random random, Numbers& values) {
    const Numbers drawn = normals(values.size(), random);
    for (const Named& n : tensors)
        for (std::size_t i = n.offset; i < n.offset + std::size_t(n.tensor.size); ++i)
            values[i] = n.tensor.role == Role::scale    ? std::abs(1 + 0.3 * drawn[i])
                        : n.tensor.role == Role::weight ? drawn[i] / std::sqrt(n.tensor.fan_in)
                                                        : 0.3 * drawn[i];
    for (double& v : values)
        v = double(float(v));
}
Batch batch_of(const Case& c, int samples, Random random) {
    Batch b;
    b.samples = samples;
    const Numbers images =
        normals(std::size_t(samples) * std::size_t(c.input.size()), random.child(1));
    b.images.assign(images.begin(), images.end());
    for (int i = 0; i < samples; ++i)
        b.labels.push_back(
            int(random.child(2).word(std::uint64_t(i)) % std::uint32_t(c.output.channels)));
    return b;
}
void add(std::vector<Quantity>& to, const std::string& kind, const std::string& name,
         Numbers values) {
    to.push_back({kind, name, std::move(values)});
}
void add_each(std::vector<Quantity>& to, const std::string& kind, const std::vector<Named>& tensors,
              const Numbers& values) {
    for (const Named& n : tensors) {
        const auto first = values.begin() + std::ptrdiff_t(n.offset);
        add(to, kind, n.name, {first, first + n.tensor.size});
    }
}
void add_logits(std::vector<Quantity>& to, const std::string& kind, const Case& c,
                const Subject& s) {
    for (int i = 0; i < c.networks; ++i)
        add(to, kind, "network " + std::to_string(i), s.logits(i));
}

}  // namespace

Data drawn(const Case& c, const NamedTensors& catalogue, std::uint64_t seed) {
    const Random random{seed};
    Data d;
    d.parameters.resize(catalogue.parameter_count);
    d.state.resize(catalogue.state_count);
    place(catalogue.parameters, random.child(1), d.parameters);
    place(catalogue.states, random.child(2), d.state);
    d.batch = batch_of(c, c.samples, random.child(3));
    d.last = batch_of(c, std::max(1, c.samples - 1), random.child(4));
    d.images.assign(d.batch.images.begin(), d.batch.images.end());
    d.gradient = normals(std::size_t(c.samples) * std::size_t(c.output.size()), random.child(5));
    return d;
}

std::vector<Quantity> computed(const Case& c, Subject& s, const Data& d) {
    std::vector<Quantity> all;
    const NamedTensors& catalogue = s.tensors();
    s.set(d.parameters, d.state);
    s.compute_gradients(d.batch);
    add(all, "losses", "in training", s.losses());
    add_logits(all, "logits in training", c, s);
    add_each(all, "gradients", catalogue.parameters, s.gradients());
    add_each(all, "running statistics", catalogue.states, s.state());
    s.set(d.parameters, d.state);
    if (c.alone) {
        const Pass p = s.pass(d.images, d.gradient, c.samples);
        add(all, "pass", "output", p.output);
        add(all, "pass", "input gradient", p.input_gradient);
        add_each(all, "pass", catalogue.parameters, p.gradients);
    }
    s.evaluate(d.batch);
    add_logits(all, "first inference", c, s);
    for (int i = 0; i < c.networks; ++i)
        add(all, "first deployed", "network " + std::to_string(i), s.deployed(i, d.batch));
    s.set(d.parameters, d.state);
    for (const Batch* b : {&d.batch, &d.batch, &d.last})
        s.step(*b, d.rate);
    add_each(all, "three steps", catalogue.parameters, s.parameters());
    add_each(all, "three steps", catalogue.states, s.state());
    s.evaluate(d.batch);
    add(all, "losses", "in inference", s.losses());
    add_logits(all, "inference", c, s);
    for (int i = 0; i < c.networks; ++i)
        add(all, "deployed", "network " + std::to_string(i), s.deployed(i, d.batch));
    return all;
}

namespace {

/// What roundings of this size move each quantity by, the most of several times.
Numbers moved_by(const Case& c, double rounding, const Measured& m) {
    Numbers moves(m.exact.size());
    for (int k = 1; k <= roundings; ++k) {
        const auto moved = c.exact({rounding, std::uint64_t(k)});
        const std::vector<Quantity> there = computed(c, *moved, m.data);
        for (std::size_t q = 0; q < there.size(); ++q) {
            const double move = distance(there[q].values, m.exact[q].values);
            if (!(move <= moves[q]))
                moves[q] = move;  // lets a NaN in
        }
    }
    return moves;
}
/// What the exact subject says, and whether its three steps are a training: their losses are
/// finite, or the library throws, and the parameters stay of the size that they had.
bool trains(const Case& c, std::uint64_t seed, double rate, Measured& m) {
    const auto exact = c.exact({});
    m.data = drawn(c, exact->tensors(), seed);
    m.data.rate = rate;
    try {
        m.exact = computed(c, *exact, m.data);
    } catch (const Error& e) {
        if (std::string(e.what()).find("a smaller learning rate may help") == std::string::npos)
            throw;
        return false;
    }
    return norm(exact->parameters()) < 10 * norm(m.data.parameters) + 1;
}
Measured measured_with(const Case& c, std::uint64_t seed) {
    Measured m;
    double rate = 0.02;
    while (!trains(c, seed, rate, m))
        if ((rate /= 10) < 1e-7)
            fail("three steps diverge at every rate");
    m.moves = moved_by(c, float_rounding, m);
    m.fine_moves = moved_by(c, fine_rounding, m);
    for (double& move : m.fine_moves)
        move *= double_rounding / fine_rounding;
    std::map<std::string, double> largest;
    for (const Quantity& q : m.exact)
        largest[q.kind] = std::max(largest[q.kind], norm(q.values));
    for (std::size_t q = 0; q < m.exact.size(); ++q) {
        const double size = norm(m.exact[q].values) + 1e-3 * largest[m.exact[q].kind];
        if (!(m.moves[q] <= too_much * size)) {
            ++m.bad;
            m.moves[q] = std::nan("");
        }
    }
    return m;
}

}  // namespace

Measured measured(const Case& c) {
    Measured best;
    for (int draw = 1; draw <= most_draws; ++draw) {
        Measured m = measured_with(c, std::uint64_t(1000 + draw));
        if (draw == 1 || m.bad < best.bad)
            best = std::move(m);
        best.draws = draw;
        if (best.bad == 0)
            break;
    }
    return best;
}

namespace {

/// What is found of each kind, and the worst of it.
void judge(const Measured& m, const Way& way, const std::vector<Quantity>& found, Report& report) {
    std::map<std::string, double> largest;
    for (const Quantity& q : m.exact)
        largest[q.kind] = std::max(largest[q.kind], norm(q.values));
    std::map<std::string, Finding> worst;
    for (std::size_t q = 0; q < m.exact.size(); ++q) {
        const Quantity& exact = m.exact[q];
        if (std::isnan(m.moves[q]))
            continue;
        const double size = norm(exact.values);
        const double away = distance(found[q].values, exact.values);
        const double move = way.epsilon < float_rounding ? m.fine_moves[q] : m.moves[q];
        const double allowed = allowance * move + way.epsilon * (8 * size + largest[exact.kind]);
        const double error = away == 0 ? 0 : away / allowed;
        Finding& w = worst[exact.kind];
        if (w.way.empty() || !(error <= w.error))
            w = {way.name, exact.kind, exact.name, error, size > 0 ? away / size : away};
        if (std::isnan(error))
            break;
    }
    for (const auto& [kind, finding] : worst)
        report.findings.push_back(finding);
}
bool same_bits(const std::vector<Quantity>& a, const std::vector<Quantity>& b, Report& report) {
    for (std::size_t q = 0; q < a.size(); ++q)
        if (a[q].values != b[q].values) {
            report.findings.push_back(
                {"two threads", a[q].kind, a[q].name, 1e9, distance(a[q].values, b[q].values)});
            return false;
        }
    return true;
}
bool deployed_as_trained(const Case& c, const std::vector<Quantity>& found) {
    const std::size_t n = found.size();
    for (std::size_t i = 0; i < std::size_t(c.networks); ++i)
        if (found[n - 1 - i].values != found[n - 1 - i - std::size_t(c.networks)].values)
            return false;
    return true;
}

/// The derivatives of the exact subject by differences, of some parameters and pixels.
void differences(const Case& c, const Measured& m, Report& report) {
    const auto exact = c.exact({});
    const auto loss = [&](const Numbers& parameters, const Numbers& images) {
        exact->set(parameters, m.data.state);
        const Numbers y = exact->pass(images, m.data.gradient, c.samples).output;
        double sum = 0;
        for (std::size_t i = 0; i < y.size(); ++i)
            sum += y[i] * m.data.gradient[i];
        return sum;
    };
    exact->set(m.data.parameters, m.data.state);
    const Pass pass = exact->pass(m.data.images, m.data.gradient, c.samples);
    double largest = 1e-30;
    for (const Numbers* all : {&pass.gradients, &pass.input_gradient})
        for (const double g : *all)
            largest = std::max(largest, std::abs(g));
    Finding worst{"differences", "pass", "", 0, 0};
    const auto check = [&](const std::string& name, Numbers& values, const Numbers& gradients,
                           std::size_t i, auto&& at) {
        double error = 1e9;
        for (const double h : {1e-4, 1e-5, 1e-6, 1e-7}) {
            const double kept = values[i];
            values[i] = kept + h;
            const double above = at();
            values[i] = kept - h;
            const double below = at();
            values[i] = kept;
            const double numeric = (above - below) / (2 * h);
            error = std::min(error, std::abs(numeric - gradients[i]) /
                                        (std::abs(gradients[i]) + 1e-2 * largest));
        }
        if (error > worst.distance)
            worst = {"differences", "pass", name + "[" + std::to_string(i) + "]", error / 1e-5,
                     error};
    };
    Numbers p = m.data.parameters;
    Numbers x = m.data.images;
    const auto now = [&] { return loss(p, x); };
    for (std::size_t k = 0; k < std::min<std::size_t>(24, p.size()); ++k)
        check("parameter", p, pass.gradients, k * p.size() / 24 % p.size(), now);
    for (std::size_t k = 0; k < std::min<std::size_t>(12, x.size()); ++k)
        check("pixel", x, pass.input_gradient, k * x.size() / 12 % x.size(), now);
    report.findings.push_back(worst);
}

/// Images as other programs have them, [sample][channel][row][column].
Array images_for_others(const Case& c, const Data& d) {
    const Dims in = c.input;
    Array x{{c.samples, in.channels, in.height, in.width}, {}};
    for (int n = 0; n < c.samples; ++n)
        for (int k = 0; k < in.channels; ++k)
            for (int p = 0; p < in.area(); ++p)
                x.values.push_back(d.images[std::size_t((n * in.area() + p) * in.channels + k)]);
    return x;
}
/// What is written of every network, computed by definition, beside the deployed network itself.
void judge_files(const Case& c, const Measured& m, Report& report) {
    const auto exact = c.exact({});
    exact->set(m.data.parameters, m.data.state);
    const Array images = images_for_others(c, m.data);
    for (int i = 0; i < c.networks; ++i) {
        const Files files = exact->files(i, {});
        if (files.onnx.empty() && files.refused_onnx.empty())
            return;
        const auto q = std::find_if(m.exact.begin(), m.exact.end(), [&](const Quantity& quantity) {
            return quantity.kind == "first deployed" &&
                   quantity.name == "network " + std::to_string(i);
        });
        Measured one;
        one.exact = {*q};
        one.moves = {m.moves[std::size_t(q - m.exact.begin())]};
        one.fine_moves = one.moves;  // not used: files are in float
        const OnnxFile file = read_onnx(files.onnx);
        judge(one, {"ONNX by definition", float_rounding, {}},
              {{q->kind, q->name, run_onnx(file, images).values}}, report);
        if (!files.refused_weights.empty()) {
            report.refused.push_back(files.refused_weights);
            continue;
        }
        const Numbers theirs = run_as_pytorch(file, files.weights, images).values;
        Numbers ours(theirs.size());
        for (std::size_t k = 0; k < theirs.size(); ++k) {
            const std::size_t row = k / files.order.size() * files.order.size();
            ours[row + std::size_t(files.order[k - row])] = theirs[k];
        }
        judge(one, {"weights as PyTorch has them", float_rounding, {}}, {{q->kind, q->name, ours}},
              report);
    }
}

}  // namespace

Report compared(const Case& c) {
    const Measured m = measured(c);
    Report report;
    report.quantities = int(m.exact.size());
    report.void_quantities = m.bad;
    report.draws = m.draws;
    std::vector<Quantity> one_thread;
    for (const Way& way : c.ways) {
        const auto subject = way.make();
        std::vector<Quantity> found = computed(c, *subject, m.data);
        judge(m, way, found, report);
        if (!deployed_as_trained(c, found))
            report.other_bits.push_back(way.name);
        if (way.name == "float" && !one_thread.empty())
            same_bits(one_thread, found, report);
        if (way.name == "float, one thread")
            one_thread = std::move(found);
    }
    judge_files(c, m, report);
    if (c.alone)
        differences(c, m, report);
    return report;
}
const Finding* Report::failure() const {
    const Finding* worst = nullptr;
    for (const Finding& f : findings)
        if (!(f.error <= 1) && (!worst || !(f.error <= worst->error)))
            worst = &f;
    return worst;
}

}  // namespace collab::random
