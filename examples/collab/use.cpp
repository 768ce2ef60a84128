// SPDX-License-Identifier: Apache-2.0
// use: see use.hpp.
#include "use.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <numeric>
#include <system_error>

#include <collab/core/config.hpp>
#include <collab/data/sampler.hpp>
#include <collab/io/format.hpp>
#include <collab/model/classification_report.hpp>
#include <collab/report/confusion.hpp>
#include <collab/report/report.hpp>

#ifdef PROGRAM_WITH_IMAGES
#include <collab/data/image_folder.hpp>
#endif

#include "deployed.hpp"
#include "open.hpp"
#include "summary.hpp"

namespace program {

namespace {
using collab::decimal, collab::fail, collab::sentence;

std::string share(double v) {
    return std::isnan(v) ? "-" : decimal(100 * v, 2);
}

collab::Table accuracies(const std::vector<Opened>& networks,
                         const std::vector<collab::ClassificationReport>& scores) {
    collab::Table t;
    t.caption = "Accuracy on the test images, in per cent";
    t.columns = {{"network"},
                 {"top-1", true, true},
                 {"top-5", true},
                 {"cross entropy", true},
                 {"parameters", true}};
    for (std::size_t i = 0; i < networks.size(); ++i)
        t.rows.push_back({networks[i].title(), share(scores[i].top(1)), share(scores[i].top(5)),
                          decimal(scores[i].loss, 4),
                          collab::grouped(double(networks[i].network->parameters()))});
    return t;
}
collab::Table by_class(const std::vector<Opened>& networks,
                       const std::vector<collab::ClassificationReport>& scores) {
    collab::Table t;
    t.caption = "Accuracy of each class, in per cent";
    t.columns = {{"class"}, {"images", true}};
    for (const Opened& o : networks)
        t.columns.push_back({o.title(), true});
    for (int c = 0; c < scores.front().classes; ++c) {
        t.rows.push_back(
            {networks.front().class_name(c), collab::grouped(double(scores.front().count(c)))});
        for (const collab::ClassificationReport& s : scores)
            t.rows.back().push_back(share(s.accuracy(c)));
    }
    return t;
}
}  // namespace

CLI::App* add_eval(CLI::App& app, EvalOptions& o) {
    CLI::App* eval = app.add_subcommand(
        "eval", "Evaluates trained networks on test images: top-1, top-5, and each class.");
    eval->add_option("networks", o.files,
                     "files that --save wrote, such as trained/seed-1/cl-SmallNet.safetensors")
        ->required();
    eval->add_option("--data", o.data, data_words)->required();
    eval->add_option("--test-subset", o.test_subset, "evaluate on so many test images (0: all)")
        ->capture_default_str()
        ->check(CLI::NonNegativeNumber);
    eval->add_option("--batch", o.batch, "images at once")
        ->capture_default_str()
        ->check(CLI::Range(1, 65536));
    eval->add_option("--threads", o.threads, "0: one per core")
        ->capture_default_str()
        ->check(CLI::Range(0, 4096));
    eval->add_option("--report", o.report,
                     "write a page with the confusion matrices to this HTML file");
    eval->footer("Example: both networks of a collaboration, side by side, with a page that shows "
                 "what they take for what\n"
                 "  collab eval trained/seed-1/cl-*.safetensors --data fashion:fashion-mnist "
                 "--report eval.html");
    return eval;
}

void eval(const EvalOptions& o, const std::string& command) {
    std::vector<Opened> networks;
    for (const std::string& file : o.files)
        networks.push_back(open_network(file, o.batch, o.threads));
    collab::Images test = open(o.data, networks.front().from.side).test;
    if (o.test_subset > 0)
        test = collab::subset(test, o.test_subset, 1);
    std::vector<collab::ClassificationReport> scores;
    for (Opened& n : networks) {
        if (n.kind.channels != test.dims.channels || n.from.side != test.dims.height ||
            test.dims.height != test.dims.width)
            fail(n.path, ": looks at pictures of ", n.kind.channels, " x ", n.from.side, " x ",
                 n.from.side, " (channels, height, width); those of ", test.name, " are ",
                 test.dims.channels, " x ", test.dims.height, " x ", test.dims.width);
        if (test.classes != 10)
            fail(n.path, ": tells 10 classes apart; ", test.name, " has ", test.classes);
        scores.push_back(collab::classification_report(n.network->logits(test, n.transform()),
                                                       test.labels, test.classes));
    }
    std::printf("%s: %s images\n\n%s\n%s", test.name.c_str(), collab::grouped(test.size()).c_str(),
                as_text(accuracies(networks, scores)).c_str(),
                as_text(by_class(networks, scores)).c_str());
    if (o.report.empty())
        return;
    collab::Report report;
    report.title = networks.size() > 1 ? "Networks evaluated" : networks.front().title();
    report.subtitle = sentence("On ", collab::grouped(test.size()), " images of ", test.name, ".");
    report.tables = {accuracies(networks, scores), by_class(networks, scores)};
    for (std::size_t i = 0; i < networks.size(); ++i)
        report.confusions.push_back(
            collab::confusion(scores[i], test.class_names, networks[i].title()));
    report.manifest = {{"command", command},
                       {"collab", COLLAB_VERSION},
                       {"backend", networks.front().network->backend()}};
    for (const Opened& n : networks)
        report.manifest.push_back(
            {n.path,
             sentence(n.kind.network, ", knowledge base: ", n.kind.knowledge, ", trained on ",
                      n.from.data, " by ", n.from.method, ", seed ", n.from.seed)});
    collab::write(report, o.report);
    std::printf("\nThe confusion matrices: %s\n", o.report.c_str());
}

CLI::App* add_predict(CLI::App& app, PredictOptions& o) {
    CLI::App* predict = app.add_subcommand("predict", "Asks a trained network what pictures show.");
    predict
        ->add_option("network", o.file,
                     "a file that --save wrote, such as trained/seed-1/cl-SmallNet.safetensors")
        ->required();
    predict
        ->add_option("pictures", o.pictures,
                     "JPEG or PNG files; their central squares are scaled to the size that the "
                     "network was trained with")
        ->required();
    predict->add_option("--top", o.top, "so many classes, the likeliest first")
        ->capture_default_str()
        ->check(CLI::Range(1, 10));
    predict->add_flag("--invert", o.invert,
                      "black for white: MNIST and Fashion-MNIST are white on black, photographs "
                      "often the other way");
    predict->footer(
        "Example:\n  collab predict trained/seed-1/cl-SmallNet.safetensors shoe.png coat.jpg");
    return predict;
}

void predict([[maybe_unused]] const PredictOptions& o) {
#ifdef PROGRAM_WITH_IMAGES
    Opened n = open_network(o.file, 1, 1);
    const int channels = n.kind.channels;
    const auto cut =
        collab::Augmenter::of_any_size({.resize = n.from.side, .crop = n.from.side}, channels);
    std::size_t width = 0;
    for (const std::string& path : o.pictures)
        width = std::max(width, path.size());
    for (const std::string& path : o.pictures) {
        const collab::Picture picture = collab::read_picture(path, channels);
        collab::Images images{{channels, n.from.side, n.from.side}, 10, {}, {0}, path, {}};
        std::vector<float> values(std::size_t(images.dims.size()));
        cut.apply(picture.pixels.data(), picture.dims, path, {}, false, values.data());
        for (const float v : values)
            images.pixels.push_back(std::uint8_t(255 * (o.invert ? 1 - v : v) + 0.5f));
        const std::vector<float> z = n.network->logits(images, n.transform());
        std::vector<int> order(z.size());
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(),
                         [&](int a, int b) { return z[std::size_t(a)] > z[std::size_t(b)]; });
        double sum = 0;
        for (const float v : z)
            sum += std::exp(double(v - z[std::size_t(order[0])]));
        std::printf("%-*s ", int(width), path.c_str());
        for (int k = 0; k < std::min(o.top, int(z.size())); ++k) {
            const int c = order[std::size_t(k)];
            std::printf("%s %s %.1f %%", k ? "," : "", n.class_name(c).c_str(),
                        100 * std::exp(double(z[std::size_t(c)] - z[std::size_t(order[0])])) / sum);
        }
        std::printf("\n");
    }
#else
    fail("this program was built without libjpeg and libpng, so it reads no pictures");
#endif
}

