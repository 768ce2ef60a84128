// SPDX-License-Identifier: Apache-2.0
// loading: does the loader keep up? Images per second of the loader alone, from memory and from
// JPEG files, and of a training step of ResNet-20 on 32x32 images. Usage: bench_step_loading
// [cifar10:FOLDER]
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <collab/collab.hpp>
#include <collab/data/image_folder.hpp>
#include <collab/data/registry.hpp>

using namespace collab;

namespace {

struct ResNet20 : zoo::ResNet<20, Shape<3, 32, 32>> {};

/// Calls `work`, which returns how many images it did, for about `seconds`; images per second.
template <class F>
double rate_of(double seconds, F&& work) {
    using clock = std::chrono::steady_clock;
    const auto since = [from = clock::now()] {
        return std::chrono::duration<double>(clock::now() - from).count();
    };
    long images = 0;
    while (since() < seconds)
        images += work();
    return double(images) / since();
}
double loading(Loader& loader, double seconds) {
    int epoch = 0;
    loader.start(epoch);
    for (int warm = 0; warm < 4; ++warm)  // what stands ready at the start does not count
        if (!loader.next())
            loader.start(++epoch);
    return rate_of(seconds, [&] {
        const Batch* batch = loader.next();
        if (!batch)
            loader.start(++epoch);
        return batch ? batch->size : 0;
    });
}
void write_jpeg(const std::filesystem::path& path, const Images& images, int index) {
    jpeg_compress_struct info{};
    jpeg_error_mgr errors;
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    unsigned char* out = nullptr;
    unsigned long size = 0;
    jpeg_mem_dest(&info, &out, &size);
    info.image_width = JDIMENSION(images.dims.width);
    info.image_height = JDIMENSION(images.dims.height);
    info.input_components = 3;
    info.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, 90, TRUE);
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < info.image_height) {
        JSAMPROW row = const_cast<JSAMPROW>(images.image(index)) +
                       info.next_scanline * std::size_t(images.dims.width) * 3;
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(out), std::streamsize(size));
    std::free(out);
}
/// Made-up photographs in ten folders, gone with the program.
struct Photographs {
    std::filesystem::path root =
        std::filesystem::temp_directory_path() /
        ("collab-bench-loading-" +
         std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()));
    explicit Photographs(Dims dims, int n) {
        const Images images = synthetic_images(dims, 10, n, 1);
        for (int i = 0; i < n; ++i) {
            const auto folder = root / images.class_names[std::size_t(i % 10)];
            std::filesystem::create_directories(folder);
            write_jpeg(folder / (std::to_string(i) + ".jpg"), images, i);
        }
    }
    ~Photographs() {
        std::error_code ignored;
        std::filesystem::remove_all(root, ignored);
    }
};

}  // namespace

int main(int argc, char** argv) {
    try {
        const Splits set = argc > 1 ? open_data(argv[1]) : synthetic({3, 32, 32}, 10, 10000, 100);
        const Transform usual{.crop_padding = 4, .flip = true, .normalize = statistics(set.train)};
        const int cores = std::max(1, int(std::thread::hardware_concurrency()));
        std::printf("images per second, %d cores\n", cores);
        {
            Loader one(set.train, usual, {});
            Loader all(set.train, usual, {.threads = 0});
            std::printf("  %-64s %9.0f\n",
                        "32x32 from memory: pad, crop, flip, normalize; one thread",
                        loading(one, 2));
            std::printf("  %-64s %9.0f\n", "... one thread per core", loading(all, 2));
            Transform more = usual;
            more.color = {.brightness = 0.4, .contrast = 0.4, .saturation = 0.4, .hue = 0.1};
            more.cutout = 8;
            Loader color(set.train, more, {});
            std::printf("  %-64s %9.0f\n", "... and colors and a cut-out; one thread",
                        loading(color, 2));
        }
        for (const auto& [dims, side] :
             {std::pair{Dims{3, 48, 64}, 32}, std::pair{Dims{3, 375, 500}, 224}}) {
            const Photographs photographs(dims, side == 32 ? 2000 : 200);
            const ImageFolder folder = image_folder(photographs.root);
            Loader loader(folder, {.resized_crop = side, .flip = true},
                          {.batch = 64, .threads = 0});
            char what[80];
            std::snprintf(what, sizeof what,
                          "JPEG files of %dx%d: decode, random part at %d, flip; all cores",
                          dims.width, dims.height, side);
            std::printf("  %-64s %9.0f\n", what, loading(loader, 4));
        }
        {
            Training<ResNet20, Cpu<float>> training({.batch = 128});
            Loader loader(set.train, usual, {});
            int epoch = 0;
            loader.start(epoch);
            const Batch* first = loader.next();
            const double alone = rate_of(6, [&] {
                return training.step(first->images, first->labels, first->size, 0.01), first->size;
            });
            std::printf("  %-64s %9.0f\n", "training ResNet-20, batch 128, always the same images",
                        alone);
            const double fed = rate_of(6, [&] {
                const Batch* batch = loader.next();
                if (!batch)
                    loader.start(++epoch);
                else
                    training.step(batch->images, batch->labels, batch->size, 0.01);
                return batch ? batch->size : 0;
            });
            std::printf("  %-64s %9.0f\n", "... fed by a loader of one thread", fed);
        }
        return 0;
    } catch (const std::exception& e) {
        std::fprintf(stderr, "loading: %s\n", e.what());
        return 1;
    }
}
