// SPDX-License-Identifier: Apache-2.0
// npy-inl: the bodies of npy.
#pragma once
#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <filesystem>

#include <collab/core/error.hpp>
#include <collab/data/file.hpp>
#include <collab/data/npy.hpp>

namespace collab {
namespace detail {
/// The text of a dictionary such as {'descr': '|u1', 'fortran_order': False, 'shape': (10, 28, 28),
/// }. Each of the three keys once.
class NpyHeader {
public:
    NpyHeader(std::string_view text, NpyArray& into) : rest_(text), array_(into) {
        expect('{');
        bool descr = false;
        bool order = false;
        bool shape = false;
        while (!accept('}')) {
            const std::string_view key = quoted();
            expect(':');
            if (key == "descr" && !std::exchange(descr, true))
                type(quoted());
            else if (key == "fortran_order" && !std::exchange(order, true))
                fortran();
            else if (key == "shape" && !std::exchange(shape, true))
                extents();
            else
                wrong("a key that is known and new, of descr, fortran_order and shape");
            if (!accept(',')) {
                expect('}');
                break;
            }
        }
        skip();
        if (!rest_.empty())
            wrong("nothing behind the dictionary");
        if (!descr || !order || !shape)
            wrong("descr, fortran_order and shape");
    }

private:
    [[noreturn]] void wrong(std::string_view expected) const {
        std::string shown;
        for (const char c : rest_.substr(0, 24))
            shown += c >= ' ' && c <= '~' ? c : '?';
        fail(array_.name, ": the header cannot be understood at \"", shown, "\"; expected ",
             expected);
    }
    void skip() {
        while (!rest_.empty() &&
               (rest_[0] == ' ' || rest_[0] == '\n' || rest_[0] == '\t' || rest_[0] == '\r'))
            rest_.remove_prefix(1);
    }
    bool accept(char c) {
        skip();
        if (rest_.empty() || rest_[0] != c)
            return false;
        rest_.remove_prefix(1);
        return true;
    }
    void expect(char c) {
        if (!accept(c))
            wrong(sentence('\'', c, '\''));
    }
    std::string_view quoted() {
        skip();
        const char quote = rest_.empty() ? '\0' : rest_[0];
        const std::size_t end =
            quote == '\'' || quote == '"' ? rest_.find(quote, 1) : std::string_view::npos;
        if (end == std::string_view::npos)
            wrong("a word in quotes");
        const std::string_view word = rest_.substr(1, end - 1);
        rest_.remove_prefix(end + 1);
        return word;
    }
    void type(std::string_view t) {
        const bool known = t.size() == 3 &&
                           std::string_view("<>|=").find(t[0]) != std::string_view::npos &&
                           std::string_view("uifb").find(t[1]) != std::string_view::npos &&
                           std::string_view("1248").find(t[2]) != std::string_view::npos &&
                           (t[1] != 'b' || t[2] == '1') && (t[1] != 'f' || t[2] != '1');
        if (!known)
            fail(array_.name, ": an array of \"", t.substr(0, 24),
                 "\"; expected plain numbers of 1, 2, 4 or 8 bytes, such as \"|u1\" (uint8)");
        array_.big_endian = t[0] == '>';
        array_.kind = t[1];
        array_.width = t[2] - '0';
    }
    void fortran() {
        skip();
        if (rest_.starts_with("True"))
            fail(array_.name, ": the first extent runs fastest (fortran_order); save "
                              "numpy.ascontiguousarray(array) instead");
        if (!rest_.starts_with("False"))
            wrong("True or False");
        rest_.remove_prefix(5);
    }
    void extents() {
        expect('(');
        std::uint64_t bytes = 8;  // the widest element
        while (!accept(')')) {
            skip();
            std::uint64_t extent = 0;
            const auto [end, error] =
                std::from_chars(rest_.data(), rest_.data() + rest_.size(), extent);
            if (error != std::errc())
                wrong("an extent");
            rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
            if (rest_.starts_with('L'))  // as Python 2 wrote large numbers
                rest_.remove_prefix(1);
            array_.shape.push_back(extent);
            if (array_.shape.size() > 32)
                wrong("at most 32 extents");
            if (extent != 0 && bytes > (std::uint64_t(1) << 62) / extent)
                fail(array_.name, ": an array of shape ", array_.shape_text(),
                     " ...; no file is that large");
            bytes *= std::max<std::uint64_t>(1, extent);
            if (!accept(',')) {
                expect(')');
                break;
            }
        }
    }

