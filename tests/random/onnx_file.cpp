// SPDX-License-Identifier: Apache-2.0
// onnx_file: the fields of onnx.proto3 that our files have.
#include "onnx_file.hpp"

#include <bit>
#include <cstring>

#include <collab/core/error.hpp>

namespace collab::random {

namespace {

/// The fields of a message, one after the other.
class Fields {
public:
    explicit Fields(std::string_view bytes) : left_(bytes) {}
    int number = 0;
    std::uint64_t value = 0;   ///< of a number
    std::string_view content;  ///< of a text or a message
    bool next() {
        if (left_.empty())
            return false;
        const std::uint64_t key = varint();
        number = int(key >> 3);
        const int kind = int(key & 7);
        if (kind == 0)
            value = varint();
        else if (kind == 2)
            content = take(varint());
        else if (kind == 5)
            value = fixed(4);
        else if (kind == 1)
            value = fixed(8);
        else
            fail("a field of kind ", kind);
        return true;
    }
    std::string text() const { return std::string(content); }

private:
    std::string_view take(std::uint64_t n) {
        if (n > left_.size())
            fail("the message ends early");
        const std::string_view part = left_.substr(0, std::size_t(n));
        left_.remove_prefix(std::size_t(n));
        return part;
    }
    std::uint64_t fixed(std::size_t n) {
        const std::string_view part = take(n);
        std::uint64_t v = 0;
        for (std::size_t i = 0; i < n; ++i)
            v |= std::uint64_t(static_cast<unsigned char>(part[i])) << (8 * i);
        return v;
    }
    std::uint64_t varint() {
        std::uint64_t v = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            const std::uint64_t byte = fixed(1);
            v |= (byte & 127) << shift;
            if (byte < 128)
                return v;
        }
        fail("a number without an end");
    }
    std::string_view left_;
};

void read_attribute(std::string_view bytes, OnnxNode& node) {
    std::string name;
    for (Fields f(bytes); f.next();)
        if (f.number == 1)
            name = f.text();
        else if (f.number == 2)
            node.reals[name] = std::bit_cast<float>(std::uint32_t(f.value));
        else if (f.number == 3 || f.number == 8)
            node.integers[name].push_back(std::int64_t(f.value));
        else if (f.number == 4)
            node.words[name] = f.text();
}
OnnxNode read_node(std::string_view bytes) {
    OnnxNode node;
    for (Fields f(bytes); f.next();)
        if (f.number == 1)
            node.inputs.push_back(f.text());
        else if (f.number == 2)
            node.outputs.push_back(f.text());
        else if (f.number == 4)
            node.op = f.text();
        else if (f.number == 5)
            read_attribute(f.content, node);
    return node;
}
template <class T>
std::vector<double> numbers(std::string_view raw) {
    std::vector<double> values;
    for (std::size_t i = 0; i + sizeof(T) <= raw.size(); i += sizeof(T)) {
        T v;
        std::memcpy(&v, raw.data() + i, sizeof(T));
        values.push_back(double(v));
    }
    return values;
}
void read_tensor(std::string_view bytes, OnnxFile& file) {
    Array a;
    std::string name;
    std::uint64_t type = 0, size = 1;
    for (Fields f(bytes); f.next();)
        if (f.number == 1) {
            a.extents.push_back(int(f.value));
            size *= f.value;
        } else if (f.number == 2) {
            type = f.value;
        } else if (f.number == 8) {
            name = f.text();
        } else if (f.number == 9) {
            a.values = type == 1 ? numbers<float>(f.content) : numbers<std::int64_t>(f.content);
        }
    if (a.values.size() != size)
        fail("the constant ", name, " has ", a.values.size(), " numbers instead of ", size);
    if (!file.constants.emplace(name, std::move(a)).second)
        fail("two constants are called ", name);
}

}  // namespace

int OnnxNode::integer(const std::string& name, int otherwise) const {
    const auto found = integers.find(name);
    return found == integers.end() ? otherwise : int(found->second.at(0));
}
std::vector<int> OnnxNode::list(const std::string& name) const {
    const auto found = integers.find(name);
    if (found == integers.end())
        fail("a ", op, " without ", name);
    return {found->second.begin(), found->second.end()};
}

OnnxFile read_onnx(std::string_view bytes) {
    OnnxFile file;
    for (Fields f(bytes); f.next();) {
        if (f.number != 7)
            continue;
        for (Fields graph(f.content); graph.next();)
            if (graph.number == 1)
                file.nodes.push_back(read_node(graph.content));
            else if (graph.number == 5)
                read_tensor(graph.content, file);
    }
    return file;
}

}  // namespace collab::random
