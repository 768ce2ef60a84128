// SPDX-License-Identifier: Apache-2.0
// onnx_file: ONNX files read and computed by the definitions of their operators, in double, where
// no engine is at hand. scripts/test-random holds it and the engines to the same numbers.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace collab::random {

/// Numbers in rows, the last extent the fastest.
struct Array {
    std::vector<int> extents;
    std::vector<double> values;
};
struct OnnxNode {
    std::string op;
    std::vector<std::string> inputs, outputs;
    std::map<std::string, std::vector<std::int64_t>> integers;
    std::map<std::string, float> reals;
    std::map<std::string, std::string> words;

    int integer(const std::string& name, int otherwise) const;
    std::vector<int> list(const std::string& name) const;
};
struct OnnxFile {
    std::vector<OnnxNode> nodes;
    std::map<std::string, Array> constants;
};

/// Throws Error where the bytes are no such file.
OnnxFile read_onnx(std::string_view bytes);

/// The value "logits" of images [sample][channel][row][column]. Throws Error where an operator does
/// not accept what it gets.
Array run_onnx(const OnnxFile& file, const Array& images);

/// The same network as PyTorch has it: with weights under PyTorch's names and in its order, and
/// maps that are flattened as they lie there. Names and extents are those of the file's constants.
Array run_as_pytorch(const OnnxFile& file, const std::map<std::string, Array>& weights,
                     const Array& images);

}  // namespace collab::random
