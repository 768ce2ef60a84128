// SPDX-License-Identifier: Apache-2.0
// apart: that the host apart notices what it is for, and a program's whole way on it.
#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <collab/collab.hpp>

#include "thrust/apart.hpp"
#include "thrust/program.hpp"

using namespace collab;
using apart::Host;

namespace {
/// Whether a program that does this ends there.
template <class F>
bool ends(const F& f) {
    const pid_t child = fork();
    if (child == 0) {
        close(STDOUT_FILENO);
        close(STDERR_FILENO);  // a sanitizer would tell
        f();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}
std::vector<float> values(Host<float>& backend, const float* from, std::size_t n) {
    std::vector<float> to(n);
    backend.download(from, n, to.data());
    return to;
}
}  // namespace

TEST_CASE("the host cannot touch memory apart, and nobody what was freed") {
    Host<float> backend;
    auto memory = backend.allocate<float>(8);
    volatile float* const at = memory.data();
    CHECK_FALSE(ends([] {}));
    CHECK(ends([&] { at[3] = 1; }));
    CHECK(ends([&] { static_cast<void>(at[3]); }));
    float* const freed = backend.allocate<float>(8).data();
    CHECK(ends([&] {
        backend.fill(8, 1, freed);
        values(backend, memory.data(), 1);
    }));
    CHECK(values(backend, memory.data(), 8) == std::vector<float>(8));
}
TEST_CASE("operations are done in their order, when somebody waits") {
    Host<float> backend;
    auto memory = backend.allocate<float>(2);
    float* const p = memory.data();
    std::vector<float> mine{1, 2};
    backend.upload(mine.data(), 2, p);
    mine = {7, 7};
    backend.for_each(2, [p](std::size_t i) { p[i] *= 10; });
    CHECK(values(backend, p, 2) == std::vector<float>{10, 20});
    backend.fill(2, 5, p);
    backend.for_each(2, [p](std::size_t i) { p[i] += float(i); });
    CHECK(values(backend, p, 2) == std::vector<float>{5, 6});
}
TEST_CASE("an operation is given no address of the host's") {
    Host<float> backend;
    auto memory = backend.allocate<float>(2);
    float* const p = memory.data();
    std::vector<float> mine(2);
    float* const q = mine.data();
    CHECK_THROWS_AS(backend.fill(2, 1, q), Error);
    CHECK_THROWS_AS(backend.upload(q, 2, q), Error);
    CHECK_THROWS_AS(backend.download(q, 2, q), Error);
#if __has_builtin(__builtin_clear_padding)  // what looks into a functor's bytes
    CHECK_THROWS_AS(backend.linear({1, 1, 2}, {p, 1}, q, nullptr, {p, 2}), Error);
    CHECK_THROWS_AS(backend.for_each(2, [q](std::size_t i) { q[i] = 1; }), Error);
    CHECK_THROWS_AS(backend.for_each(2, [p, q](std::size_t i) { p[i] = q[i]; }), Error);
    const auto by_reference = [&](std::size_t i) { p[i] = 1; };
    CHECK_THROWS_AS(backend.for_each(2, by_reference), Error);
#endif
    backend.for_each(2, [p](std::size_t i) { p[i] = 1; });
    CHECK(values(backend, p, 2) == std::vector<float>{1, 1});
}

TEST_CASE("a program says the same whether the backend's memory is the host's or not") {
    const std::vector<double> here = program::said<ThrustHost<float>>();
    CHECK(here.size() > 400);
    CHECK(program::said<Host<float>>() == here);
}
