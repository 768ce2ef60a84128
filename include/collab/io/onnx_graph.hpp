// SPDX-License-Identifier: Apache-2.0
// onnx_graph: a graph of ONNX as it grows, node by node, written as the file that others run.
#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/core/error.hpp>
#include <collab/core/facts.hpp>
#include <collab/io/protobuf.hpp>

namespace collab {

/// Numbers of the messages' fields are those of onnx.proto3; operators are those of operator set
/// 10, which older programs understand, too.
class OnnxGraph {
public:
    static constexpr int operator_set = 10, ir_version = 5;

    /// An attribute of a node.
    struct Attribute {
        Attribute(std::string_view name, std::int64_t value) {
            bytes.text(1, name).integer(3, value).integer(20, 2);
        }
        Attribute(std::string_view name, int value) : Attribute(name, std::int64_t(value)) {}
        Attribute(std::string_view name, float value) {
            bytes.text(1, name).real(2, value).integer(20, 1);
        }
        Attribute(std::string_view name, const char* value) {
            bytes.text(1, name).text(4, value).integer(20, 3);
        }
        Attribute(std::string_view name, std::initializer_list<int> values) {
            bytes.text(1, name);
            for (const int v : values)
                bytes.integer(8, v);
            bytes.integer(20, 7);
        }
        Attribute(std::string_view name, const std::vector<int>& values) {
            bytes.text(1, name);
            for (const int v : values)
                bytes.integer(8, v);
            bytes.integer(20, 7);
        }
        detail::Message bytes;
    };

    /// A tensor that the file brings along; the result is its name, to be used as an input.
    std::string constant(const std::string& name, const std::vector<std::int64_t>& extents,
                         const std::vector<float>& values) {
        tensor(name, extents, 1,
               {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)});
        return name;
    }
    std::string constant(const std::string& name, const std::vector<std::int64_t>& values) {
        tensor(
            name, {std::int64_t(values.size())}, 7,
            {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(std::int64_t)});
        return name;
    }
    /// A node with one result, whose name is returned.
    std::string node(std::string_view op, const std::vector<std::string>& inputs,
                     const std::vector<Attribute>& attributes = {}) {
        return node(op, inputs, attributes, 1)[0];
    }
    std::vector<std::string> node(std::string_view op, const std::vector<std::string>& inputs,
                                  const std::vector<Attribute>& attributes, int results) {
        detail::Message n;
        const std::string base = sentence(op, "_", count_++);
        std::vector<std::string> outputs;
        for (const std::string& i : inputs)
            n.text(1, i);
        for (int k = 0; k < results; ++k)
            n.text(2, outputs.emplace_back(results == 1 ? base + ":0" : sentence(base, ":", k)));
        n.text(3, base).text(4, op);
        for (const Attribute& a : attributes)
            n.message(5, a.bytes);
        nodes_.push_back({std::move(n), inputs, outputs});
        return outputs;
    }
    /// The same value under a name that the file's reader knows.
    void node_named(const std::string& name, const std::string& value) {
        detail::Message n;
        n.text(1, value).text(2, name).text(3, name).text(4, "Identity");
        nodes_.push_back({std::move(n), {value}, {name}});
    }
    /// A name for a constant that no other has.
    std::string fresh(std::string_view what) { return sentence(what, "_", count_++); }

    struct Port {
        std::string name;
        std::vector<int> extents;  ///< behind that of the batch
    };
    /// The file, without nodes and constants that the output does not need. `words` become
    /// metadata. A batch of 0 may have any size.
    std::string encode(std::string_view name, const Port& input, const Port& output, int batch,
                       const Facts& words) const {
        detail::Message graph, file;
        const std::set<std::string> needed = needed_for(output.name);
        for (const Node& n : nodes_)
            if (n.makes_any_of(needed))
                graph.message(1, n.bytes);
        graph.text(2, name);
        for (const Constant& c : constants_)
            if (needed.contains(c.name))
                graph.message(5, c.bytes);
        graph.message(11, port(input, batch)).message(12, port(output, batch));
        file.integer(1, ir_version).text(2, "collab").text(3, COLLAB_VERSION).message(7, graph);
        file.message(8, detail::Message().text(1, "").integer(2, operator_set));
        for (const auto& [key, word] : words)
            file.message(14, detail::Message().text(1, key).text(2, word));
        if (file.bytes().size() > 0x7FFFFFFF)
            fail("the network needs ", file.bytes().size(),
                 " bytes as ONNX; such a file holds at most 2147483647");
        return file.bytes();
    }

private:
    struct Node {
        detail::Message bytes;
        std::vector<std::string> inputs, outputs;
        bool makes_any_of(const std::set<std::string>& values) const {
            return std::any_of(outputs.begin(), outputs.end(),
                               [&](const std::string& o) { return values.contains(o); });
        }
    };
    struct Constant {
        std::string name;
        detail::Message bytes;
    };

    /// The values that `output` is made of, itself among them.
    std::set<std::string> needed_for(const std::string& output) const {
        std::set<std::string> needed{output};
        for (auto n = nodes_.rbegin(); n != nodes_.rend(); ++n)
            if (n->makes_any_of(needed))
                needed.insert(n->inputs.begin(), n->inputs.end());
        return needed;
    }
    void tensor(const std::string& name, const std::vector<std::int64_t>& extents, int type,
                std::string_view bytes) {
        static_assert(std::endian::native == std::endian::little,
                      "collab: ONNX files are written on little-endian machines only");
        detail::Message t;
        for (const std::int64_t e : extents)
            t.integer(1, e);
        t.integer(2, type).text(8, name).text(9, bytes);
        constants_.push_back({name, std::move(t)});
    }
    static detail::Message port(const Port& p, int batch) {
        detail::Message shape, type;
        if (batch > 0)
            shape.message(1, detail::Message().integer(1, batch));
        else
            shape.message(1, detail::Message().text(2, "N"));
        for (const int e : p.extents)
            shape.message(1, detail::Message().integer(1, e));
        type.message(1, detail::Message().integer(1, 1).message(2, shape));
        return detail::Message().text(1, p.name).message(2, type);
    }

    std::vector<Node> nodes_;
    std::vector<Constant> constants_;
    int count_ = 0;
};

}  // namespace collab
