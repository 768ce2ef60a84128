// SPDX-License-Identifier: Apache-2.0
// exact: a backend in double, layer by layer, behind ordinary functions: Reference<double>, the
// same with every result rounded at random, or another backend's operations. How far roundings move
// results says how well conditioned a case is. The kernels are compiled once, in exact.cpp.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include <collab/backend/reference/reference.hpp>

namespace collab::random {

/// Whose operations.
enum class Engine { reference, cpu, thrust };

/// A relative error of at most `size` for every element of every result, another for each seed.
struct Rounding {
    double size = 0;
    std::uint64_t seed = 0;
    Engine engine = Engine::reference;
};

class Exact : public backend::ReferenceMemory<double> {
    using In = View<const double>;
    using Out = View<double>;
    using Map = backend::Map;

public:
    using Scalar = double;
    explicit Exact(Rounding rounding = {});
    ~Exact();
    std::string describe() const { return "exact"; }

    void conv2d(const backend::Convolution& g, In x, const double* w, const double* bias, Out y);
    void conv2d_input_gradient(const backend::Convolution& g, In dy, const double* w,
                               const double* bias, Out dx);
    void conv2d_weight_gradient(const backend::Convolution& g, In x, In dy, double* dw);
    void bias_gradient(const Map& map, In dy, double* db);
    void linear(const backend::Product& g, In x, const double* w, const double* bias, Out y);
    void linear_input_gradient(const backend::Product& g, In dy, const double* w, Out dx);
    void linear_weight_gradient(const backend::Product& g, In x, In dy, double* dw);

    // Explicitly instantiated for the library's functions.
    template <class F>
    void activate(const Map& map, F f, In x, Out y);
    template <class F>
    void activate_backward(const Map& map, F f, In y, In dy, Out dx);
    template <class F>
    void batch_norm(const Map& map, F f, In x, const backend::Affine<double>& affine,
                    const backend::Statistics<double>& statistics, Out y);
    template <class F>
    void batch_norm_inference(const Map& map, F f, In x, const backend::Affine<double>& affine,
                              const backend::PopulationStatistics<double>& statistics, Out y);
    template <class F>
    void batch_norm_backward(const Map& map, F f,
                             const backend::NormalizationBackward<double>& backward,
                             const double* gamma, Out dx);

    void average_pool(const backend::Pooling& g, In x, Out y);
    void average_pool_backward(const backend::Pooling& g, In dy, Out dx);
    void adaptive_average_pool(const backend::Pooling& g, In x, Out y);
    void adaptive_average_pool_backward(const backend::Pooling& g, In dy, Out dx);
    void max_pool(const backend::Pooling& g, In x, Out y);
    void max_pool_backward(const backend::Pooling& g, In x, In y, In dy, Out dx);
    void shuffle_channels(const Map& map, int groups, In x, Out y);
    void pad_channels(const Map& map, int channels, In x, Out y);
    void maxout(const Map& map, int pieces, In x, Out y);
    void maxout_backward(const Map& map, int pieces, In x, In dy, Out dx);
    void pad_shortcut(const backend::Convolution& g, In x, Out y);
    void pad_shortcut_backward(const backend::Convolution& g, In dy, Out dx);
    void dropout(const Map& map, double p, const Random& random, In x, Out y);
    void copy(const Map& map, In x, Out y);
    void add(const Map& map, In x, Out y);
    void softmax_cross_entropy(const backend::LabeledLogits<double>& labeled, double scale,
                               Out dlogits, double* losses, double* hits);
    template <class F>
    void for_each(std::size_t n, F f) {
        backend::ReferenceMemory<double>::for_each(n, f);
        if constexpr (requires { f.h; })
            for (std::size_t i = 0; i < n; ++i)
                disturb_merged(element(f, f.x, i), element(f, f.h, i));
        if constexpr (requires { f.dh; })
            for (std::size_t i = 0; i < n; ++i) {
                disturb_merged(element(f, f.dh, i), element(f, f.dx, i));
                disturb(1, &element(f, f.du, i));
            }
    }

private:
    /// Element i of a map of a merge: maps with gaps are views.
    template <class F, class P>
    static auto& element(const F& f, P map, std::size_t i) {
        if constexpr (std::is_pointer_v<P>)
            return map[i];
        else
            return map
                .data[std::ptrdiff_t(i) / f.channels * map.pixel + std::ptrdiff_t(i) % f.channels];
    }
    /// 1 + elu(u) near 0 has the rounding of a number near 1, and so has what it multiplies.
    void disturb_merged(double factor, double& result);
    template <class F>
    void engine(F f);
    void disturb(const Map& map, Out y);
    void disturb(int n, double* p);
    std::vector<double> subtraction_roundings(const Map& map, In dy, const double* gamma,
                                              const double* saved);
    template <class Value>
    std::vector<double> mean_roundings(const Map& map, Value value);
    std::vector<double> variance_roundings(const Map& map, In x);
    template <class Factor>
    void disturb_sums(const Map& map, In x, Factor factor, double* sums);

    Rounding rounding_;
    std::uint64_t drawn_ = 0;
    struct Engines;
    std::unique_ptr<Engines> engines_;
};

}  // namespace collab::random
