// SPDX-License-Identifier: Apache-2.0
// weights: what others are given lies as they have it, comes back the same, and what does not fit
// is refused.
#include <doctest/doctest.h>

#include "data/temporary.hpp"
#include "exchange/networks.hpp"

using namespace collab;
using namespace collab::exchange;

namespace {
struct Tiny : Sequential<Shape<2, 2, 3>, Conv2d<3, 1>, Flatten, BatchNorm, Linear<2>> {};
}  // namespace

TEST_CASE("weights lie as PyTorch has them") {
    const Folder folder;
    const std::string path = (folder.path / "w.safetensors").string();
    Model<Tiny, Reference<float>> model(1);
    std::vector<float> p(model.parameter_count());
    for (std::size_t i = 0; i < p.size(); ++i)
        p[i] = float(i);
    model.set_parameters(p);
    save(model, path);
    const Tensors file = read_tensors(path);
    CHECK(file.checked);
    CHECK(!file.word("classes"));
    save(model, path, {{"classes", "cat\ndog"}});
    CHECK(*read_tensors(path).word("classes") == "cat\ndog");
    CHECK(weights(model).bytes() == file.bytes());
    CHECK(file.find("0.weight")->extents == std::vector<std::int64_t>{3, 2, 1, 1});
    // ours is [in][out]
    CHECK(file.values<float>("0.weight") == std::vector<float>{0, 3, 1, 4, 2, 5});
    // 2 rows of 3 pixels of 3 channels: feature c of pixel p is 3 p + c here, 6 c + p there.
    const std::vector<float> scale = file.values<float>("2.weight");
    CHECK(scale[1] == 6 + 3);
    CHECK(scale[6] == 6 + 1);
    CHECK(scale[17] == 6 + 17);
    CHECK(file.find("2.running_var")->extents == std::vector<std::int64_t>{18});
    const std::vector<float> last = file.values<float>("3.weight");
    CHECK(file.find("3.weight")->extents == std::vector<std::int64_t>{2, 18});
    CHECK(last[0] == 42);                   // feature 0 to output 0
    CHECK(last[1] == 42 + 2 * 3);           // channel 0 of pixel 1
    CHECK(last[18 + 6] == 42 + 2 * 1 + 1);  // channel 1 of pixel 0 to output 1
    CHECK(file.values<float>("3.bias") == std::vector<float>{78, 79});
}

TEST_CASE("weights come back the same, also in double, and a failed load changes nothing") {
    const Folder folder;
    const std::string path = (folder.path / "w.safetensors").string();
    const auto model = some_model<Composites>();
    save(model, path);
    Model<Composites, Reference<float>> other(1);
    load(other, path);
    CHECK(other.parameters() == model.parameters());
    CHECK(other.state() == model.state());
    Model<Composites, Reference<double>> in_double(1);
    load(in_double, path);
    CHECK(in_double.parameters()[7] == double(model.parameters()[7]));

    Model<Plain, Reference<float>> plain(1);
    const std::vector<float> before = plain.parameters();
    CHECK(error_of([&] { load(plain, path); })
              .starts_with(path + ": is of another network: it holds no '0.weight'; it begins with "
                                  "0.body.0.weight, 0.body.1.weight"));
    CHECK(plain.parameters() == before);
    Tensors file = read_tensors(path);
    file.add<double>("extra", {1.0});
    write(file, path, "the weights");
    CHECK(error_of([&] { load(other, path); }).find(": is of another network: it holds ") !=
          std::string::npos);
    struct Wide : Sequential<Shape<2, 2, 3>, Conv2d<4, 1>, Flatten, BatchNorm, Linear<2>> {};
    Model<Wide, Reference<float>> wide(1);
    Model<Tiny, Reference<float>> tiny(1);
    save(wide, path);
    CHECK(error_of([&] { load(tiny, path); }) ==
          path +
              ": is of another network: its '0.weight' is 4 x 2 x 1 x 1, here it is 3 x 2 x 1 x 1");
}

TEST_CASE("arrays for NumPy are read back, and begin where NumPy expects it") {
    const Folder folder;
    const std::string path = (folder.path / "a.npy").string();
    save_npy(path, {2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6.5f});
    NpyArray a = read_npy(path);
    CHECK(a.shape == std::vector<std::uint64_t>{2, 3});
    CHECK(a.type_text() == "float32");
    CHECK(numbers(a) == std::vector<float>{1, 2, 3, 4, 5, 6.5f});
    CHECK(std::filesystem::file_size(path) % 64 == 24);
    save_npy(path, {3}, std::vector<std::int64_t>{-1, 0, 1ll << 40});
    CHECK(numbers<double>(read_npy(path)) == std::vector<double>{-1, 0, double(1ll << 40)});
    save_npy(path, {}, std::vector<double>{0.1});
    CHECK(numbers<double>(read_npy(path)) == std::vector<double>{0.1});
    save_npy(path, {4}, std::vector<std::uint8_t>{0, 1, 254, 255});
    CHECK(read_npy(path).type_text() == "uint8");
    CHECK(error_of([&] { save_npy(path, {2, 2}, std::vector<float>(3)); }) ==
          "an array of 2 x 2 has 4 numbers, not 3");
}

TEST_CASE("a network as ONNX carries words in its metadata") {
    const std::string file = onnx(some_model<Plain>(), {.words = {{"classes", "cat\ndog"}}});
    // field 14, StringStringEntryProto: key and value
    CHECK(file.find("\x72\x12\x0a\x07"
                    "classes"
                    "\x12\x07"
                    "cat\ndog") != std::string::npos);
}

TEST_CASE("a network as ONNX names its input, its output and its weights") {
    const std::string file = onnx(some_model<Plain>(), {.batch = 0, .name = "plain"});
    for (const char* part :
         {"plain", "images", "logits", "0.weight", "8.running_mean", "Conv", "Gemm", "transB"})
        CHECK_MESSAGE(file.find(part) != std::string::npos, part);
    const std::vector<float> w = some_model<Plain>().parameters();
    // [row][column][in][out] here, and there column by column
    const float first[] = {w[0], w[24]};
    CHECK(file.find(std::string(reinterpret_cast<const char*>(first), sizeof first)) !=
          std::string::npos);
    CHECK(error_of([] { onnx(some_model<Plain>(), {.batch = -1}); }) ==
          "an ONNX network takes at least 0 images at once, not -1; 0 is any number");
}
