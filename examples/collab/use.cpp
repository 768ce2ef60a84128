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

#include "console.hpp"
#include "deployed.hpp"
#include "messages.hpp"
#include "numbers.hpp"
#include "open.hpp"
#include "places.hpp"
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

void add_include(CLI::App& app, std::vector<std::string>& headers) {
    app.add_option("--include", headers, "of a network of your own: the header that has it")
        ->check(CLI::ExistingFile);
}
std::vector<std::string> absolute_paths(const std::vector<std::string>& paths) {
    std::vector<std::string> all;
    for (const std::string& p : paths)
        all.push_back(absolute_path(p));
    return all;
}
/// Figures of a network on images that it was not made for mean nothing, so that is said.
void check_images(const Opened& n, const collab::Images& test) {
    const collab::Dims wanted{n.type.task.image.channels, n.from.height, n.from.width};
    if (wanted != test.dims)
        fail(n.path, ": looks at pictures of ", wanted.channels, " x ", wanted.height, " x ",
             wanted.width, " (channels, height, width); those of ", test.name, " are ",
             test.dims.channels, " x ", test.dims.height, " x ", test.dims.width);
    if (test.classes != n.network->outputs())
        fail(n.path, ": tells ", n.network->outputs(), " classes apart; ", test.name, " has ",
             test.classes);
    if (!n.from.classes.empty() && !test.class_names.empty() && n.from.classes != test.class_names)
        say(sentence(n.path, " was trained on classes of other names than those of ", test.name,
                     ": class 0 is \"", n.from.classes[0], "\" there and \"", test.class_names[0],
                     "\" here"));
}
}  // namespace

CLI::App* add_eval(CLI::App& app, EvalOptions& o) {
    CLI::App* eval = app.add_subcommand(
        "eval", "Evaluates trained networks on test images: top-1, top-5, and each class.");
    eval->add_option("networks", o.files,
                     "files that --save wrote, such as trained/seed-1/cl-SmallNet.safetensors")
        ->required();
    eval->add_option("--data", o.data, data_words)->required();
    add_include(*eval, o.headers);
    add_whole(*eval, "--test-subset", o.test_subset, 0, 2000000000,
              "evaluate on so many test images (0: all)");
    add_whole(*eval, "--batch", o.batch, 1, 65536, "images at once");
    add_whole(*eval, "--threads", o.threads, 0, 4096, "0: one per core");
    eval->add_option("--report", o.report,
                     "write a page with the confusion matrices to this HTML file");
    eval->footer("Example: both networks of a collaboration, side by side, with a page that shows "
                 "what they take for what\n"
                 "  collab eval trained/seed-1/cl-*.safetensors --data fashion:fashion-mnist "
                 "--report eval.html");
    return eval;
}

void eval(const EvalOptions& o, const std::string& command) {
    check_file_place(o.report);
    std::vector<Opened> networks;
    for (const std::string& file : o.files) {
        networks.push_back(
            open_network(file, Purpose::ask, o.batch, o.threads, absolute_paths(o.headers)));
        end_if_interrupted();
    }
    // Three files of one network are three lines that must be told apart.
    for (std::size_t i = 0; i < networks.size(); ++i)
        for (std::size_t k = 0; k < networks.size(); ++k)
            if (i != k && networks[i].plain_title() == networks[k].plain_title())
                networks[i].ambiguous = true;
    collab::Images test = open_test(o.data, networks.front().from.height);
    if (o.test_subset > 0)
        test = collab::subset(test, o.test_subset, 1);
    std::vector<collab::ClassificationReport> scores;
    for (Opened& n : networks) {
        check_images(n, test);
        std::vector<float> logits;
        for (int first = 0; first < test.size(); first += 1000) {
            end_if_interrupted();
            std::vector<int> some(std::size_t(std::min(1000, test.size() - first)));
            std::iota(some.begin(), some.end(), first);
            const auto z = n.network->logits(collab::pick(test, some), n.from.transform);
            logits.insert(logits.end(), z.begin(), z.end());
        }
        scores.push_back(collab::classification_report(logits, test.labels, test.classes));
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
             sentence(n.type.network.name, ", ",
                      n.type.bases.empty() ? "no knowledge base" : n.type.bases, ", trained on ",
                      n.from.data, " by ", n.from.method, ", seed ", n.from.seed)});
    write_page(report, o.report);
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
    add_include(*predict, o.headers);
    add_whole(*predict, "--top", o.top, 1, 1000000, "so many classes, the likeliest first");
    predict->add_flag("--invert", o.invert,
                      "black for white: MNIST and Fashion-MNIST are white on black, photographs "
                      "often the other way");
    predict->footer(
        "Example:\n  collab predict trained/seed-1/cl-SmallNet.safetensors shoe.png coat.jpg");
    return predict;
}

