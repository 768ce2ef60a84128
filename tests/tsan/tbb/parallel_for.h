// SPDX-License-Identifier: Apache-2.0
// parallel_for: the form that the library uses, on plain threads; see task_arena.h beside it.
#pragma once
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "task_arena.h"

namespace tbb {

struct simple_partitioner {};

template <class F>
void parallel_for(int first, int last, int step, const F& f, simple_partitioner = {}) {
    std::atomic<int> next = first;
    std::exception_ptr error;
    std::mutex error_mutex;
    // Relaxed: taking a piece must not order the pieces, or their races would be hidden.
    const auto work = [&](int index) {
        task_arena::index() = index;
        task_arena::busy() = true;
        try {
            for (int i; (i = next.fetch_add(step, std::memory_order_relaxed)) < last;)
                f(i);
        } catch (...) {
            const std::lock_guard lock(error_mutex);
            if (!error)
                error = std::current_exception();
        }
    };
    const bool inside = task_arena::busy();  // a loop inside a loop stays on its thread
    std::vector<std::thread> others;
    if (!inside)
        for (int i = 1; i < task_arena::width(); ++i)
            others.emplace_back(work, i);
    work(task_arena::index());
    task_arena::busy() = inside;
    for (std::thread& t : others)
        t.join();
    if (error)
        std::rethrow_exception(error);
}

}  // namespace tbb
