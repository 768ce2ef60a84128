// SPDX-License-Identifier: Apache-2.0
// thread_pool: the threads of the CPU backend run in an arena of oneTBB. The only header that
// includes oneTBB's.
#pragma once
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <collab/backend/cpu/cpu_context.hpp>
#include <collab/backend/cpu/matrix_unit.hpp>
#include <collab/core/error.hpp>

namespace collab::backend {

struct CpuContext::Pool {
    tbb::task_arena threads;
};

COLLAB_COMPILED CpuContext::CpuContext(int threads, int winograd, bool matrix_unit)
    : winograd_(winograd),
      matrix_unit_(matrix_unit && detail::MatrixUnit::present()) {
    if (threads < 0)
        fail("the CPU backend was asked for ", threads,
             " threads; expected 0, for one per core, or more");
    arena_.reset(new Pool{tbb::task_arena(threads > 0 ? threads : tbb::task_arena::automatic)});
    scratch_ = std::vector<Workspace>(static_cast<std::size_t>(arena_->threads.max_concurrency()));
}
COLLAB_COMPILED CpuContext::~CpuContext() = default;

COLLAB_COMPILED COLLAB_NOINLINE void CpuContext::share(int pieces, void (*body)(void*, int),
                                                       void* data) {
    const std::size_t needed = needed_.load(std::memory_order_relaxed);
    // what one thread has needed any other may need next: all grow at once, and only until every
    // size has been seen
    if (needed > ready_) {
        for (Workspace& s : scratch_)
            s.get<std::byte>(needed);
        ready_ = needed;
    }
    arena_->threads.execute([&] {
        if (pieces <= 1 || count() == 1)
            for (int i = 0; i < pieces; ++i)
                body(data, i);
        else
            tbb::parallel_for(
                0, pieces, 1, [&](int i) { body(data, i); }, tbb::simple_partitioner{});
    });
}
COLLAB_COMPILED COLLAB_COLD void Workspace::grow(std::size_t bytes) {
    bytes = (bytes + 4095) / 4096 * 4096;
    block_.reset();
    block_.reset(static_cast<std::byte*>(::operator new(bytes, std::align_val_t{64})));
    size_ = bytes;
}
COLLAB_COMPILED COLLAB_NOINLINE std::byte* CpuContext::own_scratch(std::size_t bytes) {
    std::size_t known = needed_.load(std::memory_order_relaxed);
    while (bytes > known &&
           !needed_.compare_exchange_weak(known, bytes, std::memory_order_relaxed)) {}
    return scratch_[static_cast<std::size_t>(thread())].get<std::byte>(bytes);
}
COLLAB_COMPILED COLLAB_NOINLINE CpuContext::Packed<std::byte> CpuContext::kept_weights(
    const PackedWeights& what, std::size_t bytes) {
    if (constant_ == 0)
        return {shared<std::byte>(bytes), false};
    for (Kept& k : kept_)
        if (k.version == constant_ && k.what == what && k.size == bytes)
            return {k.memory.get<std::byte>(bytes), true};
    kept_.push_back({constant_, what, bytes, {}});
    return {kept_.back().memory.get<std::byte>(bytes), false};
}
COLLAB_COMPILED COLLAB_COLD void CpuContext::forget_weights(std::uint64_t version) {
    std::erase_if(kept_, [&](const Kept& k) { return k.version == version; });
}
COLLAB_COMPILED COLLAB_COLD std::size_t CpuContext::bytes() const {
    std::size_t sum = 0;
    for (const auto& s : shared_)
        sum += s.bytes();
    for (const auto& s : scratch_)
        sum += s.bytes();
    for (const Kept& k : kept_)
        sum += k.memory.bytes();
    return sum;
}
COLLAB_COMPILED int CpuContext::thread() {
    return tbb::this_task_arena::current_thread_index();
}

}  // namespace collab::backend
