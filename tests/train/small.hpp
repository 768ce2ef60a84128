// SPDX-License-Identifier: Apache-2.0
// small: two small networks, a knowledge base and batches, for tests of training.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include <collab/backend/cpu/cpu.hpp>
#include <collab/backend/reference/reference.hpp>
#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/dropout.hpp>
#include <collab/layer/residual.hpp>
#include <collab/train/training.hpp>

namespace collab::trial {

using Image = Shape<2, 8, 8>;
constexpr int samples = 6;

struct Small : Sequential<Image, Conv2d<4, 3>, BatchNorm, Elu, MaxPool<2>, Cut<mutual>,
                          Conv2d<4, 3>, Relu, Dropout<1, 4>, Flatten, Linear<3>> {};
struct Other : Sequential<Image, Conv2d<3, 3>, BatchNorm, Relu,
                          Residual<Layers<Conv2d<3, 3>, BatchNorm, Elu, Conv2d<3, 3>, BatchNorm>>,
                          Elu, Cut<mutual>, GlobalAvgPool, Linear<3>> {};
template <class... Options>
using Base =
    MKB<Encoder<4, 4>, Transfer<4>, Decoder, Embedding<AdaptiveAvgPool<2>, Flatten>, Options...>;
using Pair = Collaboration<Small, Other, Base<>, CosineDistance>;

inline std::vector<float> images(int number = 0) {
    std::vector<float> x(std::size_t(samples) * Image::dims.size());
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = float(std::sin(0.37 * double(i) * double(i) + number));
    return x;
}
inline std::vector<int> labels(int number = 0) {
    std::vector<int> y;
    for (int i = 0; i < samples; ++i)
        y.push_back((i + i * i / 3 + number) % 3);
    return y;
}

template <class C, class B, class O>
void steps(Training<C, B, O>& training, int count, double rate = 0.05) {
    for (int s = 0; s < count; ++s)
        training.step(images(s).data(), labels(s).data(), samples, rate);
}

/// Bit for bit, so that a NaN equals itself and zeroes have signs.
template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
    return a.size() == b.size() &&
           (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

/// The parameters (or states) whose name begins with `prefix`.
template <class C, class B, class O>
std::vector<typename B::Scalar> named(const Training<C, B, O>& training, const std::string& prefix,
                                      bool state = false) {
    std::vector<typename B::Scalar> found;
    const auto all = state ? training.state() : training.parameters();
    for (const Named& n :
         state ? training.named_tensors().states : training.named_tensors().parameters)
        if (n.name.rfind(prefix, 0) == 0)
            for (int i = 0; i < n.tensor.size; ++i)
                found.push_back(all[n.offset + std::size_t(i)]);
    return found;
}

}  // namespace collab::trial
