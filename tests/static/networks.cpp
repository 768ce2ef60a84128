// SPDX-License-Identifier: Apache-2.0
// networks: the concepts of networks, metrics, merges and schedules, each with what holds and what
// does not. Compiling is the test.
#include <collab/collaboration/merge.hpp>
#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/residual.hpp>
#include <collab/loss/metrics.hpp>
#include <collab/model/concepts.hpp>
#include <collab/optim/lr_scheduler.hpp>
#include <collab/zoo/resnet.hpp>
#include <collab/zoo/small_net.hpp>

namespace {
using namespace collab;

// Network
struct elsewhere;
struct Good : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Relu, Cut<mutual>, Flatten, Linear<3>> {};
struct TooDeep
    : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Conv2d<4, 9, Pad<0>>, Flatten, Linear<3>> {};
struct Unflattened : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Linear<3>> {};
struct WithWord : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, int> {};
struct WithWordInside : Sequential<Shape<1, 8, 8>, Residual<Layers<Conv2d<1, 3>, int>>> {};
struct WrongInside : Sequential<Shape<1, 8, 8>, Residual<Layers<Conv2d<2, 3>>>> {};
static_assert(NetworkDescription<Good> && NetworkDescription<TooDeep> &&
              NetworkDescription<WithWord>);
static_assert(!NetworkDescription<Layers<Relu>> && !NetworkDescription<Relu> &&
              !NetworkDescription<int>);
static_assert(Network<Good> && Network<Sequential<Shape<4>>> && Network<zoo::SmallNet<>> &&
              Network<zoo::ResNet<20>>);
static_assert(!Network<TooDeep> && !Network<Unflattened> && !Network<WithWord> &&
              !Network<WithWordInside> && !Network<WrongInside> && !Network<Layers<Relu>>);

// FeatureExtractor
static_assert(FeatureExtractor<Good> && FeatureExtractor<Good, mutual> &&
              !FeatureExtractor<Good, elsewhere>);
static_assert(FeatureExtractor<zoo::SmallNet<>, zoo::fc1> &&
              !FeatureExtractor<zoo::ResNet<20>, zoo::fc1> && !FeatureExtractor<Unflattened> &&
              !FeatureExtractor<int>);

// Metric
struct NoGradient {
    float value(int, const float*, const float*) const { return 0; }
};
struct NoValue {
    void gradient(int, const float*, const float*, float, float*) const {}
};
struct Changing {
    float value(int, const float*, const float*) { return 0; }
    void gradient(int, const float*, const float*, float, float*) {}
};
struct OnlyFloat {
    float value(int, const float*, const float*) const { return 0; }
    void gradient(int, const float*, const float*, float, float*) const {}
};
static_assert(Metric<CosineDistance> && Metric<NegativeDot> && Metric<SquaredEuclidean> &&
              Metric<LnDistance> && Metric<OnlyFloat>);
static_assert(Metric<CosineDistance, double> && Metric<NegativeDot, double> &&
              Metric<SquaredEuclidean, double> && Metric<LnDistance, double>);
static_assert(!Metric<NoGradient> && !Metric<NoValue> && !Metric<Changing> &&
              !Metric<OnlyFloat, double> && !Metric<ProductMerge> && !Metric<int>);

// Merge
struct NoSlope {
    template <class T>
    T operator()(T x, T u) const {
        return x + u;
    }
    template <class T>
    T dx(T, T) const {
        return 1;
    }
};
struct Rounding {
    template <class T>
    int operator()(T x, T u) const {
        return int(x + u);
    }
    template <class T>
    T dx(T, T) const {
        return 1;
    }
    template <class T>
    T du(T, T) const {
        return 1;
    }
};
static_assert(Merge<ProductMerge> && Merge<SumMerge> && Merge<IdentityMerge> &&
              Merge<ProductMerge, double> && Merge<SumMerge, double> &&
              Merge<IdentityMerge, double>);
static_assert(!Merge<NoSlope> && !Merge<Rounding> && !Merge<CosineDistance> && !Merge<Relu>);

// LRScheduler
struct Constant {
    double operator()(int, int) const { return 0.1; }
    void observe(double) {}
};
struct Deaf {
    double operator()(int, int) const { return 0.1; }
};
struct Wordy {
    const char* operator()(int, int) const { return "slow"; }
    void observe(double) {}
};
static_assert(LRScheduler<MultiStepLR> && LRScheduler<ReduceLROnPlateau> && LRScheduler<Constant>);
static_assert(!LRScheduler<Deaf> && !LRScheduler<Wordy> && !LRScheduler<double>);

// Shapes are inferred through whole networks.
static_assert(SameShape<feature_at<Good>, Shape<4, 8, 8>> &&
              !SameShape<feature_at<Good>, Shape<1, 8, 8>>);
static_assert(SameShape<feature_at<zoo::ResNet<32>>, Shape<32, 16, 16>> &&
              SameShape<feature_at<zoo::SmallNet<>>, Shape<64, 8, 8>>);
static_assert(bound<zoo::SmallNet<>>::footprint.parameters == 551018 &&
              bound<zoo::ResNet<20>>::footprint.parameters == 269722);
}  // namespace
