// SPDX-License-Identifier: Apache-2.0
// muon: beside the numbers of the authors' code in PyTorch 1.13, and as the optimizer of a
// training.
#include <doctest/doctest.h>

#include <cmath>

#include <collab/optim/lookahead.hpp>
#include <collab/optim/muon.hpp>
#include <collab/train/checkpoint.hpp>

#include "data/temporary.hpp"
#include "train/small.hpp"
#include "walk.hpp"

using namespace collab;
using namespace collab::trial;

static_assert(TensorOptimizer<Muon> && TensorOptimizer<Lookahead<Muon>> && !TensorOptimizer<Sgd>);

namespace {
double made(int k, std::size_t i) {
    return std::sin(0.37 * double(i) * double(i) + k);
}
/// A matrix [rows][columns] after three steps with rate 0.1.
template <class B, class T = typename B::Scalar>
std::vector<double> walk_matrix(const Muon& muon, int rows, int columns) {
    B backend;
    const auto n = std::size_t(rows * columns);
    const Parameter tensor{"weight", Role::weight, int(n), rows, {rows, columns}, 2};
    auto memory = backend.template allocate<T>(3 * n);
    auto room = backend.template allocate<T>(Muon::room(tensor));
    const WeightRange<T> r{
        memory.data(), memory.data() + n, {memory.data() + 2 * n}, nullptr, T(0.1)};
    std::vector<T> values(n);
    for (std::size_t i = 0; i < n; ++i)
        values[i] = T(made(0, i));
    backend.upload(values.data(), n, memory.data());
    for (int s = 0; s < 3; ++s) {
        for (std::size_t i = 0; i < n; ++i)
            values[i] = T(made(s + 1, i));
        backend.upload(values.data(), n, memory.data() + n);
        muon.move(backend, tensor, r, room.data());
    }
    backend.download(memory.data(), n, values.data());
    return {values.begin(), values.end()};
}
void verify_matrix(const std::vector<double>& w, const std::vector<double>& expected,
                   double within) {
    REQUIRE(w.size() == expected.size());
    for (std::size_t i = 0; i < w.size(); ++i)
        CHECK(w[i] == doctest::Approx(expected[i]).epsilon(within));
}
const std::vector<double> wide{-0.2117134163101132,  0.18461186618555864, 0.9944703344067826,
                               0.017439320899784345, -0.5498350459912554, 0.3825162367353927};
const std::vector<double> tall{-0.14378004495677996, 0.2201283525341446,   0.9842829940219463,
                               -0.04643375768954964, -0.47531331831193435, 0.30606586465438956,
                               0.5744441984032511,   -0.7659634203573757,  -1.0052928562569678,
                               -1.0049721972350707,  -0.749614386016992,   0.5983013287148292};
}  // namespace

TEST_CASE("Muon moves matrices as its authors' code does") {
    const Muon decayed{.momentum = 0.9, .weight_decay = 0.05};
    const Muon plain{.momentum = 0.9, .nesterov = false};
    verify_matrix(walk_matrix<Reference<double>>(decayed, 2, 3), wide, 1e-12);
    verify_matrix(walk_matrix<Reference<double>>(plain, 6, 2), tall, 1e-12);
    verify_matrix(walk_matrix<Cpu<float>>(decayed, 2, 3), wide, 1e-5);
    verify_matrix(walk_matrix<Cpu<float>>(plain, 6, 2), tall, 1e-5);
}

TEST_CASE("what Newton and Schulz make of a matrix is nearly orthogonal") {
    for (const auto& shape : {std::pair{5, 9}, {9, 5}, {7, 7}}) {
        const int rows = shape.first;
        const int columns = shape.second;
        Reference<double> backend;
        const Parameter tensor{"weight", Role::weight, rows * columns, rows, {rows, columns}, 2};
        std::vector<double> room(Muon::room(tensor));
        Arena<double> arena(room.data());
        detail::NewtonSchulz<Reference<double>> o(backend, rows, columns, arena);
        for (std::size_t i = 0; i < o.size(); ++i) {
            o.matrix[i] = made(1, i);
            o.other[i] = made(1, i) * made(1, i);
        }
        o.normalize();
        o.run(5);
        // the columns of the tall form: lengths near 1, and hardly any product of two
        const bool flat = rows < columns;
        const int few = std::min(rows, columns);
        const int many = std::max(rows, columns);
        const auto at = [&](int f, int m) {
            return o.matrix[std::size_t(flat ? f * columns + m : m * columns + f)];
        };
        for (int p = 0; p < few; ++p)
            for (int q = 0; q <= p; ++q) {
                double product = 0;
                for (int m = 0; m < many; ++m)
                    product += at(p, m) * at(q, m);
                CHECK(std::abs(product - (p == q ? 1 : 0)) < 0.55);
            }
    }
}

