// SPDX-License-Identifier: Apache-2.0
// console: see console.hpp.
#include "console.hpp"

#include <atomic>
#include <csignal>
#include <cstdio>

namespace {
std::atomic<bool> interrupt = false;
static_assert(std::atomic<bool>::is_always_lock_free);  // a signal handler may touch it

extern "C" void on_interrupt(int signal) {
    interrupt = true;
    std::signal(signal, SIG_DFL);  // a second one ends the program at once
}
}  // namespace

namespace program {

void listen_to_interrupts() {
    std::signal(SIGINT, on_interrupt);
    std::signal(SIGTERM, on_interrupt);
#ifdef SIGHUP
    std::signal(SIGHUP, on_interrupt);
#endif
#ifdef SIGPIPE
    std::signal(SIGPIPE, SIG_IGN);  // whoever read the progress may be gone; the training goes on
#endif
}
bool interrupted() {
    return interrupt;
}

}  // namespace program
