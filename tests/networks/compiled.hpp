// SPDX-License-Identifier: Apache-2.0
// compiled: the CPU backend behind ordinary functions, so that a file with networks in it is
// compiled without the kernels. It does not fuse.
#pragma once
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <collab/backend/concepts.hpp>

namespace collab {

template <class T>
class Cpu;

namespace networks {

template <class T>
class Compiled {
    using In = View<const T>;
    using Out = View<T>;
    using Map = backend::Map;

public:
    using Scalar = T;
    explicit Compiled(int threads);
    ~Compiled();
    std::string describe() const;

    template <class U>
    std::vector<U> allocate(std::size_t n) {
        return std::vector<U>(n);
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
    template <class F>
    void for_each(std::size_t n, F f) {
        for (std::size_t i = 0; i < n; ++i)
            f(i);
    }
    template <class F>
    void for_rows(int n, F f) {
        for (int i = 0; i < n; ++i)
            f(i);
    }
    void fill(std::size_t n, T value, T* p);
    void copy(const Map& map, In x, Out y);
    void add(const Map& map, In x, Out y);
    double sum(std::size_t n, const T* p);

    void conv2d(const backend::Convolution& g, In x, const T* w, const T* bias, Out y);
    void conv2d_input_gradient(const backend::Convolution& g, In dy, const T* w, const T* bias,
                               Out dx);
    void conv2d_weight_gradient(const backend::Convolution& g, In x, In dy, T* dw);
    void bias_gradient(const Map& map, In dy, T* db);
    void linear(const backend::Product& g, In x, const T* w, const T* bias, Out y);
    void linear_input_gradient(const backend::Product& g, In dy, const T* w, Out dx);
    void linear_weight_gradient(const backend::Product& g, In x, In dy, T* dw);

    // For the functions that networks of the zoo use: explicitly instantiated in compiled.cpp.
    template <class F>
    void activate(const Map& map, F f, In x, Out y);
    template <class F>
    void activate_backward(const Map& map, F f, In y, In dy, Out dx);
    template <class F>
    void batch_norm(const Map& map, F f, In x, const backend::Affine<T>& affine,
                    const backend::Statistics<T>& statistics, Out y);
    template <class F>
    void batch_norm_inference(const Map& map, F f, In x, const backend::Affine<T>& affine,
                              const backend::PopulationStatistics<T>& statistics, Out y);
    template <class F>
    void batch_norm_backward(const Map& map, F f, const backend::NormalizationBackward<T>& backward,
                             const T* gamma, Out dx);

    void max_pool(const backend::Pooling& g, In x, Out y);
    void max_pool_backward(const backend::Pooling& g, In x, In y, In dy, Out dx);
    void average_pool(const backend::Pooling& g, In x, Out y);
    void average_pool_backward(const backend::Pooling& g, In dy, Out dx);
    void adaptive_average_pool(const backend::Pooling& g, In x, Out y);
    void adaptive_average_pool_backward(const backend::Pooling& g, In dy, Out dx);

    void shuffle_channels(const Map& map, int groups, In x, Out y);
    void pad_channels(const Map& map, int channels, In x, Out y);
    void maxout(const Map& map, int pieces, In x, Out y);
    void maxout_backward(const Map& map, int pieces, In x, In dy, Out dx);
    void pad_shortcut(const backend::Convolution& g, In x, Out y);
    void pad_shortcut_backward(const backend::Convolution& g, In dy, Out dx);

private:
    std::unique_ptr<Cpu<T>> cpu_;
};

}  // namespace networks
}  // namespace collab
