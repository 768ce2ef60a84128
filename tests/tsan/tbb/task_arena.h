// SPDX-License-Identifier: Apache-2.0
// task_arena: the part of oneTBB that the library uses, on plain threads, for the thread sanitizer
// alone (preset tsan).
//
// The sanitizer cannot see how the installed oneTBB synchronizes, because that library was built
// without it, and calls every handing-over of work a race. These few lines do the same with threads
// that it does see, so that what it reports is ours.
#pragma once
#include <algorithm>
#include <thread>

namespace tbb {

class task_arena {
public:
    static constexpr int automatic = -1;
    explicit task_arena(int threads = automatic)
        : threads_(threads > 0
                       ? threads
                       : std::max(2, static_cast<int>(std::thread::hardware_concurrency()))) {}
    int max_concurrency() const { return threads_; }
    template <class F>
    decltype(auto) execute(F&& f) {
        struct Restore {
            int& slot;
            int before;
            ~Restore() { slot = before; }
        } restore{width(), width()};
        width() = threads_;
        return f();
    }

    /// Threads of the arena that this thread works for, this thread's number in it, and whether it
    /// runs a piece of a loop.
    static int& width() {
        static thread_local int value = 1;
        return value;
    }
    static int& index() {
        static thread_local int value = 0;
        return value;
    }
    static bool& busy() {
        static thread_local bool value = false;
        return value;
    }

private:
    int threads_;
};

namespace this_task_arena {
inline int current_thread_index() {
    return task_arena::index();
}
inline int max_concurrency() {
    return task_arena::width();
}
}  // namespace this_task_arena

}  // namespace tbb
