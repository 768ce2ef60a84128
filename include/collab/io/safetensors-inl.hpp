// SPDX-License-Identifier: Apache-2.0
// safetensors-inl: the bodies of safetensors.
#pragma once
#include <bit>

#include <collab/core/crc32c.hpp>
#include <collab/core/error.hpp>
#include <collab/data/file.hpp>
#include <collab/io/replace_file.hpp>
#include <collab/io/safetensors.hpp>

namespace collab::detail {
COLLAB_COMPILED COLLAB_COLD std::string extents_text(const std::vector<std::int64_t>& extents) {
    std::string s;
    for (const std::int64_t e : extents)
        s += sentence(s.empty() ? "" : " x ", e);
    return s.empty() ? "one number" : s;
}
}  // namespace collab::detail

namespace collab {
COLLAB_COMPILED COLLAB_COLD void Tensors::say(std::string name, std::string word) {
    words.push_back({std::move(name), std::move(word)});
}
COLLAB_COMPILED COLLAB_COLD const std::string* Tensors::word(std::string_view name) const {
    for (const auto& [n, w] : words)
        if (n == name)
            return &w;
    return nullptr;
}
COLLAB_COMPILED COLLAB_COLD std::string Tensors::encode() const {
    std::string header(detail::checksum_opening);
    header += "00000000\"";
    for (const auto& [name, word] : words)
        header += sentence(",", json_text(name), ":", json_text(word));
    header += "}";
    for (const Tensor& t : tensors_) {
        header += sentence(",", json_text(t.name), ":{\"dtype\":\"", t.type, "\",\"shape\":[");
        for (std::size_t i = 0; i < t.extents.size(); ++i)
            header += sentence(i ? "," : "", t.extents[i]);
        header += sentence("],\"data_offsets\":[", t.first, ",", t.first + t.bytes, "]}");
    }
    header += "}";
    header.append((8 - header.size() % 8) % 8, ' ');  // values begin at a multiple of eight
    std::string file(8, '\0');
    for (std::size_t i = 0; i < 8; ++i)
        file[i] = static_cast<char>(std::uint64_t(header.size()) >> (8 * i) & 255);
    file += header;
    file += bytes();
    set_checksum(file, detail::crc32c(file));
    return file;
}
COLLAB_COMPILED COLLAB_COLD Tensors Tensors::decode(std::string&& whole_file, std::string source) {
    static_assert(std::endian::native == std::endian::little,
                  "collab: safetensors files are read and written on little-endian machines only");
    Tensors t;
    t.source = std::move(source);
    t.bytes_ = std::move(whole_file);
    const std::string_view file = t.bytes_;
    const auto no = [&](const auto&... why) {
        fail(t.source, ": is no safetensors file, or is damaged: ", why...);
    };
    if (file.size() < 8)
        no("it has ", file.size(), " bytes");
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < 8; ++i)
        length |= std::uint64_t(static_cast<unsigned char>(file[i])) << (8 * i);
    if (length > file.size() - 8 || length < 2)
        no("its header should have ", length, " bytes, and behind its length there are ",
           file.size() - 8);
    const std::string_view text = file.substr(8, length);
    t.verify(file, text);
    const Json header = parse_json(text, t.source);
    if (!header.is(Json::Kind::object))
        no("its header is no object");
    const std::string_view values = file.substr(8 + length);
    for (std::size_t i = 0; i < header.keys.size(); ++i) {
        const std::string& name = header.keys[i];
        const Json& entry = header.items[i];
        if (name == "__metadata__") {
            for (std::size_t k = 0; k < entry.keys.size(); ++k) {
                const std::string& key = entry.keys[k];
                const Json& word = entry.items[k];
                if (!word.is(Json::Kind::text))
                    no("the word '", key, "' is no text");
                if (key != "crc32c")
                    t.say(key, word.text);
            }
        } else {
            t.enter(name, entry, values.size());
        }
    }
    t.check_places(values.size());
    t.values_ = std::size_t(8 + length);
    return t;
}
COLLAB_COMPILED COLLAB_COLD const Tensors::Tensor* Tensors::find(std::string_view name) const {
    const auto found = places_.find(std::string(name));
    return found == places_.end() ? nullptr : &tensors_[found->second];
}
COLLAB_COMPILED COLLAB_COLD void Tensors::add(std::string name, std::string_view type,
                                              std::vector<std::int64_t> extents, const char* values,
                                              std::size_t size) {
    for (const std::int64_t e : extents)
        size *= std::size_t(e);
    if (!places_.emplace(name, tensors_.size()).second)
        fail(source, ": two tensors are called '", name, "'");
    tensors_.push_back(
        {std::move(name), std::string(type), std::move(extents), bytes().size(), size});
    bytes_.append(values, size);
}
COLLAB_COMPILED COLLAB_COLD std::string_view Tensors::stored_bytes(std::string_view name,
                                                                   std::string_view type) const {
    const Tensor* t = find(name);
    if (!t)
        fail(source, ": holds no tensor '", name, "'");
    if (t->type != type)
        fail(source, ": '", name, "' is of type ", t->type, "; expected ", type);
    return bytes().substr(t->first, t->bytes);
}
COLLAB_COMPILED COLLAB_COLD void Tensors::set_checksum(std::string& file, std::uint32_t sum) {
    for (std::size_t i = 0; i < 8; ++i)
        file[8 + detail::checksum_opening.size() + i] =
            "0123456789abcdef"[sum >> (28 - 4 * i) & 15];
}
COLLAB_COMPILED COLLAB_COLD void Tensors::verify(std::string_view file, std::string_view header) {
    const std::size_t n = detail::checksum_opening.size();
    // of another program
    if (!header.starts_with(detail::checksum_opening) || header.size() < n + 8)
        return;
    const std::string_view said = header.substr(n, 8);
    std::uint32_t sum = detail::crc32c(file.substr(0, 8 + n));
    sum = detail::crc32c("00000000", sum);
    sum = detail::crc32c(file.substr(8 + n + 8), sum);
    std::string is(8 + n + 8, ' ');
    set_checksum(is, sum);
    if (is.substr(8 + n) != said)
        fail(source, ": is damaged: its checksum is ", is.substr(8 + n), " and should be ", said);
    checked = true;
}
COLLAB_COMPILED COLLAB_COLD void Tensors::enter(const std::string& name, const Json& entry,
                                                std::size_t end) {
    const auto no = [&](const auto&... why) {
        fail(source, ": is damaged: tensor '", name, "' ", why...);
    };
    const Json* type = entry.find("dtype");
    const Json* shape = entry.find("shape");
    const Json* offsets = entry.find("data_offsets");
    if (!type || !shape || !offsets || !type->is(Json::Kind::text) || offsets->items.size() != 2)
        no("has no type, shape and place");
    const std::size_t size = detail::type_size(type->text);
    if (size == 0)
        no("is of type '", type->text,
           "'; expected F64, F32, F16, BF16, BOOL, or I or U with 8 to 64 bits");
    const auto whole = [&](const Json& j) {
        if (!j.is(Json::Kind::number) || !(j.number >= 0 && j.number < 9e15) ||
            j.number != double(std::uint64_t(j.number)))
            no("has an extent or a place that is no whole number");
        return std::uint64_t(j.number);
    };
    Tensor t{name, type->text, {}, 0, 0};
    std::uint64_t bytes = size;
    for (const Json& e : shape->items)
        t.extents.push_back(std::int64_t(whole(e)));
    // an empty tensor is no larger than the file, whatever its other extents are
    if (std::find(t.extents.begin(), t.extents.end(), 0) != t.extents.end())
        bytes = 0;
    for (const std::int64_t extent : t.extents) {
        if (bytes > 0 && bytes > end / std::uint64_t(extent))
            no("is larger than the file");
        bytes *= std::uint64_t(extent);
    }
    const std::uint64_t first = whole(offsets->items[0]);
    const std::uint64_t last = whole(offsets->items[1]);
    if (first > last || last > end)
        no("lies at bytes ", first, " to ", last, " of ", end);
    if (last - first != bytes)
        no("has ", last - first, " bytes; its shape of ", detail::extents_text(t.extents),
           " needs ", bytes);
    t.first = std::size_t(first);
    t.bytes = std::size_t(bytes);
    if (!places_.emplace(name, tensors_.size()).second)
        no("is there twice");
    tensors_.push_back(std::move(t));
}
COLLAB_COMPILED COLLAB_COLD void Tensors::check_places(std::size_t end) const {
    std::vector<std::pair<std::size_t, std::size_t>> all;
    for (const Tensor& t : tensors_)
        all.emplace_back(t.first, t.first + t.bytes);
    std::sort(all.begin(), all.end());
    std::size_t at = 0;
    for (const auto& [first, last] : all) {
        if (first != at)
            fail(source, ": is damaged: its tensors overlap or leave gaps at byte ", at);
        at = last;
    }
    if (at != end)
        fail(source, ": is damaged: its tensors need ", at, " bytes, and there are ", end);
}
COLLAB_COMPILED COLLAB_COLD void write(const Tensors& tensors, const std::string& path,
                                       std::string_view what) {
    detail::replace_file(path, tensors.encode(), what);
}
COLLAB_COMPILED COLLAB_COLD Tensors read_tensors(const std::string& path) {
    detail::InputFile file(path);
    std::string bytes(std::size_t(file.size()), '\0');
    bytes.resize(file.read(bytes.data(), bytes.size()));
    return Tensors::decode(std::move(bytes), path);
}
}  // namespace collab
