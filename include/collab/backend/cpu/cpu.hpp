// SPDX-License-Identifier: Apache-2.0
// cpu: the CPU backend: every operation, on as many threads as there are cores, with results that
// do not depend on their number.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <type_traits>

#include <collab/backend/concepts.hpp>
#include <collab/backend/cpu/cpu_context.hpp>
#include <collab/backend/cpu/elementwise.hpp>
#include <collab/backend/cpu/fused_conv.hpp>
#include <collab/backend/cpu/memory.hpp>
#include <collab/backend/cpu/normalization.hpp>
#include <collab/backend/cpu/operations.hpp>

#ifndef COLLAB_PRECOMPILED
#include <collab/backend/cpu/operations_impl.hpp>
#endif

namespace collab {

/// How 3x3 convolutions of stride 1 are computed, where they have channels and pixels enough for it
/// to be faster than direct sums.
enum class Winograd {
    none = 0,       ///< direct sums
    tiles_2x2 = 2,  ///< F(2x2, 3x3): 2.25 times fewer multiplications; as exact as direct sums
    /// F(4x4, 3x3) too: 4 times fewer; about twice the rounding error of direct sums in order
    tiles_4x4 = 4
};

/// How the CPU backend computes.
struct CpuOptions {
    Winograd winograd = Winograd::tiles_4x4;
    /// Whether 1x1 convolutions of 64 channels or more go by the processor's matrix unit, where it
    /// has one and the program was compiled for it (Intel AMX): as exact as direct sums, and
    /// infinite numbers become NaNs.
    bool matrix_unit = true;
};

/// The CPU backend. The operations are described in backend/concepts.hpp; each is finished when its
/// call returns. One call at a time; two values of Cpu may run at once. The same calls give the
/// same bits on any number of threads.
///     Cpu<float> cpu(2);
///     auto x = cpu.allocate<float>(n);
template <class T = float>
class Cpu {
    static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>,
                  "collab: the CPU backend computes in float or in double");
    using In = View<const T>;
    using Out = View<T>;

public:
    using Scalar = T;
    template <class U>
    using Buffer = backend::AlignedMemory<U>;
    static constexpr const char* name = "Cpu";

    /// On `threads` threads; 0 for one per core.
    explicit Cpu(int threads = 0, CpuOptions options = {})
        : threads_(std::make_unique<backend::CpuContext>(
              threads, static_cast<int>(options.winograd), options.matrix_unit)) {}

    /// A backend of the same kind: the two may run at once.
    std::shared_ptr<Cpu> another() const {
        return std::make_shared<Cpu>(
            threads(),
            CpuOptions{static_cast<Winograd>(threads_->winograd()), threads_->matrix_unit()});
    }
    int threads() const { return threads_->count(); }
    /// From here on, weights at the same place are the same as in earlier operations of this
    /// version: they are packed once. 0: they may change, and are packed each time.
    void constant_weights(std::uint64_t version) { threads_->constant_weights(version); }
    /// Whether operations choose their kernels as they do for constant weights.
    void choose_as_if_constant(bool yes) { threads_->choose_as_if_constant(yes); }
    /// Gives back what was kept of a version.
    void forget_weights(std::uint64_t version) { threads_->forget_weights(version); }
    /// What the operations have needed so far beside their operands.
    std::size_t workspace_bytes() const { return threads_->bytes(); }
    /// "Cpu, float, 2 threads, 16 lanes", and ", matrix unit" where that is used.
    std::string describe() const {
        return std::string(name) + (std::is_same_v<T, float> ? ", float, " : ", double, ") +
               std::to_string(threads()) + (threads() == 1 ? " thread, " : " threads, ") +
               std::to_string(backend::register_lanes<T>()) + " lanes" +
               (std::is_same_v<T, float> && threads_->matrix_unit() ? ", matrix unit" : "");
    }

