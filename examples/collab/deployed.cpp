// SPDX-License-Identifier: Apache-2.0
// deployed: see deployed.hpp.
#include "deployed.hpp"

#include <charconv>

#include <collab/core/error.hpp>
#include <collab/io/json.hpp>
#include <collab/io/safetensors.hpp>

#include "open.hpp"
#include "type_text.hpp"
#include "words.hpp"

namespace program {

namespace {
using collab::fail, collab::sentence;

std::string listed(const std::vector<double>& numbers) {
    std::vector<std::string> words;
    for (const double v : numbers)
        words.push_back(collab::json_number(v));
    return joined(words, ",");
}
template <class N>
N number(const std::string& path, const std::string& name, const std::string& word, N low, N high) {
    N v{};
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), v);
    if (error != std::errc{} || end != word.data() + word.size())
        fail(path, ": its '", name, "' is \"", word, "\"; expected a number");
    if (v < low || v > high)
        fail(path, ": its '", name, "' is ", word, "; expected ", low, " to ", high);
    return v;
}
/// The words of a file, by name.
class FileWords {
public:
    explicit FileWords(const std::string& path) : path_(path), file_(collab::read_tensors(path)) {}
    std::string operator()(const char* name) const {
        if (const std::string* w = file_.word(name))
            return *w;
        const std::string* format = file_.word("format");
        if (format && *format != "pt")
            fail(path_, ": holds a whole training (", *format,
                 "); expected one of its networks, which --save writes beside it");
        fail(path_, ": does not say its '", name,
             "'; expected a network that `collab train --save FOLDER` wrote");
    }
    int whole(const char* name, int low, int high) const {
        return number<int>(path_, name, (*this)(name), low, high);
    }

private:
    std::string path_;
    collab::Tensors file_;
};
/// Types come from a file as text, and text from a file must not be more than that.
std::string type_word(const std::string& path, const char* name, const std::string& text) {
    if (!text.empty())
        check_type_text(text, sentence(path, ": its '", name, "'"));
    return text;
}
}  // namespace

Words words_of(const DeployedType& type, const Provenance& from) {
    return {{"network", type.network.name},
            {"type", type.network.type},
            {"header", type.network.header},
            {"knowledge", type.bases.empty() ? "none" : type.bases},
            {"channels", std::to_string(type.task.image.channels)},
            {"size", std::to_string(type.task.image.height)},
            {"outputs", std::to_string(type.task.classes)},
            {"side", std::to_string(from.height)},
            {"width", std::to_string(from.width)},
            {"mean", listed(from.transform.normalize.mean)},
            {"deviation", listed(from.transform.normalize.stddev)},
            {"classes", joined(from.classes, "\n")},
            {"data", from.data},
            {"method", from.method},
            {"seed", std::to_string(from.seed)}};
}

Opened open_network(const std::string& path, Purpose purpose, int batch, int threads,
                    const std::vector<std::string>& headers) {
    Opened o{path, {}, {}, nullptr};
    {
        const FileWords word(path);
        const std::string network = word("network");
        const std::string knowledge = word("knowledge");
        const std::string header = word("header");
        const int side = word.whole("size", 1, 100000);
        o.type.task = {{word.whole("channels", 1, 100000), side, side},
                       word.whole("outputs", 1, 10000000)};
        o.type.network = {network, type_word(path, "type", word("type")), header};
        for (const char c : header)
            if ((c < 'a' || c > 'z') && c != '_' && (c < '0' || c > '9'))
                fail(path, ": its 'header' is \"", header, "\"; expected one of the library");
        if (header.empty() && headers.empty())
            fail(path, ": is a network of type ", o.type.network.type,
                 ", which is not of the library; name the header that has it with --include");
        o.type.bases = knowledge == "none" ? "" : type_word(path, "knowledge", knowledge);
        o.type.headers = headers;
        o.from.height = word.whole("side", 1, 100000);
        o.from.width = word.whole("width", 1, 100000);
        collab::Statistics& normalize = o.from.transform.normalize;
        for (const auto& [name, to] :
             {std::pair{"mean", &normalize.mean}, {"deviation", &normalize.stddev}})
            for (const std::string& v : parts(word(name), ','))
                to->push_back(number<double>(path, name, v, -1e9, 1e9));
        o.from.classes = parts(word("classes"), '\n');
        o.from.data = word("data");
        o.from.method = word("method");
        o.from.seed = number<std::uint64_t>(path, "seed", word("seed"), 0, ~std::uint64_t(0));
    }
    if (!o.from.classes.empty() && int(o.from.classes.size()) != o.type.task.classes)
        fail(path, ": names ", o.from.classes.size(), " classes; expected ", o.type.task.classes);
    o.network = module_of(source_of(o.type, purpose), false)->network(batch, threads);
    const collab::Statistics normalize = o.from.transform.normalize;
    o.from.transform = made_square({o.type.task.image.channels, o.from.height, o.from.width},
                                   o.network->input().height);
    o.from.transform.normalize = normalize;
    o.network->load(path);
    return o;
}

}  // namespace program
