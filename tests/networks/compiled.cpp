// SPDX-License-Identifier: Apache-2.0
// compiled: the functions of compiled.hpp, by the CPU backend, in double.
#include "compiled.hpp"

#include <collab/backend/cpu/cpu.hpp>

namespace collab::networks {

using namespace backend;

template <class T>
Compiled<T>::Compiled(int threads) : cpu_(std::make_unique<Cpu<T>>(threads)) {}
template <class T>
Compiled<T>::~Compiled() = default;
template <class T>
std::string Compiled<T>::describe() const {
    return cpu_->describe();
}
template <class T>
void Compiled<T>::fill(std::size_t n, T value, T* p) {
    cpu_->fill(n, value, p);
}
template <class T>
void Compiled<T>::copy(const Map& map, In x, Out y) {
    cpu_->copy(map, x, y);
}
template <class T>
void Compiled<T>::add(const Map& map, In x, Out y) {
    cpu_->add(map, x, y);
}
template <class T>
double Compiled<T>::sum(std::size_t n, const T* p) {
    return cpu_->sum(n, p);
}
template <class T>
void Compiled<T>::conv2d(const Convolution& g, In x, const T* w, const T* bias, Out y) {
    cpu_->conv2d(g, x, w, bias, y);
}
template <class T>
void Compiled<T>::conv2d_input_gradient(const Convolution& g, In dy, const T* w, const T* bias,
                                        Out dx) {
    cpu_->conv2d_input_gradient(g, dy, w, bias, dx);
}
template <class T>
void Compiled<T>::conv2d_weight_gradient(const Convolution& g, In x, In dy, T* dw) {
    cpu_->conv2d_weight_gradient(g, x, dy, dw);
}
template <class T>
void Compiled<T>::bias_gradient(const Map& map, In dy, T* db) {
    cpu_->bias_gradient(map, dy, db);
}
template <class T>
void Compiled<T>::linear(const Product& g, In x, const T* w, const T* bias, Out y) {
    cpu_->linear(g, x, w, bias, y);
}
template <class T>
void Compiled<T>::linear_input_gradient(const Product& g, In dy, const T* w, Out dx) {
    cpu_->linear_input_gradient(g, dy, w, dx);
}
template <class T>
void Compiled<T>::linear_weight_gradient(const Product& g, In x, In dy, T* dw) {
    cpu_->linear_weight_gradient(g, x, dy, dw);
}
template <class T>
void Compiled<T>::max_pool(const Pooling& g, In x, Out y) {
    cpu_->max_pool(g, x, y);
}
template <class T>
void Compiled<T>::max_pool_backward(const Pooling& g, In x, In y, In dy, Out dx) {
    cpu_->max_pool_backward(g, x, y, dy, dx);
}
template <class T>
void Compiled<T>::average_pool(const Pooling& g, In x, Out y) {
    cpu_->average_pool(g, x, y);
}
template <class T>
void Compiled<T>::average_pool_backward(const Pooling& g, In dy, Out dx) {
    cpu_->average_pool_backward(g, dy, dx);
}
template <class T>
void Compiled<T>::adaptive_average_pool(const Pooling& g, In x, Out y) {
    cpu_->adaptive_average_pool(g, x, y);
}
template <class T>
void Compiled<T>::adaptive_average_pool_backward(const Pooling& g, In dy, Out dx) {
    cpu_->adaptive_average_pool_backward(g, dy, dx);
}
template <class T>
void Compiled<T>::shuffle_channels(const Map& map, int groups, In x, Out y) {
    cpu_->shuffle_channels(map, groups, x, y);
}
template <class T>
void Compiled<T>::pad_channels(const Map& map, int channels, In x, Out y) {
    cpu_->pad_channels(map, channels, x, y);
}
template <class T>
void Compiled<T>::maxout(const Map& map, int pieces, In x, Out y) {
    cpu_->maxout(map, pieces, x, y);
}
template <class T>
void Compiled<T>::maxout_backward(const Map& map, int pieces, In x, In dy, Out dx) {
    cpu_->maxout_backward(map, pieces, x, dy, dx);
}
template <class T>
void Compiled<T>::pad_shortcut(const Convolution& g, In x, Out y) {
    cpu_->pad_shortcut(g, x, y);
}
template <class T>
void Compiled<T>::pad_shortcut_backward(const Convolution& g, In dy, Out dx) {
    cpu_->pad_shortcut_backward(g, dy, dx);
}

template <class T>
template <class F>
void Compiled<T>::activate(const Map& map, F f, In x, Out y) {
    cpu_->activate(map, f, x, y);
}
template <class T>
template <class F>
void Compiled<T>::activate_backward(const Map& map, F f, In y, In dy, Out dx) {
    cpu_->activate_backward(map, f, y, dy, dx);
}
template <class T>
template <class F>
void Compiled<T>::batch_norm(const Map& map, F f, In x, const Affine<T>& affine,
                             const Statistics<T>& statistics, Out y) {
    cpu_->batch_norm(map, f, x, affine, statistics, y);
}
template <class T>
template <class F>
void Compiled<T>::batch_norm_inference(const Map& map, F f, In x, const Affine<T>& affine,
                                       const PopulationStatistics<T>& statistics, Out y) {
    cpu_->batch_norm_inference(map, f, x, affine, statistics, y);
}
template <class T>
template <class F>
void Compiled<T>::batch_norm_backward(const Map& map, F f, const NormalizationBackward<T>& backward,
                                      const T* gamma, Out dx) {
    cpu_->batch_norm_backward(map, f, backward, gamma, dx);
}

template class Compiled<double>;

template void Compiled<double>::activate(const Map&, Identity, View<const double>, View<double>);
template void Compiled<double>::activate_backward(const Map&, Identity, View<const double>,
                                                  View<const double>, View<double>);
template void Compiled<double>::batch_norm(const Map&, Identity, View<const double>,
                                           const Affine<double>&, const Statistics<double>&,
                                           View<double>);
template void Compiled<double>::batch_norm_inference(const Map&, Identity, View<const double>,
                                                     const Affine<double>&,
                                                     const PopulationStatistics<double>&,
                                                     View<double>);
template void Compiled<double>::batch_norm_backward(const Map&, Identity,
                                                    const NormalizationBackward<double>&,
                                                    const double*, View<double>);

template void Compiled<double>::activate(const Map&, ReluFunction, View<const double>,
                                         View<double>);
template void Compiled<double>::activate_backward(const Map&, ReluFunction, View<const double>,
                                                  View<const double>, View<double>);
template void Compiled<double>::batch_norm(const Map&, ReluFunction, View<const double>,
                                           const Affine<double>&, const Statistics<double>&,
                                           View<double>);
template void Compiled<double>::batch_norm_inference(const Map&, ReluFunction, View<const double>,
                                                     const Affine<double>&,
                                                     const PopulationStatistics<double>&,
                                                     View<double>);
template void Compiled<double>::batch_norm_backward(const Map&, ReluFunction,
                                                    const NormalizationBackward<double>&,
                                                    const double*, View<double>);

template void Compiled<double>::activate(const Map&, Relu6Function, View<const double>,
                                         View<double>);
template void Compiled<double>::activate_backward(const Map&, Relu6Function, View<const double>,
                                                  View<const double>, View<double>);
template void Compiled<double>::batch_norm(const Map&, Relu6Function, View<const double>,
                                           const Affine<double>&, const Statistics<double>&,
                                           View<double>);
template void Compiled<double>::batch_norm_inference(const Map&, Relu6Function, View<const double>,
                                                     const Affine<double>&,
                                                     const PopulationStatistics<double>&,
                                                     View<double>);
template void Compiled<double>::batch_norm_backward(const Map&, Relu6Function,
                                                    const NormalizationBackward<double>&,
                                                    const double*, View<double>);

template void Compiled<double>::activate(const Map&, EluFunction, View<const double>, View<double>);
template void Compiled<double>::activate_backward(const Map&, EluFunction, View<const double>,
                                                  View<const double>, View<double>);
template void Compiled<double>::batch_norm(const Map&, EluFunction, View<const double>,
                                           const Affine<double>&, const Statistics<double>&,
                                           View<double>);
template void Compiled<double>::batch_norm_inference(const Map&, EluFunction, View<const double>,
                                                     const Affine<double>&,
                                                     const PopulationStatistics<double>&,
                                                     View<double>);
template void Compiled<double>::batch_norm_backward(const Map&, EluFunction,
                                                    const NormalizationBackward<double>&,
                                                    const double*, View<double>);

}  // namespace collab::networks
