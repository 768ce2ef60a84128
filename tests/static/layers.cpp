// SPDX-License-Identifier: Apache-2.0
// layers: the concepts of shapes and layers, each with what holds and what does not. Compiling is
// the test.
#include <collab/backend/cpu/cpu.hpp>
#include <collab/backend/reference/reference.hpp>
#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/channel_shuffle.hpp>
#include <collab/layer/channel_split.hpp>
#include <collab/layer/concat.hpp>
#include <collab/layer/conv_transpose.hpp>
#include <collab/layer/cut.hpp>
#include <collab/layer/dense_block.hpp>
#include <collab/layer/dropout.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/maxout.hpp>
#include <collab/layer/pad_channels.hpp>
#include <collab/layer/pool.hpp>
#include <collab/layer/residual.hpp>

namespace {
using namespace collab;

// StaticShape, SameShape
struct Wide {
    static constexpr Dims dims{1, 2, 9};
};
static_assert(StaticShape<Shape<3, 32, 32>> && StaticShape<Shape<10>> && StaticShape<Wide>);
static_assert(!StaticShape<Shape<0, 4, 4>> && !StaticShape<Shape<3, -1, 4>> && !StaticShape<int> &&
              !StaticShape<Dims>);
static_assert(SameShape<Shape<10>, Shape<10, 1, 1>> && SameShape<Wide, Shape<1, 2, 9>>);
static_assert(!SameShape<Shape<3, 4, 5>, Shape<3, 5, 4>> && !SameShape<Shape<60>, Shape<3, 4, 5>> &&
              !SameShape<Shape<1>, int> && !SameShape<Shape<0>, Shape<0>>);

// Layer
struct Note {  // a layer of one's own: nothing is inherited
    static constexpr bool accepts(Dims) { return true; }
    static constexpr Dims output(Dims in) { return in; }
    static constexpr Footprint footprint(Dims) { return {}; }
    static constexpr bool alias = true;
    static const char* describe() { return "Note"; }
};
struct Unnamed : LayerBase {};
struct Filled : Note {
    int channels;
};
struct Vague : Note {
    static constexpr int accepts(Dims) { return 1; }
};
static_assert(Layer<Conv2d<64, 3>> && Layer<DepthwiseConv2d<3>> && Layer<ConvTranspose2d<3, 3>> &&
              Layer<BatchNorm> && Layer<Linear<10>> && Layer<Flatten>);
static_assert(Layer<Relu> && Layer<Elu> && Layer<LeakyRelu<>> && Layer<Sigmoid> &&
              Layer<Dropout<1, 2>> && Layer<Cut<mutual>> && Layer<Note>);
static_assert(Layer<MaxPool<2>> && Layer<AvgPool<2>> && Layer<AdaptiveAvgPool<2>> &&
              Layer<GlobalAvgPool>);
static_assert(Layer<Residual<Layers<Relu>>> && Layer<Concat<Layers<>, Layers<Relu>>> &&
              Layer<DenseBlock<Layers<Relu>>>);
static_assert(Layer<ChannelShuffle<2>> && Layer<Maxout<2>> && Layer<PadChannels<4>> &&
              Layer<ChannelSplit<Layers<>, Layers<Relu6>>>);
static_assert(!Layer<int> && !Layer<Unnamed> && !Layer<Filled> && !Layer<Vague> &&
              !Layer<Layers<Relu>> && !Layer<Stride<2>> && !Layer<Sequential<Shape<1>, Relu>>);

// Accepts
static_assert(Accepts<Conv2d<3, 5, Pad<0>>, Shape<2, 5, 5>> &&
              !Accepts<Conv2d<3, 5, Pad<0>>, Shape<2, 5, 4>>);
static_assert(Accepts<Linear<10>, Shape<64>> && !Accepts<Linear<10>, Shape<64, 2, 2>>);
static_assert(Accepts<MaxPool<2>, Shape<1, 2, 2>> && !Accepts<MaxPool<2>, Shape<1, 1, 2>>);
static_assert(Accepts<Relu, Shape<1>> && !Accepts<Relu, Shape<0>> && !Accepts<Relu, int> &&
              !Accepts<int, Shape<1>>);

// Activation, FusesActivation, Composite
static_assert(Activation<Relu> && Activation<Sigmoid> && !Activation<BatchNorm> &&
              !Activation<Cut<mutual>>);
static_assert(FusesActivation<BatchNorm> && !FusesActivation<Conv2d<1, 1>> &&
              !FusesActivation<Relu>);
static_assert(Composite<Residual<Layers<Relu>>> && Composite<Concat<Layers<>>> &&
              Composite<DenseBlock<Layers<Relu>>> && !Composite<Relu>);

// RunsOn
struct Bare : backend::ReferenceMemory<float>, backend::ReferenceActivation<float> {
    using Scalar = float;
};
struct Empty {
    using Scalar = float;
};
static_assert(Backend<Reference<double>> && Backend<Cpu<float>> && Backend<Bare> &&
              !Backend<Empty>);
static_assert(RunsOn<Conv2d<1, 1>, Reference<float>> && RunsOn<Conv2d<1, 1>, Cpu<double>> &&
              !RunsOn<Conv2d<1, 1>, Bare>);
static_assert(RunsOn<Relu, Bare> && RunsOn<Flatten, Bare> && RunsOn<Note, Bare>);
static_assert(!RunsOn<BatchNorm, Bare> && !RunsOn<Linear<2>, Bare> && !RunsOn<MaxPool<2>, Bare> &&
              !RunsOn<Dropout<1, 2>, Bare> && !RunsOn<ConvTranspose2d<1, 1>, Bare>);
static_assert(!RunsOn<Maxout<2>, Bare> && !RunsOn<ChannelShuffle<2>, Bare> &&
              !RunsOn<PadChannels<2>, Bare> &&
              !RunsOn<ChannelSplit<Layers<>, Layers<Maxout<2>>>, Bare>);
static_assert(RunsOn<ChannelSplit<Layers<>, Layers<Relu>>, Bare> &&
              RunsOn<ChannelSplit<Layers<>, Layers<Maxout<2>, ChannelShuffle<2>, PadChannels<4>>>,
                     Cpu<float>>);
static_assert(RunsOn<Residual<Layers<Relu>>, Bare> &&
              !RunsOn<Residual<Layers<Conv2d<1, 1>>>, Bare>);
static_assert(!RunsOn<Residual<Layers<Relu>, Layers<Conv2d<1, 1>>>, Bare> &&
              !RunsOn<Residual<Layers<Relu>, PadShortcut>, Bare>);
static_assert(RunsOn<Residual<Layers<Relu>, PadShortcut>, Reference<float>> &&
              RunsOn<Residual<Layers<Relu>, PadShortcut>, Cpu<float>>);
static_assert(RunsOn<Concat<Layers<>, Layers<Residual<Layers<Relu>>>>, Bare> &&
              !RunsOn<Concat<Layers<>, Layers<Residual<Layers<MaxPool<1>>>>>, Bare>);
static_assert(!RunsOn<int, Bare> && !RunsOn<Unnamed, Bare> && !RunsOn<Relu, Empty>);

// The footprints of layers are constants.
static_assert(Conv2d<64, 3, Bias>::footprint({32, 8, 8}).parameters == 18496);
static_assert(BatchNorm::footprint({32, 8, 8}).parameters == 64 &&
              BatchNorm::footprint({32, 8, 8}).state == 64 &&
              BatchNorm::footprint({32, 8, 8}).fixed == 128);
static_assert(Linear<10>::footprint({128, 1, 1}).parameters == 1290 &&
              Linear<10, NoBias>::footprint({128, 1, 1}).parameters == 1280);
static_assert(Relu::footprint({128, 1, 1}).parameters == 0 &&
              Relu::footprint({128, 1, 1}).saved == 0);
}  // namespace
