// SPDX-License-Identifier: Apache-2.0
// replay: a backend on the host that captures steps and launches them again as Cuda does with graphs: what is launched are the operations as they were asked
// for when it was captured, and nobody asks again. A step whose operations change without saying so then has other bits.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <collab/backend/cuda/replay.hpp>
#include <collab/backend/cuda/thrust_host.hpp>

namespace collab::replay {

/// What was captured, as functions with their operands.
class Tape {
public:
    long captures = 0, launches = 0, refusals = 0;
    long waits = 0;   // of the host
    bool capturing = false;

    template <class F>
    bool capture(F& f) {
        forget();
        capturing = true;
        try {
            f();
        } catch (const backend::device::NotCapturable&) {
            capturing = false, ++refusals;
            return false;
        }
        capturing = false, ++captures;
        return true;
    }
    void launch() {
        for (const auto& o : operations_) o();
        ++launches;
    }
    void forget() { operations_.clear(); }
    void add(std::function<void()> operation) { operations_.push_back(std::move(operation)); }
    void refuse() const {
        if (capturing) throw backend::device::NotCapturable{};
    }
    std::size_t size() const { return operations_.size(); }

private:
    std::vector<std::function<void()>> operations_;
};

/// The host as a system, with a tape. Shared, so that a test can look at it.
class System : public backend::device::HostSystem {
    using Host = backend::device::HostSystem;

public:
    System() : Host(backend::device::HostLoops::sequential) {}

    template <class U>
    std::vector<U> allocate(std::size_t n) {
        tape->refuse();
        return Host::allocate<U>(n);
    }
    template <class U>
    void upload(const U* host, std::size_t n, U* to) { tape->refuse(), Host::upload(host, n, to); }
    template <class U>
    void download(const U* from, std::size_t n, U* host) { tape->refuse(), ++tape->waits, Host::download(from, n, host); }
    template <class U>
    void fill(std::size_t n, U value, U* p) {
        issue([=](Host& host) { host.fill(n, value, p); });
    }
    template <class F>
    void loop(std::uint32_t n, F f) {
        issue([=](Host& host) { host.loop(n, f); });
    }
    template <class T>
    void multiply(const backend::device::MatrixProduct<T>& p) {
        issue([=](Host& host) { host.multiply(p); });
    }
    template <class U>
    U* scratch(backend::device::Scratch piece, std::size_t n) {   // as on a GPU: what a tape still speaks of stays
        auto& room = rooms_[std::size_t(piece)];
        if (room.empty() || room.back().size() * sizeof(std::max_align_t) < n * sizeof(U)) room.emplace_back(n * sizeof(U) / sizeof(std::max_align_t) + 1);
        return reinterpret_cast<U*>(room.back().data());
    }

    std::shared_ptr<Tape> tape = std::make_shared<Tape>();
    backend::device::Replay replay;

private:
    template <class F>
    void issue(F f) {
        if (tape->capturing) tape->add([f] { Host host(backend::device::HostLoops::sequential); f(host); });
        else f(static_cast<Host&>(*this));
    }
    std::array<std::vector<std::vector<std::max_align_t>>, backend::device::scratch_pieces> rooms_;
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
        if (replays_) this->system().replay.run(*this->system().tape, std::move(signature), f);
        else f();
    }
    void dropout(const backend::Map& map, double p, const Random& random, View<const T> x, View<T> y) {
        this->system().replay.vary();
        Operations::dropout(map, p, random, x, y);
    }
    const Tape& tape() { return *this->system().tape; }

private:
    bool replays_;
};

}  // namespace collab::replay
