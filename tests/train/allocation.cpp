// SPDX-License-Identifier: Apache-2.0
// allocation: after the first steps of a training nothing asks for memory. Every operator new of
// this program is counted, and, where no sanitizer has taken their place, malloc and its relatives
// too. Under clang's thread sanitizer, which lets nobody replace them, there is no such test.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define COLLAB_TEST_CANNOT_COUNT
#endif
#endif

#ifndef COLLAB_TEST_CANNOT_COUNT
#include <doctest/doctest.h>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <new>
#include <vector>

#include <collab/backend/cpu/cpu.hpp>
#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/dropout.hpp>
#include <collab/layer/residual.hpp>
#include <collab/train/training.hpp>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COUNTS_MALLOC 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define COUNTS_MALLOC 0
#endif
#endif
#ifndef COUNTS_MALLOC
#if defined(__GLIBC__)
#define COUNTS_MALLOC 1
#else
#define COUNTS_MALLOC 0
#endif
#endif

namespace {
std::atomic<bool> counting{false};
std::atomic<long> calls{0};
std::atomic<long> bytes{0};
void count(std::size_t n) {
    if (counting.load(std::memory_order_relaxed)) {
        calls.fetch_add(1);
        bytes.fetch_add(long(n));
    }
}
}  // namespace

#if COUNTS_MALLOC
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void* malloc(std::size_t n) noexcept {
    return count(n), __libc_malloc(n);
}
void* calloc(std::size_t n, std::size_t size) noexcept {
    return count(n * size), __libc_calloc(n, size);
}
void* realloc(void* p, std::size_t n) noexcept {
    return count(n), __libc_realloc(p, n);
}
void* aligned_alloc(std::size_t alignment, std::size_t n) noexcept {
    return count(n), __libc_memalign(alignment, n);
}
}
#else
// Without malloc, the operators alone: what the library and the standard library call. Not inline:
// g++ 12 would see a free of what it knows to come from new.
void* operator new(std::size_t n) {
    count(n);
    if (void* p = std::malloc(n ? n : 1))
        return p;
    throw std::bad_alloc();
}
// a sorting algorithm's; a sanitizer's own would not go with the operators below
void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
    count(n);
    return std::malloc(n ? n : 1);
}
void* operator new(std::size_t n, std::align_val_t alignment) {
    count(n);
    const std::size_t a = std::size_t(alignment);
    if (void* p = std::aligned_alloc(a, (n + a - 1) / a * a))
        return p;
    throw std::bad_alloc();
}
COLLAB_NOINLINE void operator delete(void* p) noexcept {
    std::free(p);
}
COLLAB_NOINLINE void operator delete(void* p, std::size_t) noexcept {
    std::free(p);
}
COLLAB_NOINLINE void operator delete(void* p, std::align_val_t) noexcept {
    std::free(p);
}
COLLAB_NOINLINE void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
    std::free(p);
}
#endif

using namespace collab;

namespace {
struct Counted {
    long calls, bytes;
};
template <class F>
Counted counted(F&& f) {
    calls = bytes = 0;
    counting = true;
    f();
    counting = false;
    return {calls, bytes};
}
constexpr int batch = 48;
using Wide = Shape<2, 16, 16>;
struct Many
    : Sequential<
          Wide, Conv2d<8, 3, Bias>, BatchNorm, Elu, DepthwiseConv2d<3>, Relu,
          Residual<Layers<Conv2d<16, 3, Stride<2>>, BatchNorm, Relu, Conv2d<16, 3>>, PadShortcut>,
          Relu, Cut<mutual>, AvgPool<2>, Dropout<1, 4>, Conv2d<8, 1>, LeakyRelu<>, MaxPool<2>,
          Flatten, Linear<3>> {};
struct Few
    : Sequential<Wide, Conv2d<12, 5>, BatchNorm, Elu, MaxPool<3, Stride<2>, Pad<1>>, Cut<mutual>,
                 Sigmoid, Conv2d<20, 3>, BatchNorm, Relu, GlobalAvgPool, Linear<3>> {};
using Group = Collaboration<Many, Few, MKB<Encoder<8, 8>, Transfer<8>, Decoder>, CosineDistance>;

struct Feed {
    std::vector<float> x;
    std::vector<int> y;
    Feed() : x(std::size_t(batch) * Wide::dims.size()), y(batch) {
        for (std::size_t i = 0; i < x.size(); ++i)
            x[i] = float(std::sin(0.37 * double(i) * double(i)));
        for (std::size_t i = 0; i < y.size(); ++i)
            y[i] = int(i % 3);
    }
};
void run(Training<Group, Cpu<float>>& training, const Feed& feed, int count) {
    for (int s = 0; s < count; ++s)
        training.step(feed.x.data(), feed.y.data(), batch, 0.01);
}
}  // namespace

TEST_CASE("the counter counts") {
    const Counted some = counted([] {
        volatile std::size_t n = 1000;  // so that nobody finds the vector needless
        std::vector<double> v(n);
        n = std::size_t(v[n - 1]);
    });
    CHECK(some.calls >= 1);
    CHECK(some.bytes >= 8000);
    CHECK(counted([] {}).calls == 0);
}

TEST_CASE("on one thread nothing is allocated after the first step") {
    const Feed feed;
    Training<Group, Cpu<float>> training({.batch = batch}, std::make_shared<Cpu<float>>(1));
    run(training, feed, 1);
    const Counted c = counted([&] { run(training, feed, 5); });
    CHECK(c.calls == 0);
    CHECK(c.bytes == 0);
    CHECK(training.steps() == 6);
}

TEST_CASE("on two threads nothing is allocated after the first step") {
    const Feed feed;
    for (int round = 0; round < 10; ++round) {
        Training<Group, Cpu<float>> training({.batch = batch}, std::make_shared<Cpu<float>>(2));
        run(training, feed, 1);
        const Counted c = counted([&] { run(training, feed, 8); });
        CHECK(c.calls == 0);
        CHECK(c.bytes == 0);
    }
}

TEST_CASE("evaluation and losses allocate nothing after the first time") {
    const Feed feed;
    Training<Group, Cpu<float>> training({.batch = batch}, std::make_shared<Cpu<float>>(1));
    const auto round = [&] {
        run(training, feed, 1);
        training.evaluate_batch(feed.x.data(), feed.y.data(), batch);
        return training.losses()[0].task;
    };
    round();
    CHECK(counted(round).calls == 0);
}
#endif
