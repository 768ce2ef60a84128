// SPDX-License-Identifier: Apache-2.0
// protobuf: messages of protocol buffers written field by field, for the formats of others:
// TensorBoard's events and ONNX.
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace collab::detail {

/// A message as it grows. Fields are written in the order of the calls; numbers are those of the
/// schema.
class Message {
public:
    const std::string& bytes() const { return bytes_; }

    Message& integer(int field, std::int64_t value) {  // int32, int64, enumerations, bool
        key(field, 0);
        return varint(static_cast<std::uint64_t>(value));
    }
    Message& real(int field, float value) {
        return key(field, 5).fixed(std::bit_cast<std::uint32_t>(value), 4);
    }
    Message& real(int field, double value) {
        return key(field, 1).fixed(std::bit_cast<std::uint64_t>(value), 8);
    }
    Message& text(int field, std::string_view value) {
        key(field, 2).varint(value.size());
        bytes_ += value;
        return *this;
    }
    Message& message(int field, const Message& value) { return text(field, value.bytes_); }

private:
    Message& key(int field, unsigned kind) { return varint(std::uint64_t(field) << 3 | kind); }
    Message& varint(std::uint64_t v) {
        for (; v >= 128; v >>= 7)
            bytes_ += static_cast<char>((v & 127) | 128);
        bytes_ += static_cast<char>(v);
        return *this;
    }
    Message& fixed(std::uint64_t v, int n) {
        for (int i = 0; i < n; ++i)
            bytes_ += static_cast<char>(v >> (8 * i) & 255);
        return *this;
    }

    std::string bytes_;
};

}  // namespace collab::detail
