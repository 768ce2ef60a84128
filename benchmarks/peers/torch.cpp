// SPDX-License-Identifier: Apache-2.0
// torch: LibTorch as a measured process; see worker.hpp. The same networks, loss and optimizer as
// ours, written as its documentation has it: modules, in-place activations, no value read back
// inside a step.
#include <torch/torch.h>

#include "worker.hpp"

namespace {
using torch::Tensor;
namespace nn = torch::nn;

nn::Conv2d conv(int in, int out, int kernel, int stride = 1, int groups = 1) {
    return nn::Conv2d(nn::Conv2dOptions(in, out, kernel)
                          .stride(stride)
                          .padding(kernel / 2)
                          .groups(groups)
                          .bias(false));
}
nn::Functional relu() {
    return nn::Functional([](Tensor x) { return x.relu_(); });
}
nn::Functional elu() {
    return nn::Functional([](Tensor x) { return torch::elu_(x); });
}
nn::Functional global_mean() {
    return nn::Functional([](Tensor x) { return x.mean({2, 3}); });
}

/// Puts a normalization with running statistics into the convolution before it, as one deploys a
/// network.
void fold(nn::Conv2d& c, const nn::BatchNorm2d& n) {
    torch::NoGradGuard guard;
    const Tensor scale = n->weight / (n->running_var + n->options.eps()).sqrt();
    c->weight.set_data(c->weight * scale.view({-1, 1, 1, 1}));
    c->bias = n->bias - n->running_mean * scale;
}

/// Two 3x3 convolutions around an identity; where the map changes, every second pixel and zeros for
/// new channels (option A).
struct BlockImpl : nn::Module {
    BlockImpl(int in, int out, int stride)
        : first(register_module("first", conv(in, out, 3, stride))),
          second(register_module("second", conv(out, out, 3))),
          a(register_module("a", nn::BatchNorm2d(out))),
          b(register_module("b", nn::BatchNorm2d(out))),
          stride_(stride),
          padding_((out - in) / 2) {}
    Tensor forward(const Tensor& x) {
        Tensor y = folded_ ? second(first(x).relu_()) : b(second(a(first(x)).relu_()));
        if (stride_ == 1)
            return y.add_(x).relu_();
        const Tensor near = x.slice(2, 0, x.size(2), stride_).slice(3, 0, x.size(3), stride_);
        return y.add_(torch::constant_pad_nd(near, {0, 0, 0, 0, padding_, padding_})).relu_();
    }
    void fold_normalizations() {
        fold(first, a);
        fold(second, b);
        folded_ = true;
    }
    nn::Conv2d first, second;
    nn::BatchNorm2d a, b;
    int stride_, padding_;
    bool folded_ = false;
};
TORCH_MODULE(Block);

nn::Sequential resnet(int depth) {
    nn::Sequential s(conv(3, 16, 3), nn::BatchNorm2d(16), relu());
    int channels = 16;
    for (const int out : {16, 32, 64})
        for (int i = 0; i < (depth - 2) / 6; ++i) {
            s->push_back(Block(channels, out, out != channels ? 2 : 1));
            channels = out;
        }
    s->push_back(global_mean());
    s->push_back(nn::Linear(64, 10));
    return s;
}

nn::Sequential small_net(int convolutions) {
    nn::Sequential s;
    int channels = 3;
    for (const int out : {32, 64, 128}) {
        for (int i = 0; i < convolutions; ++i) {
            s->push_back(conv(channels, out, 3));
            s->push_back(nn::BatchNorm2d(out));
            s->push_back(elu());
            channels = out;
        }
        s->push_back(nn::MaxPool2d(2));
    }
    s->push_back(nn::Flatten());
    s->push_back(nn::Linear(128 * 4 * 4, 128));
    s->push_back(elu());
    s->push_back(nn::Linear(128, 10));
    return s;
}

nn::Sequential mobilenet() {
    nn::Sequential s(conv(3, 32, 3), nn::BatchNorm2d(32), relu());
    struct Unit {
        int channels, stride;
    };
    int in = 32;
    for (const Unit u : {Unit{64, 1},
                         {128, 2},
                         {128, 1},
                         {256, 2},
                         {256, 1},
                         {512, 2},
                         {512, 1},
                         {512, 1},
                         {512, 1},
                         {512, 1},
                         {512, 1},
                         {1024, 2},
                         {1024, 1}}) {
        s->push_back(conv(in, in, 3, u.stride, in));
        s->push_back(nn::BatchNorm2d(in));
        s->push_back(relu());
        s->push_back(conv(in, u.channels, 1));
        s->push_back(nn::BatchNorm2d(u.channels));
        s->push_back(relu());
        in = u.channels;
    }
    s->push_back(global_mean());
    s->push_back(nn::Linear(1024, 10));
    return s;
}

nn::Sequential network(const std::string& name) {
    if (name == "ResNet-20")
        return resnet(20);
    if (name == "ResNet-32")
        return resnet(32);
    if (name == "SmallNet-4")
        return small_net(4);
    if (name == "MobileNet")
        return mobilenet();
    throw std::runtime_error("there is no network called " + name);
}

/// The same network without normalizations, for inference.
nn::Sequential folded(const nn::Sequential& net) {
    nn::Sequential s;
    nn::Conv2d last = nullptr;
    for (const nn::AnyModule& layer : *net) {
        if (const auto c = std::dynamic_pointer_cast<nn::Conv2dImpl>(layer.ptr()))
            last = nn::Conv2d(c);
        if (const auto b = std::dynamic_pointer_cast<BlockImpl>(layer.ptr()))
            b->fold_normalizations();
        if (const auto n = std::dynamic_pointer_cast<nn::BatchNorm2dImpl>(layer.ptr()))
            fold(last, nn::BatchNorm2d(n));
        else
            s->push_back(layer);
    }
    return s;
}

void lay_out_channels_last(nn::Module& module) {
    torch::NoGradGuard guard;
    for (auto& p : module.parameters())
        if (p.dim() == 4)
            p.set_data(p.contiguous(torch::MemoryFormat::ChannelsLast));
}

worker::Work make(const worker::Job& job) {
    torch::set_num_threads(job.threads);
    torch::set_num_interop_threads(1);
    torch::manual_seed(1);
    nn::Sequential net = network(job.network);
    const bool last = job.layout.starts_with("channels-last");
    long parameters = 0;
    for (const auto& p : net->parameters())
        parameters += p.numel();
    if (!job.train())
        net->eval();
    if (!job.train() && job.layout.ends_with("folded")) {
        const Tensor probe = torch::randn({2, 3, 32, 32});
        const Tensor before = net->forward(probe);
        net = folded(net);
        if (!torch::allclose(before, net->forward(probe), 1e-3, 1e-4))
            throw std::runtime_error("folding the normalizations changed the result");
    }
    if (last)
        lay_out_channels_last(*net);

    worker::Batch data(job.batch);
    Tensor images = torch::from_blob(data.images.data(), {job.batch, 3, 32, 32}).clone();
    if (last)
        images = images.contiguous(torch::MemoryFormat::ChannelsLast);
    const Tensor labels =
        torch::from_blob(data.labels.data(), {job.batch}, torch::kInt32).to(torch::kInt64);

    if (!job.train()) {
        return {parameters, [=]() mutable {
                    const c10::InferenceMode guard;
                    net->forward(images);
                }};
    }
    net->train();
    auto optimizer = std::make_shared<torch::optim::SGD>(
        net->parameters(), torch::optim::SGDOptions(0.01).momentum(0.9).weight_decay(1e-4));
    auto loss = std::make_shared<Tensor>();
    return {parameters,
            [=]() mutable {
                optimizer->zero_grad();
                *loss = nn::functional::cross_entropy(net->forward(images), labels);
                loss->backward();
                optimizer->step();
            },
            [=] { return loss->item<double>(); }};
}
}  // namespace

int main(int count, char** words) {
    return worker::serve(count, words, make);
}
