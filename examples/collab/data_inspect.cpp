// SPDX-License-Identifier: Apache-2.0
// data_inspect: what a data set holds, printed, and a contact sheet.
#include "data_inspect.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include <collab/data/contact_sheet.hpp>
#include <collab/io/format.hpp>
#include <collab/io/png_writer.hpp>

#include "numbers.hpp"
#include "open.hpp"
#include "places.hpp"

namespace program {
namespace {

void print_part(const collab::Images& images) {
    const collab::Dims d = images.dims;
    std::printf("%s: %s images of %d x %d x %d (channels, height, width), ",
                collab::one_line(images.name, 200).c_str(), collab::grouped(images.size()).c_str(),
                d.channels, d.height, d.width);
    if (images.target_size > 0)
        std::printf("%d target values each\n", images.target_size);
    else
        std::printf("%d classes\n", images.classes);
    collab::Statistics s = collab::statistics(images);
    for (double& v : s.stddev)
        if (v == 1)  // that of a channel that never changes: others have at most 0.5
            v = 0;
    const auto numbers = [](const char* what, const std::vector<double>& values) {
        std::printf("  %s", what);
        for (const double v : values)
            std::printf(" %.4f", v);
        std::printf("\n");
    };
    numbers("mean     ", s.mean);
    numbers("stddev", s.stddev);
}

void print_classes(const collab::Splits& data) {
    const auto train = collab::class_counts(data.train.labels, data.train.classes);
    const auto test = collab::class_counts(data.test.labels, data.test.classes);
    const int most = std::max(1, *std::max_element(train.begin(), train.end()));
    std::printf("%-24s %9s %9s\n", "class", "train", "test");
    for (std::size_t c = 0; c < train.size(); ++c) {
        const std::string name =
            c < data.train.class_names.size() ? data.train.class_names[c] : std::to_string(c);
        const auto bar = static_cast<std::size_t>((40LL * train[c] + most - 1) / most);
        const std::string shown = collab::one_line(name, 60);
        std::printf("%s%*s %9d %9d  %s\n", shown.c_str(), std::max(0, 24 - collab::columns(shown)),
                    "", train[c], c < test.size() ? test[c] : 0, std::string(bar, '#').c_str());
    }
}

/// The range and the mean of the first target values.
void print_targets(const collab::Images& images) {
    const auto width = static_cast<std::size_t>(images.target_size);
    std::printf("%-24s %12s %12s %12s\n", "target value", "least", "mean", "greatest");
    for (std::size_t k = 0; k < std::min<std::size_t>(width, 20); ++k) {
        float least = images.targets[k];
        float greatest = least;
        double sum = 0;
        for (std::size_t i = k; i < images.targets.size(); i += width) {
            least = std::min(least, images.targets[i]);
            greatest = std::max(greatest, images.targets[i]);
            sum += double(images.targets[i]);
        }
        std::printf("%-24zu %12.5g %12.5g %12.5g\n", k, double(least), sum / images.size(),
                    double(greatest));
    }
}

}  // namespace

CLI::App* add_data_inspect(CLI::App& app, InspectOptions& o) {
    CLI::App* data = app.add_subcommand("data", "look at data sets")->require_subcommand(1);
    CLI::App* inspect = data->add_subcommand(
        "inspect", "counts, sizes, mean and stddev, classes, and a contact sheet of a data set");
    inspect->add_option("data", o.data, program::data_words)->required();
    inspect->add_option(
        "--sheet", o.sheet,
        "write a contact sheet of training images, a row for each class, to this PNG file");
    add_whole(*inspect, "--columns", o.columns, 1, 1000, "images in each row of the sheet");
    add_whole(*inspect, "--rows", o.rows, 1, 1000, "at most so many classes on the sheet");
    add_whole(*inspect, "--side", o.side, 1, 4096,
              "of the squares that images of folder:DIR are made into");
    add_whole(*inspect, "--subset", o.subset, 0, 2000000000,
              "look at so many training images, evenly from all classes (0: all)");
    add_whole(*inspect, "--seed", o.seed, "which images are on the sheet and in the subset");
    inspect->footer("Example:\n  collab data inspect fashion:fashion-mnist --sheet sheet.png");
    return inspect;
}

void data_inspect(const InspectOptions& o) {
    check_file_place(o.sheet);
    collab::Splits data = program::open(o.data, o.side);
    if (o.subset > 0)
        data.train = collab::subset(data.train, o.subset, o.seed);
    print_part(data.train);
    print_part(data.test);
    if (data.train.target_size > 0)
        print_targets(data.train);
    else
        print_classes(data);
    if (!o.sheet.empty()) {
        const collab::Picture sheet = collab::contact_sheet(data.train, o.columns, o.rows, o.seed);
        collab::write_png(o.sheet, sheet.pixels.data(), sheet.dims);
        std::printf("The contact sheet, %d x %d: %s\n", sheet.dims.width, sheet.dims.height,
                    o.sheet.c_str());
    }
}

}  // namespace program
