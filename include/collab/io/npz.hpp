// SPDX-License-Identifier: Apache-2.0
// npz: tensors as one file that `numpy.load` opens, a network's weights among them. Needs zlib.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include <zlib.h>

#include <collab/core/error.hpp>
#include <collab/io/npy_file.hpp>
#include <collab/io/replace_file.hpp>
#include <collab/io/safetensors.hpp>
#include <collab/io/weights.hpp>

namespace collab {

/// The bytes of an NPZ file: an array for each tensor, under its name, stored as it is (a ZIP
/// archive without compression; APPNOTE 6.3.3, 4.3). Integers, floats and doubles; at most 4 GiB in
/// all.
inline std::string npz(const Tensors& tensors) {
    const auto number = [](std::string& to, std::uint64_t v, int bytes) {
        for (int i = 0; i < bytes; ++i)
            to += static_cast<char>(v >> (8 * i) & 255);
    };
    std::string file, directory;
    for (const Tensors::Tensor& t : tensors.tensors()) {
        if (t.type == "BF16" || t.type == "BOOL")
            fail(tensors.source, ": '", t.name, "' is of type ", t.type,
                 ", which NumPy files do not have");
        std::string code = t.type.starts_with('F') ? "f" : t.type.starts_with('U') ? "u" : "i";
        code += std::to_string(detail::type_size(t.type));
        std::string array = detail::npy_header(code, t.extents);
        array += tensors.bytes().substr(t.first, t.bytes);
        const std::string name = t.name + ".npy";
        const std::size_t place = file.size();
        if (place + array.size() > 0xF0000000u)
            fail(tensors.source, ": is too large for an NPZ file; expected at most 4 GiB");
        const auto sum = crc32_z(0, reinterpret_cast<const Bytef*>(array.data()), array.size());
        // What both the entry and the directory say: version, flags (names in UTF-8), stored, 1
        // January 1980, checksum, two sizes, lengths of name and extra field.
        std::string about;
        number(about, 20, 2);
        number(about, 0x800, 2);
        number(about, 0, 2);
        number(about, 0, 2);
        number(about, 0x21, 2);
        number(about, sum, 4);
        number(about, array.size(), 4);
        number(about, array.size(), 4);
        number(about, name.size(), 2);
        number(about, 0, 2);
        number(file, 0x04034b50, 4);
        file += about + name + array;
        number(directory, 0x02014b50, 4);
        number(directory, 20, 2);
        directory += about;
        number(directory, 0, 2);
        number(directory, 0, 2);
        number(directory, 0, 2);
        number(directory, 0, 4);
        number(directory, place, 4);
        directory += name;
    }
    const std::size_t count = tensors.tensors().size();
    const std::size_t place = file.size();
    if (count > 0xFFFF)
        fail(tensors.source, ": holds ", count, " tensors; an NPZ file has at most 65535");
    file += directory;
    number(file, 0x06054b50, 4);
    number(file, 0, 4);
    number(file, count, 2);
    number(file, count, 2);
    number(file, directory.size(), 4);
    number(file, place, 4);
    number(file, 0, 2);
    return file;
}

/// Writes such a file, whole or not at all: `numpy.load(path)["0.weight"]`.
///
///     save_npz(weights(training.deploy<0>()), "small.npz");
inline void save_npz(const Tensors& tensors, const std::string& path) {
    detail::replace_file(path, npz(tensors), "the arrays");
}

}  // namespace collab
