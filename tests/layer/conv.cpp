// SPDX-License-Identifier: Apache-2.0
// conv: shapes, parameters and values of convolutions and transposed convolutions.
#include <doctest/doctest.h>

#include <collab/layer/conv.hpp>
#include <collab/layer/conv_transpose.hpp>

#include "run.hpp"

using namespace collab;
using namespace collab::trial;

TEST_CASE("a convolution keeps the size unless it is told otherwise") {
    CHECK(output_of<Conv2d<64, 3>, Shape<3, 32, 32>> == Dims{64, 32, 32});
    CHECK(output_of<Conv2d<64, 1>, Shape<3, 7, 9>> == Dims{64, 7, 9});
    CHECK(output_of<Conv2d<64, 5>, Shape<3, 7, 9>> == Dims{64, 7, 9});
    CHECK(output_of<Conv2d<64, 3, Stride<2>>, Shape<3, 32, 31>> == Dims{64, 16, 16});
    CHECK(output_of<Conv2d<64, 3, Pad<0>>, Shape<3, 32, 31>> == Dims{64, 30, 29});
    CHECK(output_of<Conv2d<64, 7, Stride<2>>, Shape<3, 224, 224>> == Dims{64, 112, 112});
    CHECK(output_of<Conv2d<8, 0, Kernel<1, 7>>, Shape<3, 17, 17>> == Dims{8, 17, 17});
    CHECK(output_of<Conv2d<8, 3, Stride<1, 3>, Pad<2, 0>>, Shape<3, 5, 9>> == Dims{8, 7, 3});
    CHECK(output_of<DepthwiseConv2d<3, Stride<2>>, Shape<6, 8, 8>> == Dims{6, 4, 4});
}

TEST_CASE("a convolution has one weight per window element, input channel of its group and output "
          "channel") {
    CHECK(parameters_of<Conv2d<64, 3>, Shape<64, 8, 8>> == 36864);
    CHECK(parameters_of<Conv2d<64, 3, Bias>, Shape<64, 8, 8>> == 36928);
    CHECK(parameters_of<Conv2d<64, 3, Groups<4>>, Shape<64, 8, 8>> == 9216);
    CHECK(parameters_of<DepthwiseConv2d<3>, Shape<64, 8, 8>> == 576);
    CHECK(parameters_of<DepthwiseConv2d<3, Bias>, Shape<64, 8, 8>> == 640);
    CHECK(parameters_of<ConvTranspose2d<32, 3, Bias>, Shape<64, 8, 8>> == 18464);
    constexpr Parameter w = Conv2d<10, 3, Groups<2>>::parameters({4, 5, 5})[0];
    CHECK(w.fan_in == 18);
    CHECK(w.extents == std::array<int, 4>{3, 3, 2, 10});
    CHECK(w.rank == 4);
}

TEST_CASE("a convolution accepts what its kernel fits into and its groups divide") {
    CHECK(Accepts<Conv2d<4, 9, Pad<0>>, Shape<1, 9, 9>>);
    CHECK_FALSE(Accepts<Conv2d<4, 9, Pad<0>>, Shape<1, 9, 8>>);
    CHECK(Accepts<Conv2d<4, 9>, Shape<1, 1, 1>>);
    CHECK(Accepts<Conv2d<4, 3, Groups<2>>, Shape<6, 4, 4>>);
    CHECK_FALSE(Accepts<Conv2d<4, 3, Groups<2>>, Shape<5, 4, 4>>);
    CHECK_FALSE(Accepts<Conv2d<5, 3, Groups<2>>, Shape<6, 4, 4>>);
    CHECK_FALSE(Accepts<ConvTranspose2d<4, 1, Pad<2>>, Shape<1, 4, 4>>);
}

TEST_CASE("a convolution multiplies each window by its weights") {
    // 1 channel, 3x3 map 1..9, kernel 2x2 of 1, 10, 100, 1000.
    CHECK(run<Conv2d<1, 2, Pad<0>>, Shape<1, 3, 3>>(counted(9), {1, 10, 100, 1000}) ==
          Numbers{5421, 6532, 8754, 9865});
    CHECK(run<Conv2d<1, 2, Pad<0>, Stride<1, 2>, Bias>, Shape<1, 3, 3>>(
              counted(9), {1, 10, 100, 1000, 0.5}) == Numbers{5421.5, 8754.5});
    CHECK(run<Conv2d<1, 0, Kernel<1, 3>>, Shape<1, 1, 3>>({1, 2, 3}, {1, 10, 100}) ==
          Numbers{210, 321, 32});
    // weights lie as [in][out]
    CHECK(run<Conv2d<2, 1>, Shape<2>>({3, 5}, {1, 2, 10, 20}) == Numbers{53, 106});
    CHECK(run<Conv2d<2, 1, Groups<2>>, Shape<2>>({3, 5}, {7, 11}) == Numbers{21, 55});
    CHECK(run<DepthwiseConv2d<1>, Shape<2, 1, 2>>({3, 5, 1, 2}, {7, 11}) == Numbers{21, 55, 7, 22});
}

TEST_CASE("a transposed convolution spreads each value by its weights") {
    CHECK(run<ConvTranspose2d<1, 2, Pad<0>, Stride<2>>, Shape<1, 1, 2>>(
              {1, 2}, {1, 10, 100, 1000}) == Numbers{1, 10, 2, 20, 100, 1000, 200, 2000});
    CHECK(run<ConvTranspose2d<1, 0, Kernel<1, 3>>, Shape<1, 1, 3>>({1, 2, 3}, {1, 10, 100}) ==
          Numbers{12, 123, 230});
    CHECK(run<ConvTranspose2d<1, 0, Kernel<1, 3>, Bias>, Shape<1, 1, 3>>(
              {1, 2, 3}, {1, 10, 100, 5}) == Numbers{17, 128, 235});
    CHECK(run<ConvTranspose2d<1, 0, Kernel<1, 3>, Stride<1, 2>, OutputPad<0, 1>>, Shape<1, 1, 2>>(
              {1, 2}, {1, 10, 100}) == Numbers{10, 102, 20, 200});
    CHECK(output_of<ConvTranspose2d<32, 3, Stride<2>, OutputPad<1>>, Shape<64, 8, 8>> ==
          Dims{32, 16, 16});
    CHECK(output_of<ConvTranspose2d<32, 3, Stride<2>>, Shape<64, 8, 8>> == Dims{32, 15, 15});
}

TEST_CASE("convolutions describe themselves as one would write them") {
    CHECK(Conv2d<64, 3>::describe() == "Conv2d<64, 3>");
    CHECK(Conv2d<64, 3, Stride<2>, Bias>::describe() == "Conv2d<64, 3, Stride<2>, Bias>");
    CHECK(Conv2d<8, 0, Kernel<1, 7>, Pad<0, 3>>::describe() == "Conv2d<8, 0, Kernel<1, 7>>");
    CHECK(Conv2d<8, 3, Groups<2>, Pad<0>, Stride<1, 2>>::describe() ==
          "Conv2d<8, 3, Stride<1, 2>, Pad<0>, Groups<2>>");
    CHECK(DepthwiseConv2d<3, Stride<2>>::describe() == "DepthwiseConv2d<3, Stride<2>>");
    CHECK(ConvTranspose2d<32, 3, Stride<2>, OutputPad<1>>::describe() ==
          "ConvTranspose2d<32, 3, Stride<2>, OutputPad<1>>");
}