    // Backend
    template <class U>
    Buffer<U> allocate(std::size_t n) {
        return Buffer<U>(n);
    }
    template <class U>
    void upload(const U* host, std::size_t n, U* to) {
        if (n > 0)
            std::memcpy(to, host, n * sizeof(U));
    }
    template <class U>
    void download(const U* from, std::size_t n, U* host) {
        if (n > 0)
            std::memcpy(host, from, n * sizeof(U));
    }
    template <class U>
    void fill(std::size_t n, std::type_identity_t<U> value, U* p) {
        backend::fill<U>(*threads_, n, value, p);
    }
    void copy(const backend::Map& map, In x, Out y) { backend::copy<T>(*threads_, map, x, y); }
    void add(const backend::Map& map, In x, Out y) { backend::add<T>(*threads_, map, x, y); }
    template <class F>
    void for_each(std::size_t n, F f) {
        backend::for_each(*threads_, n, f);
    }
    template <class F>
    void for_rows(int n, F f) {
        backend::for_rows(*threads_, n, f);
    }
    double sum(std::size_t n, const T* p) { return backend::sum<T>(*threads_, n, p); }

    // ConvolutionBackend
    template <class G = backend::Convolution>
    void conv2d(const G& g, In x, const T* w, const T* bias, Out y) {
        backend::conv2d<T>(*threads_, g, x, w, bias, y, families<G>());
    }
    template <class G = backend::Convolution>
    void conv2d_input_gradient(const G& g, In dy, const T* w, const T* bias, Out dx) {
        backend::conv2d_input_gradient<T>(*threads_, g, dy, w, bias, dx, families<G>());
    }
    template <class G = backend::Convolution>
    void conv2d_weight_gradient(const G& g, In x, In dy, T* dw) {
        backend::conv2d_weight_gradient<T>(*threads_, g, x, dy, dw, families<G>());
    }
    void bias_gradient(const backend::Map& map, In dy, T* db) {
        backend::bias_gradient<T>(*threads_, map, dy, db);
    }

    // ProductBackend
    void linear(const backend::Product& g, In x, const T* w, const T* bias, Out y) {
        backend::linear<T>(*threads_, g, x, w, bias, y);
    }
    void linear_input_gradient(const backend::Product& g, In dy, const T* w, Out dx) {
        backend::linear_input_gradient<T>(*threads_, g, dy, w, dx);
    }
    void linear_weight_gradient(const backend::Product& g, In x, In dy, T* dw) {
        backend::linear_weight_gradient<T>(*threads_, g, x, dy, dw);
    }

    // ActivationBackend
    template <class F>
    void activate(const backend::Map& map, F f, In x, Out y) {
        backend::activate<T>(*threads_, map, f, x, y);
    }
    template <class F>
    void activate_backward(const backend::Map& map, F f, In from, In dy, Out dx) {
        backend::activate_backward<T>(*threads_, map, f, from, dy, dx);
    }

    // NormalizationBackend
    template <class F>
    void batch_norm(const backend::Map& map, F f, In x, const backend::Affine<T>& affine,
                    const backend::Statistics<T>& statistics, Out y) {
        backend::batch_norm<T>(*threads_, map, f, x, affine, statistics, y);
    }
    template <class F>
    void batch_norm_inference(const backend::Map& map, F f, In x, const backend::Affine<T>& affine,
                              const backend::PopulationStatistics<T>& statistics, Out y) {
        backend::batch_norm_inference<T>(*threads_, map, f, x, affine, statistics, y);
    }
    template <class F>
    void batch_norm_backward(const backend::Map& map, F f,
                             const backend::NormalizationBackward<T>& backward, const T* gamma,
                             Out dx) {
        backend::batch_norm_backward<T>(*threads_, map, f, backward, gamma, dx);
    }

