// SPDX-License-Identifier: Apache-2.0
// bits: checksums of what six short trainings leave, one line for each training and backend. Two
// versions that compute the same to the last bit print the same. `scripts/check-bits` runs it.
#include <cstdint>
#include <cstdio>
#include <memory>
#include <vector>

#include <collab/collab.hpp>

using namespace collab;

namespace {

using Image = Shape<3, 16, 16>;
constexpr int batch = 8;

struct Plain : Sequential<Image, Conv2d<16, 3>, BatchNorm, Elu, MaxPool<2>, Cut<mutual>,
                          Conv2d<16, 3>, BatchNorm, Relu, DepthwiseConv2d<3>, BatchNorm, Relu,
                          Conv2d<24, 1, Bias>, Relu, Dropout<1, 4>, GlobalAvgPool, Linear<4>> {};
struct Deep
    : Sequential<
          Image, Conv2d<16, 3>, BatchNorm, Relu,
          Residual<Layers<Conv2d<16, 3>, BatchNorm, Relu, Conv2d<16, 3>, BatchNorm>>, Relu,
          Residual<Layers<Conv2d<24, 3, Stride<2>>, BatchNorm, Relu, Conv2d<24, 3>, BatchNorm>,
                   Layers<Conv2d<24, 1, Stride<2>>, BatchNorm>>,
          Relu, Cut<mutual>,
          Residual<Layers<Conv2d<24, 3>, BatchNorm, Relu, Conv2d<24, 3>, BatchNorm>>, Relu,
          Residual<Layers<BatchNorm, Relu, Conv2d<24, 1>>>, BatchNorm, Relu, GlobalAvgPool,
          Linear<4>> {};
struct Wide
    : Sequential<
          Image, Conv2d<8, 3>, DenseBlock<Layers<BatchNorm, Relu, Conv2d<4, 3>>>, BatchNorm, Relu,
          AvgPool<2>, Cut<mutual>,
          Concat<Layers<Conv2d<6, 1>, BatchNorm, Relu>, Layers<Conv2d<6, 3>, BatchNorm, Relu>>,
          ChannelSplit<Layers<>, Layers<Conv2d<6, 3>, BatchNorm, Relu>>, ChannelShuffle<2>,
          Maxout<2>, Conv2d<4, 1, Bias>, Flatten, Linear<4>> {};

using Knowledge = MKB<Encoder<16>, Transfer<16>, Decoder, Embedding<AdaptiveAvgPool<2>, Flatten>>;

template <class T>
std::uint64_t checksum(const std::vector<T>& numbers) {
    std::uint64_t sum = 14695981039346656037u;  // FNV-1a
    const auto* const bytes = reinterpret_cast<const unsigned char*>(numbers.data());
    for (std::size_t i = 0; i < numbers.size() * sizeof(T); ++i)
        sum = (sum ^ bytes[i]) * 1099511628211u;
    return sum;
}

template <class What, class B>
void train(const char* name, const char* backend_name, std::shared_ptr<B> backend) {
    Training<What, B> training({.alpha = 0.4, .batch = batch}, backend);
    const Random random{11};
    std::vector<float> images(std::size_t(batch) * Image::dims.size());
    std::vector<int> labels(batch);
    for (std::uint64_t step = 0; step < 5; ++step) {
        for (std::size_t i = 0; i < images.size(); ++i)
            images[i] = 2 * uniform<float>(random.word(step * images.size() + i)) - 1;
        for (int i = 0; i < batch; ++i)
            labels[std::size_t(i)] = int(random.child(step).word(std::uint64_t(i)) % 4);
        training.step(images.data(), labels.data(), step == 3 ? batch - 3 : batch, 0.05);
    }
    training.evaluate_batch(images.data(), labels.data(), batch);
    std::printf("%-16s %-9s  weights %016llx  state %016llx  logits %016llx\n", name, backend_name,
                static_cast<unsigned long long>(checksum(training.parameters())),
                static_cast<unsigned long long>(checksum(training.state())),
                static_cast<unsigned long long>(checksum(training.logits(0))));
}

template <class B>
void train_all(const char* backend_name, const std::shared_ptr<B>& backend) {
    train<Deep>("alone", backend_name, backend);
    train<Collaboration<Plain, Deep, Knowledge, CosineDistance>>("pair", backend_name, backend);
    train<Collaboration<Plain, Deep, Wide, Knowledge, CosineDistance, WithMean>>(
        "three networks", backend_name, backend);
    train<Collaboration<Deep, Wide, AdversarialFeatures<5, 4>>>("critic", backend_name, backend);
    train<Collaboration<Plain, Wide, Knowledge, CosineDistance, Iterative>>("iterative",
                                                                            backend_name, backend);
    train<Collaboration<Plain, Deep, Knowledge, CosineDistance, DifferentInputs<>>>(
        "different inputs", backend_name, backend);
}

}  // namespace

int main() {
    train_all("Cpu", std::make_shared<Cpu<float>>(2));
    train_all("Reference", std::make_shared<Reference<float>>());
}
