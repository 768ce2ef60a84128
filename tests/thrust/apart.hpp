// SPDX-License-Identifier: Apache-2.0
// apart: the host as a GPU is to a program. The backend's memory is out of the host's reach,
// operations are done when somebody waits for them and not before, loops run backwards, and none
// may be given an address of the host's. What works here by accident only crashes, or has other
// bits.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <new>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

#include <collab/backend/cuda/thrust_host.hpp>
#include <collab/core/error.hpp>

namespace collab::apart {

using backend::device::HostLoops;
using backend::device::HostSystem;
using backend::device::MatrixProduct;
using backend::device::Scratch;

/// f(i) for i in [0, n), backwards: as good an order as any.
template <class F>
void loop_backwards(HostSystem& host, std::uint32_t n, const F& f) {
    host.loop(n, [n, f](std::uint32_t i) { f(n - 1 - i); });
}

/// Memory that only operations see, and the operations that are still to be done.
class Device {
public:
    Device() = default;
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;
    ~Device() {
        for (const auto& [at, bytes] : reserved_)
            munmap(at, bytes);
    }

    /// Zeroes on pages of their own. The addresses are used only once: what speaks of freed memory
    /// is found out.
    void* take(std::size_t bytes) {
        bytes = (std::max<std::size_t>(bytes, 1) + page - 1) / page * page;
        if (reserved_.empty() || reserved_.back().second - taken_ < bytes) {
            // addresses, not memory
            const std::size_t room = std::max(bytes, std::size_t(1) << 32);
            void* const at =
                mmap(nullptr, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
            if (at == MAP_FAILED)
                throw std::bad_alloc();
            reserved_.push_back({at, room});
            taken_ = 0;
        }
        char* const at = static_cast<char*>(reserved_.back().first) + taken_;
        taken_ += bytes;
        used_[at] = bytes;
        return at;
    }
    void give(void* at) {  // as cudaFree: waits
        wait();
        const auto k = used_.find(static_cast<char*>(at));
        madvise(at, k->second, MADV_DONTNEED);
        used_.erase(k);
    }
    /// Zeroes from p on, as pages that nobody has touched where they are whole: those cost nothing
    /// whenever memory comes into reach.
    void clear(void* p, std::size_t bytes) {
        char* const first = static_cast<char*>(p);
        char* const last = first + bytes;
        char* const whole = first + (page - std::uintptr_t(first) % page) % page;
        if (whole + page > last)
            return static_cast<void>(std::memset(p, 0, bytes));
        const std::size_t pages = std::size_t(last - whole) / page * page;
        std::memset(first, 0, std::size_t(whole - first));
        madvise(whole, pages, MADV_DONTNEED);
        std::memset(whole + pages, 0, std::size_t(last - whole) - pages);
    }
    bool has(const void* p) const {
        const auto next = used_.upper_bound(static_cast<char*>(const_cast<void*>(p)));
        return next != used_.begin() &&
               std::uintptr_t(p) - std::uintptr_t(std::prev(next)->first) < std::prev(next)->second;
    }
    /// The operation is done by the next `wait`; while a step is captured, it is only kept.
    void later(std::function<void()> operation) {
        (captured ? *captured : pending_).push_back(std::move(operation));
    }
    std::vector<std::function<void()>>* captured = nullptr;
    void wait() {
        if (pending_.empty())
            return;
        see([&] {
            for (const auto& o : pending_)
                o();
        });
        pending_.clear();
    }
    /// f() with the memory in reach.
    template <class F>
    void see(const F& f) {
        const auto protect = [&](int how) {  // neighbors at once
            for (auto k = used_.begin(); k != used_.end();) {
                char* const first = k->first;
                std::size_t bytes = 0;
                for (; k != used_.end() && k->first == first + bytes; ++k)
                    bytes += k->second;
                mprotect(first, bytes, how);
            }
        };
        protect(PROT_READ | PROT_WRITE);
        f();
        protect(PROT_NONE);
    }

    /// An operation must have been given nothing of the host's: any word of it that is an address
    /// of the process must be one of the device's.
    template <class F>
    void check_operands(const F& f) const {
        static_assert(std::is_trivially_copyable_v<F>,
                      "a GPU gets a function as a copy of its bytes");
#if __has_builtin(__builtin_clear_padding)  // in what is not cleared there are old addresses
        F copy = f;
        __builtin_clear_padding(std::addressof(copy));
        for (std::size_t at = 0; at + sizeof(std::uintptr_t) <= sizeof(F);
             at += sizeof(std::uintptr_t)) {
            std::uintptr_t word;
            std::memcpy(&word, reinterpret_cast<const char*>(std::addressof(copy)) + at,
                        sizeof word);
            check_address(reinterpret_cast<const void*>(word));
        }
#else
        static_cast<void>(f);
#endif
    }
    void check_address(const void* p) const {
        // No number that a test computes with looks like an address above 4 GiB by itself; the
        // table of what is mapped decides. (A low half that is small is an int beside what g++ 12
        // leaves uncleared of a lambda's padding.)
        const auto word = std::uintptr_t(p);
        if (word >> 32 != 0 && word >> 47 == 0 && (word & 0xffffffff) >> 20 != 0 && !has(p) &&
            mapped(p))
            fail("an operation was given an address of the host's");
    }

private:
    static bool mapped(const void* p) {
        std::ifstream maps("/proc/self/maps");
        for (std::string line; std::getline(maps, line);) {
            std::istringstream in(line);
            std::uintptr_t first = 0;
            std::uintptr_t last = 0;
            char dash = 0;
            in >> std::hex >> first >> dash >> last;
            if (std::uintptr_t(p) >= first && std::uintptr_t(p) < last)
                return true;
        }
        return false;
    }
    const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    std::vector<std::pair<void*, std::size_t>> reserved_;
    std::size_t taken_ = 0;  // of what was reserved last
    std::map<char*, std::size_t> used_;
    std::vector<std::function<void()>> pending_;
};

/// Owns n elements of a device's memory.
template <class U>
class Memory {
public:
    Memory() = default;
    Memory(std::shared_ptr<Device> device, std::size_t n)
        : device_(std::move(device)),
          data_(static_cast<U*>(device_->take(n * sizeof(U)))),
          size_(n) {}
    Memory(Memory&& other) noexcept
        : device_(std::move(other.device_)),
          data_(std::exchange(other.data_, nullptr)),
          size_(std::exchange(other.size_, 0)) {}
    Memory& operator=(Memory&& other) noexcept {
        std::swap(device_, other.device_);
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~Memory() {
        if (data_)
            device_->give(data_);
    }
    U* data() { return data_; }
    const U* data() const { return data_; }
    std::size_t size() const { return size_; }

private:
    std::shared_ptr<Device> device_;
    U* data_ = nullptr;
    std::size_t size_ = 0;
};

/// The system: Thrust's sequential one and Eigen's products, on such memory.
class System {
public:
    template <class U>
    Memory<U> allocate(std::size_t n) {
        return {device_, n};
    }
    template <class U>
    // the host's memory may change as soon as this returns
    void upload(const U* host, std::size_t n, U* to) {
        device_->check_address(to);
        device_->later([copy = std::vector<U>(host, host + n), to] {
            std::copy(copy.begin(), copy.end(), to);
        });
    }
    template <class U>
    void download(const U* from, std::size_t n, U* host) {
        device_->check_address(from);
        device_->wait();
        device_->see([&] { std::copy_n(from, n, host); });
    }
    template <class U>
    void fill(std::size_t n, U value, U* p) {
        device_->check_address(p);
        issue([=](HostSystem& host) { host.fill(n, value, p); });
    }
    template <class F>
    void loop(std::uint32_t n, F f) {
        device_->check_operands(f);
        issue([=](HostSystem& host) { loop_backwards(host, n, f); });
    }
    template <class T>
    void multiply(const MatrixProduct<T>& p) {
        device_->check_operands(p);
        issue([=](HostSystem& host) { host.multiply(p); });
    }
    template <class U>
    // as on a GPU: what was asked for before may still speak of the old one
    U* scratch(Scratch piece, std::size_t n) {
        auto& rooms = rooms_[std::size_t(piece)];
        if (rooms.empty() || rooms.back().size() < n * sizeof(U))
            rooms.emplace_back(device_, n * sizeof(U));
        return reinterpret_cast<U*>(rooms.back().data());
    }
    std::size_t scratch_bytes() const {
        std::size_t bytes = 0;
        for (const auto& rooms : rooms_)
            for (const auto& room : rooms)
                bytes += room.size();
        return bytes;
    }
    Device& device() { return *device_; }

private:
    template <class F>
    void issue(F f) {
        device_->later([f] {
            HostSystem host(HostLoops::sequential);
            f(host);
        });
    }
    std::shared_ptr<Device> device_ = std::make_shared<Device>();
    std::array<std::vector<Memory<std::byte>>, backend::device::scratch_pieces> rooms_;
};

/// The GPU backend's operations on it.
template <class T>
class Host : public backend::device::Parallel<T, System> {
public:
    static constexpr const char* name = "Apart";
    Host() : backend::device::Parallel<T, System>(System()) {}
};

}  // namespace collab::apart