#ifdef PROGRAM_WITH_IMAGES
namespace {
/// Columns of a terminal that a name takes.
int columns_of(const std::string& name) {
    return collab::columns(collab::one_line(name, 1000));
}
/// "coat 81.2 %, shirt 17.0 %"
std::string answer_text(const Opened& n, const std::vector<float>& z, int top) {
    std::vector<int> order(z.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](int a, int b) { return z[std::size_t(a)] > z[std::size_t(b)]; });
    double sum = 0;
    for (const float v : z)
        sum += std::exp(double(v - z[std::size_t(order[0])]));
    std::string s;
    for (int k = 0; k < std::min(top, int(z.size())); ++k) {
        const int c = order[std::size_t(k)];
        const double p = std::exp(double(z[std::size_t(c)] - z[std::size_t(order[0])])) / sum;
        s += sentence(k > 0 ? ", " : "", collab::one_line(n.class_name(c), 60), " ",
                      decimal(100 * p, 1), " %");
    }
    return s;
}
/// A picture as the network's training images were before they were prepared.
collab::Images as_images(const Opened& n, const collab::Augmenter& cut, const std::string& path,
                         bool invert) {
    const int channels = n.type.task.image.channels;
    const collab::Picture picture = collab::read_picture(path, channels);
    collab::Images images{
        {channels, n.from.height, n.from.height}, n.network->outputs(), {}, {0}, path, {}};
    std::vector<float> values(std::size_t(images.dims.size()));
    cut.apply(picture.pixels.data(), picture.dims, path, {}, false, values.data());
    for (const float v : values)
        images.pixels.push_back(std::uint8_t(255 * (invert ? 1 - v : v) + 0.5f));
    return images;
}
}  // namespace
#endif

int predict([[maybe_unused]] const PredictOptions& o) {
#ifdef PROGRAM_WITH_IMAGES
    Opened n = open_network(o.file, Purpose::ask, 1, 1, absolute_paths(o.headers));
    const auto cut = collab::Augmenter::of_any_size(
        {.resize = n.from.height, .crop = n.from.height}, n.type.task.image.channels);
    int width = 0;
    for (const std::string& path : o.pictures)
        width = std::max(width, columns_of(path));
    int failed = 0;
    for (const std::string& path : o.pictures) {
        end_if_interrupted();
        try {
            const std::vector<float> z =
                n.network->logits(as_images(n, cut, path, o.invert), n.from.transform);
            std::printf("%s%*s  %s\n", collab::one_line(path, 1000).c_str(),
                        width - columns_of(path), "", answer_text(n, z, o.top).c_str());
        } catch (const collab::Error& e) {
            say(e.what());
            ++failed;
        }
    }
    return failed;
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
    add_whole(*out, "--batch", o.batch, 0, 1000000, "ONNX: images at once (0: any number)");
    add_include(*out, o.headers);
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
    if (o.batch > 0 && end != ".onnx")
        fail("--batch ", o.batch, " is for .onnx; ", o.to, " takes any number of images");
    check_file_place(o.to);
    const Opened n = open_network(o.file, Purpose::write, 1, 1, absolute_paths(o.headers));
    const Words words = words_of(n.type, n.from);
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
    const collab::Transform& t = n.from.transform;
    std::printf(
        "  input    %d x %d x %d (channels, height, width): pictures of %d x %d%s, values 0 "
        "to 1%s, then minus mean %s, by stddev %s\n",
        in.channels, in.height, in.width, n.from.height, n.from.width,
        t.resize > 0 ? sentence(" scaled and cut to ", t.resize, " x ", t.resize).c_str() : "",
        t.pad > 0 ? sentence(", ", t.pad, " black pixels added on each side").c_str() : "",
        list(t.normalize.mean).c_str(), list(t.normalize.stddev).c_str());
    std::printf("  output   %d logits:", n.network->outputs());
    for (int c = 0; c < std::min(n.network->outputs(), 20); ++c)
        std::printf("%s %s", c ? "," : "", collab::one_line(n.class_name(c), 60).c_str());
    std::printf("%s\n", n.network->outputs() > 20 ? ", ..." : "");
}

}  // namespace program