    std::string_view rest_;
    NpyArray& array_;
};

}  // namespace detail

COLLAB_COMPILED COLLAB_COLD std::string NpyArray::shape_text() const {
    std::string s = "(";
    for (std::size_t i = 0; i < shape.size(); ++i)
        s += sentence(i ? ", " : "", shape[i]);
    return s + ")";
}
COLLAB_COMPILED COLLAB_COLD std::string NpyArray::type_text() const {
    return kind == 'b' ? std::string("bool")
                       : sentence(kind == 'u'   ? "uint"
                                  : kind == 'i' ? "int"
                                                : "float",
                                  8 * width);
}
COLLAB_COMPILED COLLAB_COLD NpyArray
read_npy(const std::function<std::size_t(void*, std::size_t)>& read, std::uint64_t size,
         std::string name) {
    NpyArray array;
    array.name = std::move(name);
    std::uint8_t head[12];
    const auto more = [&](std::size_t at, std::size_t n) {
        const std::size_t got = read(head + at, n);
        if (got < n)
            fail(array.name, ": ends after ", at + got,
                 " bytes, within the header of a NumPy array (truncated?)");
    };
    more(0, 8);
    if (std::memcmp(head, "\x93NUMPY", 6) != 0)
        fail(array.name, ": does not start with \\x93NUMPY; expected an array saved by numpy.save");
    const int version = head[6];
    if (version < 1 || version > 3)
        fail(array.name, ": version ", version, " of NumPy's format; expected 1, 2 or 3");
    const std::size_t digits = version == 1 ? 2 : 4;
    more(8, digits);
    std::uint32_t length = 0;
    for (std::size_t i = digits; i-- > 0;)
        length = length << 8 | head[8 + i];
    if (length > 65536)
        fail(array.name, ": a header of ", length, " bytes; expected at most 65536");
    std::string text(length, '\0');
    const std::size_t got = read(text.data(), length);
    if (got < length)
        fail(array.name, ": ends after ", 8 + digits + got, " bytes; its header takes ",
             8 + digits + length, " (truncated?)");
    detail::NpyHeader(text, array);
    const std::uint64_t promised = array.elements() * static_cast<std::uint64_t>(array.width);
    const std::uint64_t follow = size - (8 + digits + length);
    if (promised != follow)
        fail(array.name, ": the header says ", array.type_text(), " of shape ", array.shape_text(),
             ", ", promised, " bytes, but ", follow, " bytes follow it",
             promised > follow ? " (truncated?)" : " (trailing bytes?)");
    array.bytes.resize(static_cast<std::size_t>(promised));
    if (promised > 0 && read(array.bytes.data(), array.bytes.size()) != array.bytes.size())
        fail(array.name, ": ends before its ", promised, " bytes");
    return array;
}
COLLAB_COMPILED COLLAB_COLD NpyArray read_npy(const Path& path) {
    detail::InputFile file(path.text);
    return read_npy([&](void* out, std::size_t n) { return file.read(out, n); }, file.size(),
                    file.name());
}
COLLAB_COMPILED COLLAB_COLD double NpyArray::number(std::uint64_t i) const {
    if (kind == 'b')
        return bytes[i] != 0;
    if (kind != 'f')
        return kind == 'u' ? static_cast<double>(static_cast<std::uint64_t>(integer(i)))
                           : static_cast<double>(integer(i));
    const auto bits = static_cast<std::uint64_t>(integer(i));
    if (width == 8)
        return std::bit_cast<double>(bits);
    if (width == 4)
        return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    fail(name, ": holds ", type_text(), "; expected float32 or float64");
}
namespace detail {
COLLAB_COMPILED COLLAB_COLD void add_targets(Images& images, const NpyArray& values) {
    std::uint64_t width = 1;
    for (std::size_t i = 1; i < values.shape.size(); ++i)
        width *= values.shape[i];
    if (width < 1 || width > 1'000'000)
        fail(values.name, ": has shape ", values.shape_text(),
             "; expected 1 to 1000000 target values for each image");
    images.target_size = static_cast<int>(width);
    images.targets.reserve(static_cast<std::size_t>(values.elements()));
    for (std::uint64_t i = 0; i < values.elements(); ++i)
        images.targets.push_back(static_cast<float>(values.number(i)));
    check_targets(images, values.name);
}
/// Whether an array is not of class numbers but of target values. A column of integers is one class
/// number for each image, as Keras has them.
inline bool hold_targets(const NpyArray& labels) {
    const bool column = labels.shape.size() == 2 && labels.shape[1] == 1;
    return labels.kind == 'f' || labels.kind == 'b' || (labels.shape.size() > 1 && !column);
}
}  // namespace detail
COLLAB_COMPILED COLLAB_COLD Images images_from(NpyArray pictures, const NpyArray& labels,
                                               std::string name, int classes) {
    if (pictures.kind != 'u' || pictures.width != 1)
        fail(pictures.name, ": holds ", pictures.type_text(),
             "; expected pictures as uint8, 0 to 255");
    const auto& s = pictures.shape;
    if (s.size() != 3 && s.size() != 4)
        fail(pictures.name, ": has shape ", pictures.shape_text(),
             "; expected (images, height, width) or (images, height, width, channels)");
    if (s.size() == 4 && s[3] > 4 && s[1] <= 4)
        fail(pictures.name, ": has shape ", pictures.shape_text(),
             ", which looks like (images, channels, height, width); expected the channels last: "
             "array.transpose(0, 2, 3, 1)");
    for (std::size_t i = 1; i < s.size(); ++i)
        if (s[i] < 1 || s[i] > 32768)
            fail(pictures.name, ": has shape ", pictures.shape_text(),
                 "; expected 1 to 32768 for height, width and channels");
    if ((s.size() == 4 ? s[1] * s[2] * s[3] : s[1] * s[2]) > 0x7fffffff)
        fail(pictures.name, ": has shape ", pictures.shape_text(),
             "; a picture has at most 2147483647 bytes");
    if (s[0] < 1 || s[0] > 0x7fffffff)
        fail(pictures.name, ": has shape ", pictures.shape_text(),
             "; expected 1 to 2147483647 images");
    if (labels.shape.empty())
        fail(labels.name, ": has shape ", labels.shape_text(),
             "; expected (images), one label for each, or (images, ...) for target values");
    if (labels.shape[0] != s[0])
        fail(pictures.name, ": has ", s[0], " images, but ", labels.name, " has ", labels.shape[0],
             " labels; expected as many of both");
    if (classes < 0)
        fail(name, ": ", classes, " classes; expected at least 1, or 0 for what the labels need");
    const bool values = detail::hold_targets(labels);
    if (values && classes > 0)
        fail(labels.name, ": holds ", labels.type_text(), " of shape ", labels.shape_text(),
             "; expected labels as integers of shape (images)");
    Images images{Dims{s.size() == 4 ? static_cast<int>(s[3]) : 1, static_cast<int>(s[1]),
                       static_cast<int>(s[2])},
                  classes,
                  {},
                  {},
                  std::move(name),
                  {}};
    if (values) {
        detail::add_targets(images, labels);
        images.pixels = std::move(pictures.bytes);
        return images;
    }
    // a label of billions is no label
    const std::int64_t most = classes > 0 ? classes - 1 : 999'999;
    for (std::uint64_t i = 0; i < s[0]; ++i) {
        const std::int64_t label = labels.integer(i);
        if (label < 0 || label > most)
            fail(labels.name, ": label ", i, " is ", label, "; expected 0 to ", most);
        images.labels.push_back(static_cast<int>(label));
        if (classes == 0)
            images.classes = std::max(images.classes, static_cast<int>(label) + 1);
    }
    images.pixels = std::move(pictures.bytes);
    return images;
}
COLLAB_COMPILED COLLAB_COLD Images read_npy_images(const Path& pictures, const Path& labels,
                                                   std::string name, int classes) {
    NpyArray first = read_npy(pictures);
    return images_from(std::move(first), read_npy(labels), std::move(name), classes);
}
COLLAB_COMPILED COLLAB_COLD Splits npy_set(const Path& in) {
    const std::filesystem::path folder(in.text);
    detail::check_folder(folder, "x_train.npy, y_train.npy, x_test.npy and y_test.npy");
    const std::string name = folder.filename().empty() ? folder.parent_path().filename().string()
                                                       : folder.filename().string();
    Images train = read_npy_images(folder / "x_train.npy", folder / "y_train.npy", name + " train");
    Images test = read_npy_images(folder / "x_test.npy", folder / "y_test.npy", name + " test",
                                  train.classes);
    if (test.target_size != train.target_size)
        fail((folder / "y_test.npy").string(), ": its targets have another size than those of "
                                               "y_train.npy");
    if (test.dims != train.dims)
        fail((folder / "x_test.npy").string(),
             ": its pictures have another size than those of x_train.npy");
    return {std::move(train), std::move(test)};
}
}  // namespace collab
