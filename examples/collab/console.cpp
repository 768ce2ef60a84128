// SPDX-License-Identifier: Apache-2.0
// console: see console.hpp.
#include "console.hpp"

#include <atomic>
#include <csignal>
#include <cstdlib>

namespace {
std::atomic<bool> interrupt = false;
static_assert(std::atomic<bool>::is_always_lock_free);  // a signal handler may touch it

extern "C" void on_interrupt(int signal) {
    interrupt = true;
    std::signal(signal, SIG_DFL);  // a second one ends the program at once
}
extern "C" void on_early_interrupt(int) {
    std::_Exit(130);
}

using Handler = void (*)(int);
void handle(int signal, Handler by) {
    if (std::signal(signal, by) == SIG_IGN)  // as nohup and scripts want it
        std::signal(signal, SIG_IGN);
}
}  // namespace

namespace program {

void end_at_interrupts() {
    handle(SIGINT, on_early_interrupt);
}
void finish_at_interrupts() {
    handle(SIGINT, on_interrupt);
    handle(SIGTERM, on_interrupt);
#ifdef SIGHUP
    handle(SIGHUP, on_interrupt);
#endif
#ifdef SIGPIPE
    std::signal(SIGPIPE, SIG_IGN);  // whoever read the progress may be gone; the training goes on
#endif
}
bool interrupted() {
    return interrupt;
}

}  // namespace program
