// SPDX-License-Identifier: Apache-2.0
// replay: a backend on the host that captures steps and launches them again as Cuda does with
// graphs: what is launched are the operations as they were asked for when it was captured, and
// nobody asks again. A step whose operations change without saying so then has other bits.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <collab/backend/cuda/replay.hpp>

#include "thrust/apart.hpp"

namespace collab::replay {

/// What was captured, as functions with their operands.
class Tape {
public:
    long captures = 0, launches = 0, refusals = 0;
    long waits = 0;  // of the host

    explicit Tape(apart::Device& device) : device_(device) {}
    template <class F>
    bool capture(F& f) {
        forget();
        device_.captured = &operations_;
        try {
            f();
        } catch (const backend::device::NotCapturable&) {
            device_.captured = nullptr;
            ++refusals;
            return false;
        }
        device_.captured = nullptr;
        ++captures;
        return true;
    }
    void launch() {
        for (const auto& o : operations_)
            device_.later(o);
        ++launches;
    }
    void forget() { operations_.clear(); }
    void refuse() const {
        if (device_.captured)
            throw backend::device::NotCapturable{};
    }

private:
    apart::Device& device_;
    std::vector<std::function<void()>> operations_;
};

/// A machine with a device and a tape. Shared, so that a test can look at it.
class System : public apart::System {
public:
    template <class U>
    apart::Memory<U> allocate(std::size_t n) {
        tape->refuse();
        return apart::System::allocate<U>(n);
    }
    template <class U>
    void upload(const U* host, std::size_t n, U* to) {
        tape->refuse();
        apart::System::upload(host, n, to);
    }
    template <class U>
    void download(const U* from, std::size_t n, U* host) {
        tape->refuse();
        ++tape->waits;
        apart::System::download(from, n, host);
    }

    std::shared_ptr<Tape> tape = std::make_shared<Tape>(device());
    backend::device::Replay replay;
};

/// As Cuda, but on the host; with `replays` false every step is asked for.
template <class T>
class Host : public backend::device::Parallel<T, System> {
    using Operations = backend::device::Parallel<T, System>;

public:
    static constexpr const char* name = "Replay";
    explicit Host(bool replays = true) : Operations(System()), replays_(replays) {}

    template <class F>
    void record(std::vector<std::uint64_t> signature, F&& f) {
        if (replays_)
            this->system().replay.run(*this->system().tape, std::move(signature), f);
        else
            f();
    }
    void dropout(const backend::Map& map, double p, const Random& random, View<const T> x,
                 View<T> y) {
        this->system().replay.vary();
        Operations::dropout(map, p, random, x, y);
    }
    const Tape& tape() { return *this->system().tape; }

private:
    bool replays_;
};

}  // namespace collab::replay
