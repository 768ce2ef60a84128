// SPDX-License-Identifier: Apache-2.0
// safetensors: named tensors and a few words about them in one file, in the format that PyTorch,
// JAX and others read.
#pragma once
#include <algorithm>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/core/facts.hpp>
#include <collab/io/json.hpp>

namespace collab {

namespace detail {
template <class T>
concept TensorScalar =
    std::same_as<T, float> || std::same_as<T, double> || std::same_as<T, std::int64_t> ||
    std::same_as<T, std::int32_t> || std::same_as<T, std::uint8_t>;
template <TensorScalar T>
constexpr std::string_view type_word = std::same_as<T, float>          ? "F32"
                                       : std::same_as<T, double>       ? "F64"
                                       : std::same_as<T, std::int64_t> ? "I64"
                                       : std::same_as<T, std::int32_t> ? "I32"
                                                                       : "U8";
/// Bytes of one element, 0 for a word that means nothing here.
constexpr std::size_t type_size(std::string_view word) {
    if (word == "F64" || word == "I64" || word == "U64")
        return 8;
    if (word == "F32" || word == "I32" || word == "U32")
        return 4;
    if (word == "F16" || word == "BF16" || word == "I16" || word == "U16")
        return 2;
    return word == "I8" || word == "U8" || word == "BOOL" ? 1 : 0;
}
std::string extents_text(const std::vector<std::int64_t>& extents);
// then eight digits: a fixed place, so that the rest can be summed
inline constexpr std::string_view checksum_opening = "{\"__metadata__\":{\"crc32c\":\"";
}  // namespace detail

/// Tensors by name, and words by name.
///
///     Tensors file;
///     file.add<float>("scale", {3}, scale.data());
///     write(file, "scale.safetensors", "the scale");
///     std::vector<float> again = read_tensors("scale.safetensors").values<float>("scale");
class Tensors {
public:
    struct Tensor {
        std::string name, type;  ///< "F32", "F64", "I64", ...
        std::vector<std::int64_t> extents;
        std::size_t first = 0;
        std::size_t bytes = 0;  ///< where it lies in bytes()
    };

    /// Where they come from, for messages.
    std::string source = "these tensors";
    Facts words{};
    bool checked = false;  ///< they were read from a file with a checksum, which was right

    void say(std::string name, std::string word);
    /// A word, or null.
    const std::string* word(std::string_view name) const;
    template <detail::TensorScalar T>
    void add(std::string name, std::vector<std::int64_t> extents, const T* values) {
        add(std::move(name), detail::type_word<T>, std::move(extents),
            reinterpret_cast<const char*>(values), sizeof(T));
    }
    /// The same of elements of `size` bytes whose type has this name.
    void add(std::string name, std::string_view type, std::vector<std::int64_t> extents,
             const char* values, std::size_t size);
    template <detail::TensorScalar T>
    void add(std::string name, const std::vector<T>& values) {
        add<T>(std::move(name), {std::int64_t(values.size())}, values.data());
    }

    /// Calls f(values) with the tensor's values in pieces of a few thousand, in their order: for a
    /// look at what is large. The tensor must be of exactly this type.
    template <detail::TensorScalar T, class F>
    void each_piece(std::string_view name, F&& f) const {
        const std::string_view stored = stored_bytes(name, detail::type_word<T>);
        std::vector<T> piece;
        for (std::size_t at = 0; at < stored.size(); at += piece.size() * sizeof(T)) {
            piece.resize(std::min<std::size_t>(4096, (stored.size() - at) / sizeof(T)));
            std::memcpy(piece.data(), stored.data() + at, piece.size() * sizeof(T));
            f(std::as_const(piece));
        }
    }

    const std::vector<Tensor>& tensors() const { return tensors_; }
    std::string_view bytes() const { return std::string_view(bytes_).substr(values_); }
    const Tensor* find(std::string_view name) const;
    /// The values of a tensor, which must be of exactly this type. A name that is not there is an
    /// error.
    template <detail::TensorScalar T>
    std::vector<T> values(std::string_view name) const {
        const std::string_view stored = stored_bytes(name, detail::type_word<T>);
        std::vector<T> v(stored.size() / sizeof(T));
        if (!stored.empty())
            std::memcpy(v.data(), stored.data(), stored.size());
        return v;
    }

    /// The whole file: a length, a header in JSON and the values, with a checksum of all of it
    /// among the words.
    std::string encode() const;
    /// Reads what encode() or another program wrote. What is no such file, or has another checksum
    /// than it says, is an error naming `source`.
    static Tensors decode(std::string_view file, std::string source) {
        return decode(std::string(file), std::move(source));
    }
    /// The same without a copy: the tensors keep the file as it is.
    static Tensors decode(std::string&& file, std::string source);

private:
    std::string_view stored_bytes(std::string_view name, std::string_view type) const;
    static void set_checksum(std::string& file, std::uint32_t sum);
    void verify(std::string_view file, std::string_view header);
    void enter(const std::string& name, const Json& entry, std::size_t end);
    /// One behind the other, without gaps and up to the end, as the format wants it.
    void check_places(std::size_t end) const;

    std::vector<Tensor> tensors_;
    std::unordered_map<std::string, std::size_t> places_;
    std::string bytes_;       ///< values, behind the header of the file that they come from
    std::size_t values_ = 0;  ///< where they begin
};

/// Writes a whole file or none. `what` is its name in an error: "the checkpoint".
void write(const Tensors& tensors, const std::string& path, std::string_view what);

Tensors read_tensors(const std::string& path);

}  // namespace collab

#ifdef COLLAB_BODIES
#include <collab/io/safetensors-inl.hpp>
#endif
