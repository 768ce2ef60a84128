// SPDX-License-Identifier: Apache-2.0
// whole: small networks, and a check of the gradients of whole collaborations by differences.
#pragma once
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include <collab/layer/batch_norm.hpp>
#include <collab/layer/residual.hpp>
#include <collab/test/gradient.hpp>
#include <collab/train/training.hpp>

namespace collab::whole {
using Image = Shape<2, 6, 6>;
struct early;
struct late;
struct Small : Sequential<Image, Conv2d<3, 3>, BatchNorm, Elu, Cut<early>, MaxPool<2>, Cut<mutual>,
                          Conv2d<3, 3>, Relu, Cut<late>, Flatten, Linear<3>> {};
struct Other : Sequential<Image, Conv2d<2, 3, Bias>, Relu,
                          Residual<Layers<Conv2d<2, 3>, BatchNorm, Elu>>, Cut<early>, Conv2d<4, 3>,
                          Sigmoid, Cut<mutual>, AvgPool<2>, Cut<late>, GlobalAvgPool, Linear<3>> {};
struct Third : Sequential<Image, Conv2d<2, 3, Stride<2>>, Cut<early>, LeakyRelu<>, Cut<mutual>,
                          Cut<late>, Flatten, Linear<3>> {};
template <class Tag, class... Options>
using Base = MKB<Encoder<3, 3>, Transfer<3>, Decoder, Embedding<AdaptiveAvgPool<2>, Flatten>,
                 At<Tag>, Options...>;

constexpr int samples = 4;

template <class What>
struct Trial {
    using C = typename Training<What, Reference<double>>::Description;
    static constexpr int networks = C::size;
    using Settings = typename Training<C, Reference<double>>::Settings;
    Training<C, Reference<double>> training;
    std::vector<float> images;
    std::vector<int> labels;
    GradientReport report;
    std::vector<double> analytic;

    explicit Trial(Settings settings = {})
        : training(adjusted(settings)),
          images(std::size_t(samples) * Image::dims.size()),
          labels{0, 1, 2, 1} {
        for (std::size_t i = 0; i < images.size(); ++i)
            images[i] = float(std::sin(0.37 * double(i) * double(i)));
        // biases and shifts away from 0, scales away from 1
        std::vector<double> p = training.parameters();
        const std::vector<double> shift = collab::detail::normal_numbers(p.size(), Random{5});
        for (std::size_t i = 0; i < p.size(); ++i)
            p[i] += 0.2 * shift[i];
        training.set_parameters(p);
        compute();
        analytic = training.gradients();
    }
    static Settings adjusted(Settings s) {
        s.batch = samples + 1;
        return s;
    }
    void compute() { training.compute_gradients(images.data(), labels.data(), samples); }

    /// Compares the gradients of the parameters whose names begin with one of `prefixes` with those
    /// of `loss(losses)`.
    template <class Loss>
    void check(const std::vector<std::string>& prefixes, Loss loss) {
        collab::detail::GradientJudge judge({});
        std::vector<double> p = training.parameters();
        for (const Named& n : training.named_tensors().parameters) {
            bool wanted = false;
            for (const std::string& prefix : prefixes)
                wanted = wanted || n.name.rfind(prefix, 0) == 0;
            if (!wanted)
                continue;
            for (std::size_t i = n.offset; i < n.offset + std::size_t(n.tensor.size); ++i) {
                const double at = p[i];
                judge.check(sentence(n.name, "[", i - n.offset, "]"), at, analytic[i],
                            [&](double v) {
                                p[i] = v;
                                training.set_parameters(p);
                                compute();
                                return double(loss(training.losses()));
                            });
                p[i] = at;
            }
        }
        training.set_parameters(p);
        report = judge.report("collaboration");
        CHECK_MESSAGE(report.passed(), report.describe());
    }
    /// The mean over samples of the sum of D(e_i, e_j) over all pairs and knowledge bases, from the
    /// embeddings.
    double pairs() const {
        double sum = 0;
        static_for<C::bases>([&](auto k) {
            for (int i = 0; i < networks; ++i)
                for (int j = i + 1; j < networks; ++j) {
                    const auto a = training.template embeddings<k>(i);
                    const auto b = training.template embeddings<k>(j);
                    const int width = int(a.size()) / samples;
                    for (int row = 0; row < samples; ++row)
                        sum += training.settings().metric.value(width, a.data() + row * width,
                                                                b.data() + row * width) /
                               samples;
                }
        });
        return sum;
    }
    /// Every parameter, for a symmetric metric: with detached peers the sum of all networks' losses
    /// has the gradient of sum_k [CE(z_k) + alpha CE(v_k)] + alpha / (n - 1) sum_{i<j} D(e_i, e_j),
    /// in which every pair counts once.
    void check_all() {
        const double alpha = training.settings().alpha;
        check({""}, [&](const auto& losses) {
            double sum = 0;
            for (const NetworkLoss& l : losses)
                sum += l.task + alpha * l.verification;
            return sum + (networks > 1 ? alpha / (networks - 1) * pairs() : 0);
        });
        CHECK(report.checked == long(training.named_tensors().parameter_count));
    }
};
}  // namespace collab::whole