CLI::App* add_export(CLI::App& app, ExportOptions& o) {
    CLI::App* out = app.add_subcommand(
        "export", "Writes a trained network for other programs: ONNX, NumPy, safetensors.");
    out->add_option("network", o.file,
                    "a file that --save wrote, such as trained/seed-1/cl-SmallNet.safetensors")
        ->required();
    out->add_option(
           "to", o.to,
           "NAME.onnx for OpenCV and others, NAME.npz for numpy.load, NAME.safetensors for PyTorch")
        ->required();
    out->add_option("--batch", o.batch, "ONNX: images at once (0: any number)")
        ->capture_default_str()
        ->check(CLI::NonNegativeNumber);
    out->footer("Example:\n  collab export trained/seed-1/cl-SmallNet.safetensors small.onnx");
    return out;
}

void export_network(const ExportOptions& o) {
    const std::string end = o.to.substr(std::min(o.to.rfind('.'), o.to.size()));
    if (end != ".onnx" && end != ".npz" && end != ".safetensors")
        fail("'", o.to, "': expected a name that ends in .onnx, .npz or .safetensors");
    std::error_code unknown;
    if (std::filesystem::equivalent(o.file, o.to, unknown))
        fail(o.to, ": is the network itself; expected the name of another file");
    const Opened n = open_network(o.file, 1, 1);
    const Words words = words_of(n.kind, n.from);
    if (end == ".onnx")
        n.network->save_onnx(o.to, o.batch, words);
    else if (end == ".npz")
        n.network->save_arrays(o.to);
    else
        n.network->save(o.to, words);
    const collab::Dims in = n.network->input();
    const auto list = [](const std::vector<double>& v) {
        std::string s;
        for (const double x : v)
            s += (s.empty() ? "" : ", ") + decimal(x, 6);
        return s;
    };
    std::printf("%s: %s, %s parameters\n", o.to.c_str(), n.title().c_str(),
                collab::grouped(double(n.network->parameters())).c_str());
    std::printf("  input    %d x %d x %d (channels, height, width): pictures of %d x %d, values 0 "
                "to 1%s, then minus mean %s, by stddev %s\n",
                in.channels, in.height, in.width, n.from.side, n.from.side,
                in.height > n.from.side ? sentence(", ", (in.height - n.from.side) / 2,
                                                   " black pixels added on each side")
                                              .c_str()
                                        : "",
                list(n.from.normalize.mean).c_str(), list(n.from.normalize.stddev).c_str());
    std::printf("  output   10 logits:");
    for (int c = 0; c < 10; ++c)
        std::printf("%s %s", c ? "," : "", n.class_name(c).c_str());
    std::printf("\n");
}

}  // namespace program