    // FusionBackend
    template <class X, class G = backend::Convolution>
    void fused_conv2d(const G& g, const X& x, const T* w, const T* bias, Out y,
                      const backend::Statistics<T>& statistics) {
        backend::fused_conv2d<T>(*threads_, with_kernels(g), x, w, bias, y, statistics);
    }
    template <class X, class F, class G = backend::Convolution>
    void normalized_conv2d(const G& g, const X& x, const T* w, const T* bias,
                           const backend::NormalizedSum<T, F>& sum, Out y) {
        backend::normalized_conv2d<T>(*threads_, with_kernels(g), x, w, bias, sum, y);
    }
    template <class X, class D, class G = backend::Convolution>
    void fused_conv2d_weight_gradient(const G& g, const X& x, const D& dy, T* dw) {
        backend::fused_conv2d_weight_gradient<T>(*threads_, with_kernels(g), x, dy, dw);
    }
    template <class X, class D, class Then, class G = backend::Convolution>
    void fused_conv2d_backward(const G& g, const X& x, const D& dy, const T* w, T* dw, Out dx,
                               const Then& then) {
        backend::fused_conv2d_backward<T>(*threads_, with_kernels(g), x, dy, w, dw, dx, then);
    }
    void batch_statistics(const backend::Map& map, In x, const backend::Statistics<T>& statistics) {
        backend::batch_statistics<T>(*threads_, map, x, statistics);
    }
    template <class F>
    void normalize(const backend::Map& map, F f, const backend::Normalized<T, Identity>& input,
                   In skip, Out y) {
        backend::normalize<T>(*threads_, map, f, input, skip, y);
    }
    template <class F>
    void normalized_sums(const backend::Map& map, F f,
                         const backend::NormalizationBackward<T>& backward, T* sums, Out g) {
        backend::normalized_sums<T>(*threads_, map, f, backward, sums, g);
    }
    void normalized_gradient(const backend::Map& map,
                             const backend::NormalizedGradient<T>& gradient, Out dx) {
        backend::normalized_gradient<T>(*threads_, map, gradient, dx);
    }

    // PoolingBackend
    void max_pool(const backend::Pooling& g, In x, Out y) {
        backend::max_pool<T>(*threads_, g, x, y);
    }
    void max_pool_backward(const backend::Pooling& g, In x, In y, In dy, Out dx) {
        backend::max_pool_backward<T>(*threads_, g, x, y, dy, dx);
    }
    void average_pool(const backend::Pooling& g, In x, Out y) {
        backend::average_pool<T>(*threads_, g, x, y);
    }
    void average_pool_backward(const backend::Pooling& g, In dy, Out dx) {
        backend::average_pool_backward<T>(*threads_, g, dy, dx);
    }
    void adaptive_average_pool(const backend::Pooling& g, In x, Out y) {
        backend::adaptive_average_pool<T>(*threads_, g, x, y);
    }
    void adaptive_average_pool_backward(const backend::Pooling& g, In dy, Out dx) {
        backend::adaptive_average_pool_backward<T>(*threads_, g, dy, dx);
    }

    // ChannelBackend
    void shuffle_channels(const backend::Map& map, int groups, In x, Out y) {
        backend::shuffle_channels<T>(*threads_, map, groups, x, y);
    }
    void pad_channels(const backend::Map& map, int channels, In x, Out y) {
        backend::pad_channels<T>(*threads_, map, channels, x, y);
    }
    void maxout(const backend::Map& map, int pieces, In x, Out y) {
        backend::maxout<T>(*threads_, map, pieces, x, y);
    }
    void maxout_backward(const backend::Map& map, int pieces, In x, In dy, Out dx) {
        backend::maxout_backward<T>(*threads_, map, pieces, x, dy, dx);
    }

    // DropoutBackend, ShortcutBackend, CrossEntropyBackend
    void dropout(const backend::Map& map, double p, const Random& random, In x, Out y) {
        backend::dropout<T>(*threads_, map, p, random, x, y);
    }
    void pad_shortcut(const backend::Convolution& g, In x, Out y) {
        backend::pad_shortcut<T>(*threads_, g, x, y);
    }
    void pad_shortcut_backward(const backend::Convolution& g, In dy, Out dx) {
        backend::pad_shortcut_backward<T>(*threads_, g, dy, dx);
    }
    void softmax_cross_entropy(const backend::LabeledLogits<T>& labeled, T scale, Out dlogits,
                               T* losses, T* hits) {
        backend::softmax_cross_entropy<T>(*threads_, labeled, scale, dlogits, losses, hits);
    }

private:
    /// The families of kernels that a geometry of type G may need.
    template <class G>
    static const backend::detail::KernelTable<T>& families() {
#ifdef COLLAB_PRECOMPILED
        return backend::detail::all_families<T>();
#else
        return backend::detail::families_of<T, backend::kind_of<G>>;
#endif
    }

    template <class G>
    static backend::detail::ConvolutionWithKernels<T> with_kernels(const G& g) {
        return {g, families<G>()};
    }

    std::unique_ptr<backend::CpuContext> threads_;
};

}  // namespace collab
