// Two networks that learn from each other, and one of them on its own afterwards. Change the
// networks, the data, the numbers.
#include <cstdio>

#include <collab/collab.hpp>
using namespace collab;

using Image = Shape<1, 16, 16>;
struct Small : Sequential<Image, Conv2d<8, 3>, BatchNorm, Elu, MaxPool<2>, Cut<mutual>,
                          Conv2d<12, 3>, BatchNorm, Elu, GlobalAvgPool, Linear<4>> {};
struct Large : Sequential<Image, Conv2d<8, 3>, BatchNorm, Relu, MaxPool<2>, Conv2d<16, 3>,
                          BatchNorm, Relu, Cut<mutual>, GlobalAvgPool, Linear<4>> {};
using Pair = Collaboration<Small, Large, MKB<Encoder<16>, Transfer<16>, Decoder>, CosineDistance>;

int main() {
    const Splits data = synthetic(Image::dims, /*classes*/ 4, /*train*/ 1200, /*test*/ 200);
    Training<Pair, Cpu<float>> training(
        {.alpha = 0.2, .seed = 1, .batch = 32, .names = {"small", "large"}});
    training.fit(data, {.epochs = 6, .learning_rate = 0.1, .watch = [](const FitEvent& e) {
                            if (e.evaluated)
                                std::printf("epoch %d: %.1f %% and %.1f %%\n", e.epoch,
                                            100 * e.record->networks[0].test_score(),
                                            100 * e.record->networks[1].test_score());
                            return true;
                        }});
    auto small = training.deploy<0>();
    std::printf("small, alone: %.1f %%\n", 100 * small.accuracy(data.test));
}