TEST_CASE("Muon moves what is no matrix by AdamW, and so what a group says") {
    Training<Pair, Reference<double>, Muon> muon({.batch = samples});
    Training<Pair, Reference<double>, AdamW> adam({.batch = samples});
    std::string head;  // the last layer of the first network
    for (const Named& n : muon.named_tensors().parameters)
        if (n.name.starts_with("net0.") && n.tensor.role == Role::weight)
            head = n.name;
    Training<Pair, Reference<double>, Muon> grouped(
        {.batch = samples, .groups = {{.names = head, .elementwise = true}}});
    steps(muon, 1, 0.1);
    steps(adam, 1, 0.1 * 0.015);
    steps(grouped, 1, 0.1);
    const auto a = muon.parameters();
    const auto b = adam.parameters();
    const auto c = grouped.parameters();
    std::size_t matrices = 0;
    std::size_t last = 0;
    for (const Named& n : muon.named_tensors().parameters) {
        CAPTURE(n.name);
        const bool matrix = n.tensor.role == Role::weight && n.tensor.rank > 1;
        const bool in_group = n.name == head;
        matrices += matrix;
        last += matrix && in_group;
        for (std::size_t i = n.offset; i < n.offset + std::size_t(n.tensor.size); ++i) {
            if (!matrix)
                CHECK(a[i] == b[i]);
            CHECK(c[i] == (matrix && !in_group ? a : b)[i]);
        }
    }
    CHECK(matrices > 5);
    CHECK(last == 1);
    CHECK(a != b);
}

TEST_CASE("a training with Muon goes on from a checkpoint to the same bits, and learns") {
    const Folder folder;
    const std::string path = (folder.path / "checkpoint").string();
    using T = Training<Pair, Cpu<float>, Lookahead<Muon>>;
    T whole({.batch = samples, .optimizer = {.every = 4}});
    T first({.batch = samples, .optimizer = {.every = 4}});
    steps(whole, 6);
    steps(first, 3);
    save(first, path);
    T second({.batch = samples, .optimizer = {.every = 4}});
    load(second, path);
    for (int s = 3; s < 6; ++s)
        second.step(images(s).data(), labels(s).data(), samples, 0.05);
    CHECK(same_bits(whole.parameters(), second.parameters()));
    CHECK(same_bits(whole.slot(2), second.slot(2)));

    Training<Pair, Cpu<float>, Muon> learns({.batch = samples});
    const auto loss = [&] {
        learns.evaluate_batch(images().data(), labels().data(), samples);
        return learns.losses()[0].task + learns.losses()[1].task;
    };
    const double before = loss();
    for (int s = 0; s < 40; ++s)
        learns.step(images().data(), labels().data(), samples, 0.02);
    CHECK(loss() < 0.5 * before);
}

TEST_CASE("Muon says its settings, and those out of range are refused") {
    CHECK(Muon{}.facts()[0].value == "Muon");
    CHECK(Muon{}.with_decay(0.5).adam.weight_decay == 0.005);
    CHECK_THROWS_WITH_AS((Muon{.momentum = 1}.check()),
                         "Muon: momentum is 1; expected a number in [0, 1)", Error);
    CHECK_THROWS_AS((Muon{.steps = 0}.check()), Error);
    CHECK_THROWS_AS((Muon{.weight_decay = -1}.check()), Error);
    CHECK_THROWS_AS((Muon{.adam_rate = -1}.check()), Error);
    CHECK_THROWS_AS((Muon{.adam = {.beta1 = 1}}.check()), Error);
}
