// SPDX-License-Identifier: Apache-2.0
// inspect: see inspect.hpp.
#include "inspect.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <vector>

#include <collab/io/format.hpp>
#include <collab/io/safetensors.hpp>

#include "modules.hpp"
#include "numbers.hpp"
#include "places.hpp"
#include "words.hpp"

namespace program {

namespace {
/// Mean and stddev of a tensor's values, looked at in pieces: the file may be large.
template <class T>
std::string spread_of(const collab::Tensors& file, const collab::Tensors::Tensor& t) {
    const double n = double(t.bytes / sizeof(T));
    double mean = 0;
    double square = 0;
    file.each_piece<T>(t.name, [&](const std::vector<T>& piece) {
        for (const T x : piece)
            mean += double(x) / n;
    });
    file.each_piece<T>(t.name, [&](const std::vector<T>& piece) {
        for (const T x : piece)
            square += (double(x) - mean) * (double(x) - mean) / n;
    });
    return collab::sentence("mean ", collab::decimal(mean, 4), ", stddev ",
                            collab::decimal(std::sqrt(square), 4),
                            std::isfinite(mean) ? "" : "  <- not finite");
}
/// The same, where there are numbers to have them.
std::string spread(const collab::Tensors& file, const collab::Tensors::Tensor& t) {
    if (t.bytes == 0)
        return "";
    return t.type == "F32"   ? spread_of<float>(file, t)
           : t.type == "F64" ? spread_of<double>(file, t)
                             : "";
}
}  // namespace

CLI::App* add_inspect(CLI::App& app, FileOptions& o) {
    CLI::App* inspect =
        app.add_subcommand("inspect", "Tells what a checkpoint or another file of safetensors "
                                      "holds, or what a network is made of.");
    inspect
        ->add_option("what", o.file,
                     "a checkpoint (step-000000500.safetensors), weights, or a network: " +
                         joined(network_names_known()))
        ->required();
    inspect->add_flag("--all", o.all, "list momenta and the like, too");
    inspect->add_flag("--plan", o.plan, "of a network: which layers run together, and how");
    inspect
        ->add_option("--knowledge", o.knowledge,
                     "of a network: with its half of a knowledge base: none, product or sum")
        ->check(CLI::IsMember({"none", "product", "sum"}));
    add_whole(*inspect, "--channels", o.channels, 1, 4096, "of a network: of its pictures")
        ->default_str("3");
    add_whole(*inspect, "--size", o.size, 1, 4096, "of a network: side of its pictures")
        ->default_str("32");
    add_whole(*inspect, "--classes", o.classes, 1, 10000000,
              "of a network: how many it tells apart")
        ->default_str("10");
    inspect->add_option("--include", o.headers, "a header with a network of your own")
        ->check(CLI::ExistingFile);
    inspect->footer(
        "Examples: memory and arithmetic of a network; the course of a training so far\n"
        "  collab inspect ResNet-20\n"
        "  collab inspect --plan ResNet-20\n"
        "  collab inspect run/seed-1/cl/step-000000500.safetensors");
    return inspect;
}

namespace {
void inspect_network(const FileOptions& o) {
    DeployedType type;
    type.task.image = {o.channels > 0 ? o.channels : 3, o.size > 0 ? o.size : 32,
                       o.size > 0 ? o.size : 32};
    type.task.classes = o.classes > 0 ? o.classes : 10;
    for (const std::string& h : o.headers)
        type.headers.push_back(absolute_path(h));
    type.network = network_named(o.file, type.task, !o.headers.empty());
    if (!o.knowledge.empty() && o.knowledge != "none") {
        KnowledgeBase base;
        base.merge = o.knowledge;
        type.bases = mkb_text(base);
    }
    const auto network = module_of(source_of(type, Purpose::inspect), false)->network(1, 1);
    std::fputs((o.plan ? network->plan() : network->table()).c_str(), stdout);
}
}  // namespace

void inspect(const FileOptions& o) {
    if (!std::filesystem::exists(o.file)) {
        inspect_network(o);
        return;
    }
    for (const auto& [given, option] : {std::pair{o.plan, "--plan"},
                                        {o.channels > 0, "--channels"},
                                        {o.size > 0, "--size"},
                                        {o.classes > 0, "--classes"},
                                        {!o.knowledge.empty(), "--knowledge"}})
        if (given)
            collab::fail(option, " is for a network; ", o.file, " is a file; expected one of ",
                         joined(network_names_known()));
    const collab::Tensors file = collab::read_tensors(o.file);
    std::printf("%s: %s tensors, %s bytes, %s\n", o.file.c_str(),
                collab::grouped(double(file.tensors().size())).c_str(),
                collab::grouped(double(file.bytes().size())).c_str(),
                file.checked ? "checksum right" : "without a checksum");
    for (const auto& [name, word] : file.words)
        std::printf("  %-20s %s\n", collab::one_line(name, 60).c_str(),
                    collab::one_line(word, 400).c_str());
    std::map<std::string, double> sums;
    std::size_t width = 0;
    std::size_t hidden = 0;
    for (const auto& t : file.tensors())
        if (o.all || !t.name.starts_with("."))
            width = std::max(width, t.name.size());
    std::printf("\n");
    for (const auto& t : file.tensors()) {
        if (!o.all && t.name.starts_with(".")) {
            ++hidden;
            continue;
        }
        double n = 1;
        for (const std::int64_t e : t.extents)
            n *= double(e);
        if (!t.name.starts_with("."))
            sums[t.name.substr(0, t.name.find('.'))] += n;
        std::printf("  %-*s  %s  %-18s %s\n", int(std::min<std::size_t>(width, 60)),
                    collab::one_line(t.name, 60).c_str(), t.type.c_str(),
                    collab::detail::extents_text(t.extents).c_str(), spread(file, t).c_str());
    }
    std::printf("\n");
    for (const auto& [part, n] : sums)
        std::printf("  %-20s %s values\n", collab::one_line(part, 60).c_str(),
                    collab::grouped(n).c_str());
    if (hidden > 0)
        std::printf("  %zu more tensors (momenta, the course of the training): --all lists them\n",
                    hidden);
}

}  // namespace program
