// SPDX-License-Identifier: Apache-2.0
// onnx_graph: what stands in a file.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <collab/io/onnx_graph.hpp>

using namespace collab;

TEST_CASE("a file of ONNX leaves out nodes and constants that its output does not need") {
    OnnxGraph graph;
    const std::string x = "images";
    const std::string weight = graph.constant("read", {1}, std::vector<float>{2});
    const std::string unread = graph.constant("unread", {1}, std::vector<float>{3});
    const std::string y = graph.node("Mul", {x, weight});
    const std::string nobody = graph.node("Add", {x, unread});
    graph.node("Elu", {nobody});
    graph.node_named("logits", graph.node("Split", {y}, {}, 2)[1]);
    const std::string file = graph.encode("network", {"images", {1}}, {"logits", {1}}, 0, {});
    for (const char* name : {"Mul", "read", "Split", "Identity", "logits"})
        CHECK_MESSAGE(file.find(name) != std::string::npos, name);
    for (const char* name : {"Add", "Elu", "unread"})
        CHECK_MESSAGE(file.find(name) == std::string::npos, name);
}
