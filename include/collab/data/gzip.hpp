// SPDX-License-Identifier: Apache-2.0
// gzip: the bytes of a file, inflated on the way if the file is compressed. Needs zlib.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include <zlib.h>

#include <collab/core/error.hpp>
#include <collab/data/file.hpp>

namespace collab::detail {

/// Reads a file that may be plain or gzipped; which of the two is told from its first bytes, not
/// from its name. Damage to the compressed stream throws Error; the checksum is verified once read
/// has returned fewer bytes than asked for.
class ByteReader {
public:
    explicit ByteReader(const std::filesystem::path& path) : file_(path) {
        std::uint8_t start[2];
        gzip_ = file_.read(start, 2) == 2 && start[0] == 0x1f && start[1] == 0x8b;
        file_.rewind();
        // 16: gzip's frame
        if (gzip_ && inflateInit2(&stream_, 15 + 16) != Z_OK)
            fail(name(), ": zlib has no memory to inflate it");
    }
    ~ByteReader() {
        if (gzip_)
            inflateEnd(&stream_);
    }
    ByteReader(const ByteReader&) = delete;
    ByteReader& operator=(const ByteReader&) = delete;

    const std::string& name() const { return file_.name(); }
    bool gzip() const { return gzip_; }
    /// The most bytes that a file of this size can hold: its size, or 1032 times that for deflate's
    /// densest code.
    std::uint64_t most() const { return gzip_ ? file_.size() * 1032 : file_.size(); }

    /// As many bytes as there are, up to n: fewer only at the end.
    std::size_t read(std::uint8_t* out, std::size_t n) {
        if (!gzip_)
            return file_.read(out, n);
        std::size_t got = 0;
        while (got < n && more()) {
            // zlib counts in 32 bits
            const std::size_t room = std::min<std::size_t>(n - got, 1u << 30);
            stream_.next_out = out + got;
            stream_.avail_out = static_cast<uInt>(room);
            const int code = inflate(&stream_, Z_NO_FLUSH);
            const std::size_t fresh = room - stream_.avail_out;
            got += fresh;
            total_ += fresh;
            if (code == Z_STREAM_END)
                inside_ = false;
            else if (code == Z_MEM_ERROR)
                fail(name(), ": zlib has no memory to inflate it");
            // Z_BUF_ERROR: it only wants more input
            else if (code != Z_OK && code != Z_BUF_ERROR)
                damaged();
        }
        return got;
    }

private:
    /// Sees to it that there is input; false at the end of the file, which must be the end of a
    /// gzip member.
    bool more() {
        if (stream_.avail_in == 0) {
            const std::size_t got = file_.read(input_.data(), input_.size());
            stream_.next_in = input_.data();
            stream_.avail_in = static_cast<uInt>(got);
            if (got == 0) {
                if (inside_)
                    fail(name(), ": the gzip data ends too early, after ", total_,
                         " inflated bytes (truncated?)");
                return false;
            }
        }
        if (!inside_) {  // gzip files may be joined end to end
            inflateReset(&stream_);
            inside_ = true;
            member_ = total_;
            ++members_;
        }
        return true;
    }
    [[noreturn]] void damaged() const {
        if (members_ > 0 && member_ == total_)
            fail(name(), ": bytes that are not gzip follow the end of the gzip data");
        fail(name(), ": corrupt gzip data after ", total_, " inflated bytes (",
             stream_.msg ? stream_.msg : "no gzip data", ")");
    }

    InputFile file_;
    bool gzip_ = false;
    bool inside_ = true;
    z_stream stream_{};
    std::array<std::uint8_t, 65536> input_;
    std::uint64_t total_ = 0;
    std::uint64_t member_ = 0;
    int members_ = 0;  // that ended and were followed by more
};

}  // namespace collab::detail
