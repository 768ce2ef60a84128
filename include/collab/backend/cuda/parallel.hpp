// SPDX-License-Identifier: Apache-2.0
// parallel: every operation of backend/concepts.hpp on a system (system.hpp). Cuda and ThrustHost
// are this with a system each.
#pragma once
#include <cstddef>
#include <type_traits>
#include <utility>

#include <collab/backend/concepts.hpp>
#include <collab/backend/cuda/activated.hpp>
#include <collab/backend/cuda/convolution.hpp>
#include <collab/backend/cuda/loss.hpp>
#include <collab/backend/cuda/pooling.hpp>

namespace collab::backend::device {

/// The operations are described in backend/concepts.hpp; each begins when the ones before it have
/// finished. The same calls give the same bits.
template <class T, System<T> S>
class Parallel {
    static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>,
                  "collab: this backend computes in float or in double");
    using In = View<const T>;
    using Out = View<T>;

public:
    using Scalar = T;
    static constexpr bool keeps_pictures = true;

    explicit Parallel(S system) : system_(std::move(system)) {}

    S& system() { return system_; }
    /// What the operations have needed so far beside their operands.
    std::size_t workspace_bytes() const { return system_.scratch_bytes(); }

    // Backend
    template <class U>
    auto allocate(std::size_t n) {
        return system_.template allocate<U>(n);
    }
    template <class U>
    void upload(const U* host, std::size_t n, U* to) {
        system_.upload(host, n, to);
    }
    template <class U>
    void download(const U* from, std::size_t n, U* host) {
        system_.download(from, n, host);
    }
    template <class U>
    void fill(std::size_t n, std::type_identity_t<U> value, U* p) {
        system_.fill(n, value, p);
    }
    void copy(const Map& map, In x, Out y) { device::copy<S, T>(system_, map, x, y); }
    void add(const Map& map, In x, Out y) { device::add<S, T>(system_, map, x, y); }
    template <class F>
    void for_each(std::size_t n, F f) {
        check_copies<F>();
        device::for_each(system_, n, f);
    }
    template <class F>
    void for_rows(int n, F f) {
        check_copies<F>();
        device::for_rows(system_, n, f);
    }
    template <class U>
    U* room(std::size_t n) {
        return system_.template scratch<U>(Scratch::room, n);
    }
    double sum(std::size_t n, const T* p) { return device::sum(system_, n, p); }
    template <class U>
    // U: double or T
    void sum_into(std::size_t n, const T* p, U* to) {
        device::sum_into(system_, n, p, to);
    }

    // ConvolutionBackend, ProductBackend
    void conv2d(const Convolution& g, In x, const T* w, const T* bias, Out y) {
        device::conv2d<S, T>(system_, g, x, w, bias, y);
    }
    void conv2d_input_gradient(const Convolution& g, In dy, const T* w, const T* bias, Out dx) {
        device::conv2d_input_gradient<S, T>(system_, g, dy, w, bias, dx);
    }
    void conv2d_weight_gradient(const Convolution& g, In x, In dy, T* dw) {
        device::conv2d_weight_gradient<S, T>(system_, g, x, dy, dw);
    }
    void bias_gradient(const Map& map, In dy, T* db) {
        device::bias_gradient<S, T>(system_, map, dy, db);
    }
    void linear(const Product& g, In x, const T* w, const T* bias, Out y) {
        device::linear<S, T>(system_, g, x, w, bias, y);
    }
    void linear_input_gradient(const Product& g, In dy, const T* w, Out dx) {
        device::linear_input_gradient<S, T>(system_, g, dy, w, dx);
    }
    void linear_weight_gradient(const Product& g, In x, In dy, T* dw) {
        device::linear_weight_gradient<S, T>(system_, g, x, dy, dw);
    }

    // ActivationBackend, NormalizationBackend, DropoutBackend
    template <class F>
    void activate(const Map& map, F f, In x, Out y) {
        device::Activated<S, T, F>::activate(system_, map, f, x, y);
    }
    template <class F>
    void activate_backward(const Map& map, F f, In from, In dy, Out dx) {
        device::Activated<S, T, F>::activate_backward(system_, map, f, from, dy, dx);
    }
    template <class F>
    void batch_norm(const Map& map, F f, In x, const Affine<T>& affine,
                    const Statistics<T>& statistics, Out y) {
        device::Activated<S, T, F>::batch_norm(system_, map, f, x, affine, statistics, y);
    }
    template <class F>
    void batch_norm_inference(const Map& map, F f, In x, const Affine<T>& affine,
                              const PopulationStatistics<T>& statistics, Out y) {
        device::Activated<S, T, F>::batch_norm_inference(system_, map, f, x, affine, statistics, y);
    }
    template <class F>
    void batch_norm_backward(const Map& map, F f, const NormalizationBackward<T>& backward,
                             const T* gamma, Out dx) {
        device::Activated<S, T, F>::batch_norm_backward(system_, map, f, backward, gamma, dx);
    }
    void dropout(const Map& map, double p, const Random& random, In x, Out y) {
        device::dropout<S, T>(system_, map, p, random, x, y);
    }

    // PoolingBackend
    void max_pool(const Pooling& g, In x, Out y) { device::max_pool<S, T>(system_, g, x, y); }
    void max_pool_backward(const Pooling& g, In x, In, In dy, Out dx) {
        device::max_pool_backward<S, T>(system_, g, x, dy, dx);
    }
    void average_pool(const Pooling& g, In x, Out y) {
        device::average_pool<FixedWindows, S, T>(system_, g, x, y);
    }
    void average_pool_backward(const Pooling& g, In dy, Out dx) {
        device::average_pool_backward<FixedWindows, S, T>(system_, g, dy, dx);
    }
    void adaptive_average_pool(const Pooling& g, In x, Out y) {
        device::average_pool<AdaptiveWindows, S, T>(system_, g, x, y);
    }
    void adaptive_average_pool_backward(const Pooling& g, In dy, Out dx) {
        device::average_pool_backward<AdaptiveWindows, S, T>(system_, g, dy, dx);
    }

    // ChannelBackend, ShortcutBackend, CrossEntropyBackend
    void shuffle_channels(const Map& map, int groups, In x, Out y) {
        device::shuffle_channels<S, T>(system_, map, groups, x, y);
    }
    void pad_channels(const Map& map, int channels, In x, Out y) {
        device::pad_channels<S, T>(system_, map, channels, x, y);
    }
    void maxout(const Map& map, int pieces, In x, Out y) {
        device::maxout<S, T>(system_, map, pieces, x, y);
    }
    void maxout_backward(const Map& map, int pieces, In x, In dy, Out dx) {
        device::maxout_backward<S, T>(system_, map, pieces, x, dy, dx);
    }
    void pad_shortcut(const Convolution& g, In x, Out y) {
        device::pad_shortcut<S, T>(system_, g, x, y);
    }
    void pad_shortcut_backward(const Convolution& g, In dy, Out dx) {
        device::pad_shortcut_backward<S, T>(system_, g, dy, dx);
    }
    void softmax_cross_entropy(const LabeledLogits<T>& labeled, T scale, Out dlogits, T* losses,
                               T* hits) {
        device::softmax_cross_entropy<S, T>(system_, labeled, scale, dlogits, losses, hits);
    }

private:
    template <class F>
    static void check_copies() {
        static_assert(std::is_trivially_copyable_v<F>,
                      "collab: a GPU gets a function as a copy of its bytes: it may hold numbers "
                      "and pointers to the backend's memory, and nothing that owns memory");
    }
    S system_;
};

}  // namespace collab::backend::device
