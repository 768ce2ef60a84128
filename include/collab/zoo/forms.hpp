// SPDX-License-Identifier: Apache-2.0
// forms: what the same network is built with: convolutions normalized or not, dropout or none.
#pragma once
#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/dropout.hpp>
#include <collab/layer/sequential.hpp>

namespace collab::zoo {

// How the convolutions of a network are written: `Form::conv<Channels, Kernel, Options...>`.

/// Convolution with bias, ReLU: networks from before batch normalization.
struct Plain {
    template <int Channels, int Kernel, class... Options>
    using conv = Layers<Conv2d<Channels, Kernel, Bias, Options...>, Relu>;
};
/// Convolution without bias, batch normalization, ReLU.
struct Normalized {
    template <int Channels, int Kernel, class... Options>
    using conv = Layers<Conv2d<Channels, Kernel, Options...>, BatchNorm, Relu>;
};
/// Convolution with a bias, which the batch normalization behind it makes superfluous, ReLU. Kept
/// by some public models.
struct NormalizedWithBias {
    template <int Channels, int Kernel, class... Options>
    using conv = Layers<Conv2d<Channels, Kernel, Bias, Options...>, BatchNorm, Relu>;
};

// Whether the dropout that a network was published with is there: `Regularisation::drop<Numerator,
// Denominator>`.

struct WithDropout {
    template <int Numerator, int Denominator>
    using drop = Layers<Dropout<Numerator, Denominator>>;
};
struct WithoutDropout {
    template <int Numerator, int Denominator>
    using drop = Layers<>;
};

}  // namespace collab::zoo
