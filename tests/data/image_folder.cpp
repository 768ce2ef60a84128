// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <collab/data/image_folder.hpp>

#include "encoded.hpp"

using namespace collab;
namespace fs = std::filesystem;

namespace {

Bytes plain(int width, int height, int red, int green, int blue) {
    Bytes pixels;
    for (int i = 0; i < width * height; ++i)
        for (const int v : {red, green, blue})
            pixels.push_back(static_cast<std::uint8_t>(v));
    return pixels;
}
Bytes jpeg(int width, int height, int red, int green, int blue) {
    return jpeg_of(plain(width, height, red, green, blue), width, height, JCS_RGB);
}
Bytes png(int width, int height, int red, int green, int blue) {
    return png_of(plain(width, height, red, green, blue), width, height, 8, PNG_COLOR_TYPE_RGB);
}

/// Two classes of a few files of different sizes, below `part`.
void fill(const Folder& folder, const std::string& part) {
    folder.write(part + "cat/b.JPEG", jpeg(40, 30, 200, 10, 10));
    folder.write(part + "cat/a.png", png(20, 25, 100, 20, 30));
    folder.write(part + "cat/notes.txt", {1, 2});
    folder.write(part + "cat/.hidden.jpg", {1, 2});
    folder.write(part + "dog/x.jpg", png(16, 16, 1, 2, 3));  // its content counts, not its name
    folder.write(part + "readme", {1});
}

}  // namespace

TEST_CASE("classes are folders, pictures are files, and both come in the order of their names") {
    const Folder folder;
    fill(folder, "");
    const ImageFolder images = image_folder(folder.path);
    CHECK(images.class_names == std::vector<std::string>{"cat", "dog"});
    CHECK(images.files == std::vector<std::string>{"a.png", "b.JPEG", "x.jpg"});
    CHECK(images.labels == std::vector<int>{0, 0, 1});
    CHECK(images.picture(0).dims == Dims{3, 25, 20});
    CHECK(images.picture(2).pixels[1] == 2);
    CHECK(image_folder(folder.path, {}, 1).picture(1).dims == Dims{1, 30, 40});
    CHECK(image_folder(folder.path, {"dog", "bird", "cat"}).labels == std::vector<int>{2, 2, 0});
    CHECK(has(error_of([&] { image_folder(folder.path, {"dog"}); }),
              "cat: a class that is not among those of the training images"));
    CHECK(has(error_of([&] { images.picture(3); }), "there is no image 3 among 3"));
}

TEST_CASE("pictures have several endings, and what is left out is listed") {
    const Folder folder;
    const Bytes picture = jpeg(8, 8, 1, 2, 3);
    for (const char* name : {"a.jpg", "b.JPEG", "c.jpe", "d.JFIF", "e.PNG"})
        folder.write(std::string("cat/") + name, picture);
    for (const char* name : {"f.webp", "g", "h.jpg.bak", "below/i.jpg"})
        folder.write(std::string("cat/") + name, picture);
    folder.write("beside.jpg", picture);
    folder.write("readme", {1});
    const ImageFolder images = image_folder(folder.path);
    CHECK(images.files == std::vector<std::string>{"a.jpg", "b.JPEG", "c.jpe", "d.JFIF", "e.PNG"});
    CHECK(images.left_out == std::vector<std::string>{"cat/below", "cat/f.webp", "cat/g",
                                                      "cat/h.jpg.bak", "beside.jpg"});
}

TEST_CASE("what archives, file servers and systems leave behind is no class and no picture") {
    const Folder folder;
    fill(folder, "");
    fs::remove(folder.path / "cat/notes.txt");
    for (const char* name : {"__MACOSX", "@eaDir", "#recycle", "$RECYCLE.BIN", "lost+found",
                             "System Volume Information"}) {
        folder.write(std::string(name) + "/thumbnail.png", png(8, 8, 1, 1, 1));
        folder.write(std::string("cat/") + name + "/thumbnail.png", png(8, 8, 1, 1, 1));
    }
    folder.write("cat/Thumbs.db", {1});
    folder.write("cat/desktop.ini", {1});
    const ImageFolder images = image_folder(folder.path);
    CHECK(images.class_names == std::vector<std::string>{"cat", "dog"});
    CHECK(images.size() == 3);
    CHECK(images.left_out.empty());
}

TEST_CASE("the layout of ImageNet has train and val, with the classes of train") {
    const Folder folder;
    CHECK(has(error_of([&] { image_folders(folder.path); }), "holds no folder train"));
    const auto archive = folder.write("pictures.zip", {1});
    CHECK(has(error_of([&] { image_folders(folder.path); }),
              "; pictures.zip is there, an archive: unpack it"));
    fs::remove(archive);
    fill(folder, "train/");
    CHECK(has(error_of([&] { image_folders(folder.path); }),
              "holds neither a folder val nor a folder test"));
    folder.write("test/dog/y.png", png(8, 8, 9, 9, 9));
    CHECK(image_folders(folder.path).test.labels == std::vector<int>{1});
    folder.write("val/cat/y.png", png(8, 8, 9, 9, 9));
    CHECK(image_folders(folder.path).test.labels == std::vector<int>{0});
    folder.write("val/cow/y.png", png(8, 8, 9, 9, 9));
    CHECK(has(error_of([&] { image_folders(folder.path); }),
              "cow: a class that is not among those of the training images"));
}

