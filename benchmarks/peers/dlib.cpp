// SPDX-License-Identifier: Apache-2.0
// dlib: ResNet-20 in dlib as a measured process; see worker.hpp. dlib has no strided identity:
// where the map changes, its shortcut is a mean over 2x2 pixels, with zeros for new channels, and
// its convolutions keep their biases.
#include <dlib/dnn.h>

#include "worker.hpp"

namespace {
using namespace dlib;

template <int Channels, int Stride, typename Before>
using conv3 = add_layer<con_<Channels, 3, 3, Stride, Stride, 1, 1>, Before>;
template <int Channels, int Stride, typename Before>
using body = bn_con<conv3<Channels, 1, relu<bn_con<conv3<Channels, Stride, Before>>>>>;
template <int Channels, typename Before>
using block = relu<add_prev1<body<Channels, 1, tag1<Before>>>>;
template <int Channels, typename Before>
using halving = relu<add_prev2<avg_pool<2, 2, 2, 2, skip1<tag2<body<Channels, 2, tag1<Before>>>>>>>;
template <typename Before>
using block16 = block<16, Before>;
template <typename Before>
using block32 = block<32, Before>;
template <typename Before>
using block64 = block<64, Before>;
using Net = loss_multiclass_log<
    fc<10, avg_pool_everything<repeat<
               2, block64,
               halving<64, repeat<2, block32,
                                  halving<32, repeat<3, block16,
                                                     relu<bn_con<conv3<
                                                         16, 1, input<matrix<rgb_pixel>>>>>>>>>>>>>;

worker::Work make(const worker::Job& job) {
    if (job.network != "ResNet-20" || !job.train())
        throw std::runtime_error("only the training of ResNet-20 is written for dlib");
    auto net = std::make_shared<Net>();
    const worker::Batch data(job.batch);
    auto images = std::make_shared<resizable_tensor>();
    const std::vector<matrix<rgb_pixel>> pictures(std::size_t(job.batch),
                                                  matrix<rgb_pixel>(32, 32));
    // the network wants to have seen pictures; it gets our numbers instead
    net->to_tensor(pictures.begin(), pictures.end(), *images);
    std::copy(data.images.begin(), data.images.end(), images->host());
    const std::vector<unsigned long> labels(data.labels.begin(), data.labels.end());
    auto solvers =
        std::make_shared<std::vector<sgd>>(Net::num_computational_layers, sgd(1e-4f, 0.9f));
    auto loss = std::make_shared<double>(net->compute_parameter_gradients(*images, labels.begin()));
    return {long(count_parameters(*net)),
            [=] {
                *loss = net->compute_parameter_gradients(*images, labels.begin());
                net->update_parameters(make_sstack(*solvers), 0.01);
            },
            [=] { return *loss; }, 1};
}
}  // namespace

int main(int count, char** words) {
    return worker::serve(count, words, make);
}
