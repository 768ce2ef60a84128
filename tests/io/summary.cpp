// SPDX-License-Identifier: Apache-2.0
// summary: networks as tables.
#include <doctest/doctest.h>

#include <collab/io/summary.hpp>
#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/concat.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/dense_block.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/pool.hpp>
#include <collab/layer/residual.hpp>

using namespace collab;

namespace {
struct here;
struct Tiny
    : Sequential<Shape<2, 8, 8>, Conv2d<16, 3>,
                 Residual<Layers<Conv2d<16, 3>>, Layers<Conv2d<16, 1>>>, Relu, Cut<here>,
                 Concat<Layers<MaxPool<2>>, Layers<Conv2d<4, 3, Stride<2>>>>, Flatten, Linear<10>> {
};
struct Growing
    : Sequential<Shape<4, 4, 4>, DenseBlock<Layers<Conv2d<2, 1>>, Layers<Conv2d<3, 1>>>> {};
}  // namespace

TEST_CASE("a network is a table, with what stands inside layers below them") {
    CHECK(summary<Tiny>() ==
          "layer                             output  parameters  multiply-adds    memory\n"
          "input                          2 x 8 x 8\n"
          "Conv2d<16, 3>                 16 x 8 x 8         288         18,432   4.0 KiB\n"
          "Residual, projected           16 x 8 x 8       2,560        163,840  12.0 KiB\n"
          "  body:\n"
          "    Conv2d<16, 3>             16 x 8 x 8       2,304        147,456   4.0 KiB\n"
          "  shortcut:\n"
          "    Conv2d<16, 1>             16 x 8 x 8         256         16,384   4.0 KiB\n"
          "Relu                          16 x 8 x 8\n"
          "Cut<here>                     16 x 8 x 8\n"
          "Concat of 2                   20 x 4 x 4         576          9,216   2.5 KiB\n"
          "  0:\n"
          "    MaxPool<2>                16 x 4 x 4                              1.0 KiB\n"
          "  1:\n"
          "    Conv2d<4, 3, Stride<2>>    4 x 4 x 4         576          9,216   0.2 KiB\n"
          "Flatten                      320 x 1 x 1\n"
          "Linear<10>                    10 x 1 x 1       3,210          3,200   0.1 KiB\n"
          "total                         10 x 1 x 1       6,634        194,688  18.6 KiB\n");
}

TEST_CASE("the layers of a dense block have their own inputs, and double takes twice the memory") {
    const std::string single = summary<Growing>();
    const std::string twice = summary<Growing, double>();
    CHECK(single.find("    Conv2d<2, 1>  2 x 4 x 4           8            128  0.1 KiB\n") !=
          std::string::npos);
    CHECK(single.find("    Conv2d<3, 1>  3 x 4 x 4          18            288  0.2 KiB\n") !=
          std::string::npos);
    CHECK(single.find("\ntotal             9 x 4 x 4          26            416  0.9 KiB\n") !=
          std::string::npos);
    CHECK(twice.find("\ntotal             9 x 4 x 4          26            416  1.8 KiB\n") !=
          std::string::npos);
}