TEST_CASE("folders without classes or pictures, and files that are none, are refused by name") {
    const Folder folder;
    CHECK(has(error_of([&] { image_folder(folder.path); }),
              "holds no folder; expected one for each class"));
    CHECK(has(error_of([&] { image_folder(folder.path / "none"); }), "none: no such folder"));
    fs::create_directories(folder.path / "cat");
    CHECK(error_of([&] { image_folder(folder.path); }) ==
          (folder.path / "cat").string() + ": holds no picture (.jpg, .jpeg, .jpe, .jfif or .png)");
    folder.write("cat/notes.txt", {1});
    CHECK(has(error_of([&] { image_folder(folder.path); }),
              "cat: holds no picture (.jpg, .jpeg, .jpe, .jfif or .png), but 1 other: "
              "cat/notes.txt"));
    folder.write("cat/a.webp", {1});
    CHECK(has(error_of([&] { image_folder(folder.path); }), ", but 2 others, as cat/a.webp"));
    fs::remove(folder.path / "cat/a.webp");
    fs::create_directories(folder.path / "cat" / "folder.png");
    folder.write("cat/empty.jpg", {});
    folder.write("cat/text.jpg", {'h', 'e', 'l', 'l', 'o'});
    folder.write("cat/torn.jpg", first(jpeg(40, 30, 1, 2, 3), 300));
    const ImageFolder images = image_folder(folder.path);
    REQUIRE(images.size() == 4);
    const std::string where = (folder.path / "cat").string();
    CHECK(error_of([&] { images.picture(0); }) == where + "/empty.jpg: is empty");
    CHECK(error_of([&] { images.picture(1); }) ==
          where + "/folder.png: is a folder; expected a file");
    CHECK(error_of([&] { images.picture(2); }) ==
          where + "/text.jpg: neither a JPEG nor a PNG file");
    CHECK(has(error_of([&] { images.picture(3); }), where + "/torn.jpg: "));
    CHECK(
        has(error_of([&] { load(images, {.resized_crop = 8}); }), where + "/empty.jpg: is empty"));
}

TEST_CASE("a loader decodes a folder on several threads, with the same result as on one") {
    const Folder folder;
    for (int i = 0; i < 12; ++i)
        for (const std::string name : {"a", "b", "c"}) {
            Bytes pixels;
            for (int p = 0; p < (20 + i) * (30 - i) * 3; ++p)
                pixels.push_back(static_cast<std::uint8_t>(p * (i + 3) + name[0]));
            folder.write(sentence(name, "/", i, ".jpg"), jpeg_of(pixels, 20 + i, 30 - i, JCS_RGB));
        }
    const ImageFolder images = image_folder(folder.path);
    const Transform transform{.resized_crop = 12, .flip = true, .color = {.brightness = 0.2}};
    const auto all = [&](int threads, bool training) {
        std::vector<float> values;
        Loader loader(
            images, transform,
            {.batch = 7, .seed = 3, .training = training, .drop_last = false, .threads = threads});
        CHECK(loader.dims() == Dims{3, 12, 12});
        for (loader.start(2); const Batch* batch = loader.next();) {
            for (int i = 0; i < batch->size; ++i)
                CHECK(batch->labels[i] == batch->indices[i] / 12);
            values.insert(values.end(), batch->images, batch->images + batch->size * 432);
        }
        CHECK(values.size() == 36 * 432);
        return values;
    };
    CHECK(all(1, true) == all(4, true));
    CHECK(all(1, false) == all(0, false));
    CHECK(all(1, false) != all(1, true));
    CHECK(has(error_of([&] { Loader loader(images, {.flip = true}); }),
              "pictures of different sizes come out in different sizes"));
}

TEST_CASE("a folder is loaded into memory as pictures of one size") {
    const Folder folder;
    fill(folder, "");
    const Images images =
        load(image_folder(folder.path),
             {.resized_crop = 6, .normalize = {{0.5, 0.5, 0.5}, {0.1, 0.1, 0.1}}});
    check(images);
    CHECK(images.dims == Dims{3, 6, 6});
    CHECK(images.labels == std::vector<int>{0, 0, 1});
    CHECK(images.class_names[1] == "dog");
    CHECK(images.image(0)[0] == 100);
    CHECK(images.image(0)[107] == 30);
    CHECK(images.image(2)[53] == 3);
}
