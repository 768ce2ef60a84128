// SPDX-License-Identifier: Apache-2.0
// arena: the threads of the CPU backend run in an arena of oneTBB. The only header that includes oneTBB's.
#pragma once
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <collab/backend/cpu/threads.hpp>

namespace collab::backend {

struct Threads::Arena {
    tbb::task_arena threads;
};

COLLAB_COMPILED Threads::Threads(int threads, int winograd) : winograd_(winograd), arena_(new Arena{tbb::task_arena(threads > 0 ? threads : tbb::task_arena::automatic)}) {
    scratch_ = std::vector<Workspace>(static_cast<std::size_t>(arena_->threads.max_concurrency()));
}
COLLAB_COMPILED Threads::~Threads() = default;

COLLAB_COMPILED void Threads::share(int pieces, void (*body)(void*, int), void* data) {
    arena_->threads.execute([&] {
        if (pieces <= 1 || count() == 1)
            for (int i = 0; i < pieces; ++i) body(data, i);
        else
            tbb::parallel_for(0, pieces, 1, [&](int i) { body(data, i); }, tbb::simple_partitioner{});
    });
}
COLLAB_COMPILED int Threads::thread() { return tbb::this_task_arena::current_thread_index(); }

}  // namespace collab::backend
