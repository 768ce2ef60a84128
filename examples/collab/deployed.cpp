// SPDX-License-Identifier: Apache-2.0
// deployed: see deployed.hpp.
#include "deployed.hpp"

#include <charconv>
#include <filesystem>

#include <collab/core/error.hpp>
#include <collab/io/json.hpp>
#include <collab/io/safetensors.hpp>

#include "deployed_parts.hpp"
#include "nearest.hpp"

namespace program {

namespace {
using collab::fail;

/// Lists of words, one to a line, and lists of numbers, with commas.
std::vector<std::string> parts(const std::string& s, char separator) {
    std::vector<std::string> all;
    for (std::size_t at = 0; at < s.size();) {
        const std::size_t end = std::min(s.find(separator, at), s.size());
        all.push_back(s.substr(at, end - at));
        at = end + 1;
    }
    return all;
}
std::string joined(const std::vector<std::string>& words, const char* separator) {
    std::string s;
    for (const std::string& w : words)
        s += (s.empty() ? "" : separator) + w;
    return s;
}
std::string joined(const std::vector<double>& numbers) {
    std::vector<std::string> words;
    for (const double v : numbers)
        words.push_back(collab::json_number(v));
    return joined(words, ",");
}
template <class N>
N number(const std::string& path, const std::string& name, const std::string& word) {
    N v{};
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), v);
    if (error != std::errc{} || end != word.data() + word.size())
        fail(path, ": its '", name, "' is \"", word, "\"; expected a number");
    return v;
}
}  // namespace

std::vector<std::string> network_words() {
    return {"SmallNet", "ResNet-20", "ResNet-32", "SmallNet-1", "ResNet-8"};
}

std::unique_ptr<Deployable> network_of(const NetworkKind& kind, int batch, int threads) {
    const auto all = network_words();
    if (std::find(all.begin(), all.end(), kind.network) == all.end())
        fail("no network is called '", kind.network, "'", did_you_mean(kind.network, all),
             " There are ", joined(all, ", "));
    if (kind.knowledge != "none" && kind.knowledge != "product" && kind.knowledge != "sum")
        fail("a network with a knowledge base '", kind.knowledge,
             "'; expected none, product or sum");
    if (kind.channels != 1 && kind.channels != 3)
        fail("a network for pictures of ", kind.channels, " channels; expected 1 or 3");
    auto network = kind.channels == 1 ? gray_network(kind, batch, threads)
                                      : color_network(kind, batch, threads);
    if (!network)
        fail(kind.network, " is built for ", kind.channels == 1 ? "colored" : "gray",
             " pictures only");
    return network;
}

Words words_of(const NetworkKind& kind, const Provenance& from) {
    return {{"network", kind.network},
            {"knowledge", kind.knowledge},
            {"channels", std::to_string(kind.channels)},
            {"side", std::to_string(from.side)},
            {"mean", joined(from.normalize.mean)},
            {"deviation", joined(from.normalize.stddev)},
            {"classes", joined(from.classes, "\n")},
            {"data", from.data},
            {"method", from.method},
            {"seed", std::to_string(from.seed)}};
}

void save_network(const NetworkKind& kind, const collab::NetworkWeights<float>& weights,
                  const Provenance& from, const std::string& path) {
    const auto network = network_of(kind, 1, 1);
    network->set(weights);
    std::error_code ignored;
    if (const auto folder = std::filesystem::path(path).parent_path(); !folder.empty())
        std::filesystem::create_directories(folder, ignored);
    network->save(path, words_of(kind, from));
}

Opened open_network(const std::string& path, int batch, int threads) {
    Opened o{path, {}, {}, nullptr};
    {
        const collab::Tensors file = collab::read_tensors(path);
        const auto word = [&](const char* name) {
            if (const std::string* w = file.word(name))
                return *w;
            const std::string* format = file.word("format");
            if (format && *format != "pt")
                fail(path, ": holds a whole training (", *format,
                     "); expected one of its networks, which --save writes beside it");
            fail(path, ": does not say its '", name,
                 "'; expected a network that `collab train --save FOLDER` wrote");
        };
        o.kind = {word("network"), word("knowledge"),
                  number<int>(path, "channels", word("channels"))};
        o.from.side = number<int>(path, "side", word("side"));
        for (const auto& [name, to] :
             {std::pair{"mean", &o.from.normalize.mean}, {"deviation", &o.from.normalize.stddev}})
            for (const std::string& v : parts(word(name), ','))
                to->push_back(number<double>(path, name, v));
        o.from.classes = parts(word("classes"), '\n');
        o.from.data = word("data");
        o.from.method = word("method");
        o.from.seed = number<std::uint64_t>(path, "seed", word("seed"));
    }
    o.network = network_of(o.kind, batch, threads);
    if (o.from.side < 1 || o.from.side > o.network->input().height)
        fail(path, ": says that it looks at pictures of ", o.from.side,
             " pixels a side; expected 1 to ", o.network->input().height);
    if (!o.from.classes.empty() && o.from.classes.size() != 10)
        fail(path, ": names ", o.from.classes.size(), " classes; expected 10");
    o.network->load(path);
    return o;
}

}  // namespace program
