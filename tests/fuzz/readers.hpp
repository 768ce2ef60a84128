// SPDX-License-Identifier: Apache-2.0
// readers: every reader of files, as a function of arbitrary bytes. An Error with a sentence is a
// good answer; any other end is not.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

#include <sys/mman.h>
#include <unistd.h>

#include <collab/backend/reference/reference.hpp>
#include <collab/data/cifar.hpp>
#include <collab/data/idx.hpp>
#include <collab/data/image_folder.hpp>
#include <collab/data/npy.hpp>
#include <collab/data/stl10.hpp>
#include <collab/io/safetensors.hpp>
#include <collab/io/weights.hpp>
#include <collab/layer/activation.hpp>
#include <collab/layer/batch_norm.hpp>
#include <collab/layer/conv.hpp>
#include <collab/layer/flatten.hpp>
#include <collab/layer/linear.hpp>
#include <collab/layer/sequential.hpp>

namespace fuzz {

using Input = std::basic_string_view<std::uint8_t>;

/// A file in memory that has a path, since readers take paths (Linux only).
class MemoryFile {
public:
    explicit MemoryFile(const char* name) : file_(memfd_create(name, 0)) {
        if (file_ < 0)
            throw std::runtime_error("memfd_create");
    }
    ~MemoryFile() { close(file_); }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;
    /// The path of a file of these bytes, followed by zeros up to `size`.
    std::string hold(Input bytes, std::size_t size) {
        const auto n = static_cast<ssize_t>(std::min(bytes.size(), size));
        if (ftruncate(file_, 0) != 0 ||
            pwrite(file_, bytes.data(), static_cast<std::size_t>(n), 0) != n ||
            ftruncate(file_, static_cast<off_t>(size)) != 0)
            throw std::runtime_error("a file in memory");
        return "/proc/self/fd/" + std::to_string(file_);
    }
    std::string hold(Input bytes) { return hold(bytes, bytes.size()); }

private:
    int file_;
};

/// A number of `bytes` bytes from the front of the input.
inline std::size_t take(Input& input, int bytes) {
    std::size_t v = 0;
    for (int i = 0; i < bytes; ++i) {
        v = v << 8 | (input.empty() ? 0u : input[0]);
        if (!input.empty())
            input.remove_prefix(1);
    }
    return v;
}
/// The first part of the input, of a length that its first two bytes say; the rest remains.
inline Input take_part(Input& input) {
    const std::size_t said = take(input, 2);
    const std::size_t n = std::min(said, input.size());
    const Input part = input.substr(0, n);
    input.remove_prefix(n);
    return part;
}
/// A length for files whose records are so long that they are mostly zeros here.
inline std::size_t take_size(Input& input) {
    return std::min<std::size_t>(take(input, 3), 4 * 27648 + 1);
}

/// Runs a reader. What it returns must hold together, what it says must not be empty.
template <class F>
void answered(F&& read) {
    try {
        read();
    } catch (const collab::Error& e) {
        if (std::string_view(e.what()).size() < 10)
            throw std::runtime_error("an error without a sentence");
    }
}

/// Whose weights are read.
struct Network : collab::Sequential<collab::Shape<1, 2, 2>, collab::Conv2d<2, 1>, collab::BatchNorm,
                                    collab::Relu, collab::Flatten, collab::Linear<2>> {};

struct Reader {
    std::string_view name;
    void (*run)(Input);
};

inline constexpr std::array readers{
    Reader{"idx",
           [](Input in) {
               static MemoryFile images("images");
               static MemoryFile labels("labels");
               const std::string x = images.hold(take_part(in));
               const std::string y = labels.hold(in);
               answered([&] { check(collab::read_idx(x, y, "fuzz", 10)); });
           }},
    Reader{"cifar10",
           [](Input in) {
               static MemoryFile file("cifar10");
               const std::size_t size = take_size(in);
               answered([&] { check(collab::read_cifar10(file.hold(in, size))); });
           }},
    Reader{"cifar100",
           [](Input in) {
               static MemoryFile file("cifar100");
               const std::size_t size = take_size(in);
               answered([&] { check(collab::read_cifar100(file.hold(in, size))); });
               answered([&] {
                   check(
                       collab::read_cifar100(file.hold(in, size), collab::Cifar100Labels::coarse));
               });
           }},
    Reader{"stl10",
           [](Input in) {
               static MemoryFile images("images");
               static MemoryFile labels("labels");
               const std::size_t size = take_size(in);
               const Input x = take_part(in);
               answered([&] { check(collab::read_stl10(images.hold(x, size), labels.hold(in))); });
           }},
    Reader{"folds",
           [](Input in) {
               static MemoryFile file("folds");
               const std::string path = file.hold(in);
               answered([&] {
                   for (const auto& fold : collab::read_folds(path, 1000))
                       for (const int i : fold)
                           if (i < 0 || i >= 1000)
                               throw std::runtime_error("an index out of range");
               });
           }},
    Reader{"names",
           [](Input in) {
               static MemoryFile file("names");
               const int expected = static_cast<int>(take(in, 1));
               answered([&] {
                   if (collab::detail::read_names(file.hold(in), expected).size() !=
                       static_cast<std::size_t>(expected))
                       throw std::runtime_error("another number of names");
               });
           }},
    Reader{"npy",
           [](Input in) {
               static MemoryFile images("images");
               static MemoryFile labels("labels");
               const std::string x = images.hold(take_part(in));
               const std::string y = labels.hold(in);
               answered([&] { check(collab::read_npy_images(x, y, "fuzz")); });
           }},
    Reader{"safetensors",
           [](Input in) {
               answered([&] {
                   const collab::Tensors file = collab::Tensors::decode(
                       std::string_view{reinterpret_cast<const char*>(in.data()), in.size()},
                       "fuzz.safetensors");
                   for (const auto& t : file.tensors()) {
                       if (t.first + t.bytes > file.bytes().size() || file.find(t.name) != &t)
                           throw std::runtime_error("a tensor out of place");
                       if (t.type == "F32")
                           static_cast<void>(file.values<float>(t.name));
                   }
               });
           }},
    Reader{"weights",
           [](Input in) {
               static MemoryFile file("weights");
               static collab::Model<Network, collab::Reference<float>> model(1);
               const auto before = model.parameters();
               bool read = false;
               answered([&] {
                   load(model, file.hold(in));
                   read = true;
               });
               const auto after = model.parameters();
               if (!read &&
                   std::memcmp(before.data(), after.data(), before.size() * sizeof(float)) != 0)
                   throw std::runtime_error("weights of a refused file");
           }},
    Reader{"jpeg",
           [](Input in) {
               for (const int channels : {1, 3})
                   answered([&] {
                       const collab::Picture p =
                           collab::decode_jpeg(in.data(), in.size(), "fuzz", channels);
                       if (p.dims.channels != channels ||
                           p.pixels.size() != static_cast<std::size_t>(p.dims.size()))
                           throw std::runtime_error("a picture of another size");
                   });
           }},
    Reader{"png",
           [](Input in) {
               for (const int channels : {1, 3})
                   answered([&] {
                       const collab::Picture p =
                           collab::decode_png(in.data(), in.size(), "fuzz", channels);
                       if (p.dims.channels != channels ||
                           p.pixels.size() != static_cast<std::size_t>(p.dims.size()))
                           throw std::runtime_error("a picture of another size");
                   });
           }},
    // the way of a folder: a file, whatever it is, to a crop of fixed size
    Reader{"picture",
           [](Input in) {
               static MemoryFile file("picture");
               static const collab::Augmenter augmenter =
                   collab::Augmenter::of_any_size({.resized_crop = 8,
                                                   .flip = true,
                                                   .color = {.brightness = 0.5, .hue = 0.2},
                                                   .cutout = 3},
                                                  3);
               const auto index = static_cast<int>(take(in, 1));
               answered([&] {
                   const collab::Picture p = collab::read_picture(file.hold(in));
                   if (p.dims.area() > 1 << 18)
                       return;  // large pictures only take long
                   std::array<float, 192> out;
                   augmenter.apply(p.pixels.data(), p.dims, "fuzz",
                                   collab::sample_random(1, 0, index), index % 2 == 0, out.data());
                   for (const float v : out)
                       if (!(v >= 0 && v <= 1))
                           throw std::runtime_error("a value out of range");
               });
           }},
};

inline const Reader* find(std::string_view name) {
    const auto at = std::find_if(readers.begin(), readers.end(),
                                 [&](const Reader& r) { return r.name == name; });
    return at == readers.end() ? nullptr : &*at;
}

}  // namespace fuzz
