// SPDX-License-Identifier: Apache-2.0
// event_file: numbers along a training in the files that TensorBoard reads.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <collab/core/crc32c.hpp>
#include <collab/io/protobuf.hpp>

namespace collab::detail {

/// A record of a TFRecord file: length, masked checksum of the length, bytes, masked checksum of
/// the bytes.
inline std::string framed_record(std::string_view bytes) {
    const auto little = [](std::uint64_t v, int n) {
        std::string s;
        for (int i = 0; i < n; ++i)
            s += static_cast<char>(v >> (8 * i) & 255);
        return s;
    };
    // a checksum of bytes that hold checksums would be weak
    const auto masked = [&](std::string_view b) {
        const std::uint32_t c = crc32c(b);
        return little((c >> 15 | c << 17) + 0xa282ead8u, 4);
    };
    const std::string length = little(bytes.size(), 8);
    return length + masked(length) + std::string(bytes) + masked(bytes);
}
/// What such a file begins with.
inline std::string first_event(double wall_time) {
    return framed_record(Message().real(1, wall_time).text(3, "brain.Event:2").bytes());
}
/// One event: values by their tags at a step. `wall_time` is in seconds since 1970.
inline std::string scalar_event(double wall_time, std::int64_t step,
                                const std::vector<std::pair<std::string, double>>& values) {
    Message summary;
    for (const auto& [tag, value] : values)
        summary.message(1, Message().text(1, tag).real(2, static_cast<float>(value)));
    return framed_record(Message().real(1, wall_time).integer(2, step).message(5, summary).bytes());
}

}  // namespace collab::detail
