// SPDX-License-Identifier: Apache-2.0
// npy_file: arrays of numbers written for NumPy, and read as the numbers they are.
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <collab/core/error.hpp>
#include <collab/data/npy.hpp>
#include <collab/io/replace_file.hpp>
#include <collab/io/safetensors.hpp>

namespace collab {

namespace detail {
/// The bytes of an array, version 1.0 of the format, without its values. `code`: f4, f8, i4, i8, u1
/// and the like.
inline std::string npy_header(std::string_view code, const std::vector<std::int64_t>& extents) {
    static_assert(std::endian::native == std::endian::little,
                  "collab: arrays are written on little-endian machines only");
    std::string header = sentence("{'descr': '", code.ends_with('1') ? '|' : '<', code,
                                  "', 'fortran_order': False, 'shape': (");
    for (const std::int64_t e : extents)
        header += sentence(e, ", ");
    header += "), }";
    header.append((64 - (header.size() + 11) % 64) % 64, ' ');  // values begin at a multiple of 64
    header += '\n';
    std::string file("\x93NUMPY\x01\x00", 8);
    file += static_cast<char>(header.size() & 255);
    file += static_cast<char>(header.size() >> 8);
    return file + header;
}
}  // namespace detail

/// An array as `numpy.load` reads it, the last extent running fastest.
///
///     save_npy("logits.npy", {images, classes}, model.predict(set.test));
template <detail::TensorScalar T>
void save_npy(const std::string& path, const std::vector<std::int64_t>& extents,
              const std::vector<T>& values) {
    std::int64_t n = 1;
    for (const std::int64_t e : extents)
        n *= e;
    if (n != std::int64_t(values.size()))
        fail("an array of ", detail::extents_text(extents), " has ", n, " numbers, not ",
             values.size());
    std::string file = detail::npy_header(sentence(std::floating_point<T>    ? 'f'
                                                   : std::signed_integral<T> ? 'i'
                                                                             : 'u',
                                                   sizeof(T)),
                                          extents);
    file.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
    detail::replace_file(path, file, "the array");
}

/// The numbers of an array: floats of 4 or 8 bytes and integers.
template <class T = float>
std::vector<T> numbers(const NpyArray& a) {
    std::vector<T> v(std::size_t(a.elements()));
    for (std::size_t i = 0; i < v.size(); ++i)
        v[i] = a.kind == 'f' ? T(a.number(i)) : T(a.integer(i));
    return v;
}

}  // namespace collab
