// SPDX-License-Identifier: Apache-2.0
// networks: see networks.hpp.
#include "networks.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include <collab/core/error.hpp>

#include "nearest.hpp"
#include "type_text.hpp"
#include "words.hpp"

namespace program {

namespace {
using collab::fail, collab::sentence;

/// A template of the zoo. `before` numbers stand before Image and Classes.
struct ZooEntry {
    const char* type;    ///< its name in C++
    const char* header;  ///< in collab/zoo
    int before = 0;
};
constexpr std::array zoo{
    ZooEntry{"SmallNet", "small_net"},
    ZooEntry{"ResNet", "resnet", 1},
    ZooEntry{"ImageNetResNet", "resnet", 1},
    ZooEntry{"WideResNet", "wide_resnet", 2},
    ZooEntry{"MobileNet", "mobilenet"},
    ZooEntry{"ImageNetMobileNet", "mobilenet"},
    ZooEntry{"MobileNetV2", "mobilenet_v2"},
    ZooEntry{"ImageNetMobileNetV2", "mobilenet_v2"},
    ZooEntry{"ShuffleNetV2", "shufflenet_v2"},
    ZooEntry{"ImageNetShuffleNetV2", "shufflenet_v2"},
    ZooEntry{"DenseNet", "densenet", 2},
    ZooEntry{"DenseNet121", "densenet"},
    ZooEntry{"VGG16", "vgg"},
    ZooEntry{"ImageNetVGG16", "vgg"},
    ZooEntry{"GoogLeNet", "googlenet"},
    ZooEntry{"ImageNetGoogLeNet", "googlenet"},
    ZooEntry{"NIN", "nin"},
    ZooEntry{"DSN", "nin"},
    ZooEntry{"MaxoutNet", "maxout_net"},
    ZooEntry{"AlexNet", "alexnet"},
    ZooEntry{"SqueezeNet", "squeezenet"},
};
const ZooEntry* zoo_entry(const std::string& type) {
    const std::string name = type.starts_with("zoo::") ? type.substr(5) : type;
    for (const ZooEntry& e : zoo)
        if (name == e.type)
            return &e;
    return nullptr;
}

/// A name as papers write it: its letters without signs, and the numbers behind them. The number
/// of MobileNetV2 belongs to its letters.
struct NameParts {
    std::string letters;
    std::vector<int> numbers;
};
NameParts name_parts(const std::string& word) {
    NameParts n;
    const auto digit = [&](std::size_t i) {
        return i < word.size() && word[i] >= '0' && word[i] <= '9';
    };
    for (std::size_t at = 0; at < word.size();) {
        const bool of_a_version =
            !n.letters.empty() && n.letters.back() == 'v' && word[at - 1] != '-';
        if (digit(at) && !of_a_version) {
            int v = 0;
            while (digit(at) && v < 100000)
                v = 10 * v + (word[at++] - '0');
            n.numbers.push_back(v);
        } else if (word[at] == '-') {
            ++at;
        } else {
            n.letters += char(std::tolower(static_cast<unsigned char>(word[at++])));
        }
    }
    return n;
}

struct Meant {
    std::string name, type;
};
/// A network whose name has no numbers, or always the same.
struct PlainName {
    const char* letters;
    int number;  ///< 0: none
    const char* name;
    const char* type;
    bool has_large_form = false;
};
constexpr std::array plain_names{
    PlainName{"smallnet", 0, "SmallNet", "SmallNet"},
    PlainName{"densenet", 121, "DenseNet-121", "DenseNet121"},
    PlainName{"vgg", 16, "VGG-16", "VGG16", true},
    PlainName{"mobilenet", 0, "MobileNet", "MobileNet", true},
    PlainName{"mobilenetv2", 0, "MobileNetV2", "MobileNetV2", true},
    PlainName{"shufflenetv2", 0, "ShuffleNetV2", "ShuffleNetV2", true},
    PlainName{"googlenet", 0, "GoogLeNet", "GoogLeNet", true},
    PlainName{"nin", 0, "NIN", "NIN"},
    PlainName{"dsn", 0, "DSN", "DSN"},
    PlainName{"maxout", 0, "Maxout", "MaxoutNet"},
    PlainName{"maxoutnet", 0, "Maxout", "MaxoutNet"},
    PlainName{"alexnet", 0, "AlexNet", "AlexNet"},
    PlainName{"squeezenet", 0, "SqueezeNet", "SqueezeNet"},
};

/// What the papers' names mean. Of pictures that are large, the zoo has other forms.
Meant meant_by(const NameParts& n, const Task& task) {
    const bool large = task.image.height >= 96;
    const std::size_t count = n.numbers.size();
    for (const PlainName& p : plain_names)
        if (n.letters == p.letters && count == (p.number > 0) &&
            (count == 0 || n.numbers[0] == p.number))
            return {p.name, sentence(large && p.has_large_form ? "ImageNet" : "", p.type,
                                     "<Image, Classes>")};
    const std::string& w = n.letters;
    const auto number = [&](std::size_t i) { return n.numbers[i]; };
    if (w == "smallnet" && count == 1)
        return {sentence("SmallNet-", number(0)),
                sentence("SmallNet<Image, Classes, ", number(0), ">")};
    if (w == "resnet" && count == 1 && (number(0) == 18 || number(0) == 34))
        return {sentence("ResNet-", number(0)),
                sentence("ImageNetResNet<", number(0), ", Image, Classes, ",
                         large ? "LargeStem" : "SmallStem", ">")};
    if (w == "resnet" && count == 1)
        return {sentence("ResNet-", number(0)),
                sentence("ResNet<", number(0), ", Image, Classes>")};
    if ((w == "wideresnet" || w == "wrn") && count == 2)
        return {sentence("WideResNet-", number(0), "-", number(1)),
                sentence("WideResNet<", number(0), ", ", number(1), ", Image, Classes>")};
    if (w == "densenet" && count == 1)
        return {sentence("DenseNet-", number(0)),
                sentence("DenseNet<", number(0), ", 12, Image, Classes>")};
    if (w == "densenet" && count == 2)
        return {sentence("DenseNet-", number(0), "-", number(1)),
                sentence("DenseNet<", number(0), ", ", number(1), ", Image, Classes>")};
    return {};
}

/// Image and Classes become the task's, as whole words.
std::string filled_in(std::string type, const Task& task) {
    const auto replace = [&](const std::string& word, const std::string& by) {
        const auto inside = [&](std::size_t i) {
            return i < type.size() &&
                   (std::isalnum(static_cast<unsigned char>(type[i])) != 0 || type[i] == '_');
        };
        for (std::size_t at = 0; (at = type.find(word, at)) != type.npos; at += by.size())
            if ((at > 0 && inside(at - 1)) || inside(at + word.size()))
                at += word.size() - by.size();
            else
                type.replace(at, word.size(), by);
    };
    replace("Image", shape_text(task.image));
    replace("Classes", std::to_string(task.classes));
    return type;
}

/// A type of the zoo with the task's arguments where the user left them out.
std::string completed(const ZooEntry& e, const TypeParts& given) {
    std::vector<std::string> arguments = given.arguments;
    if (int(arguments.size()) == e.before) {
        arguments.emplace_back("Image");
        arguments.emplace_back("Classes");
    }
    return sentence(e.type, "<", joined(arguments), ">");
}
}  // namespace

std::string shape_text(const collab::Dims& d) {
    return sentence("Shape<", d.channels, ", ", d.height, ", ", d.width, ">");
}

std::vector<std::string> network_names_known() {
    return {"SmallNet",        "SmallNet-1", "ResNet-8",    "ResNet-20",    "ResNet-32",
            "ResNet-44",       "ResNet-56",  "ResNet-110",  "ResNet-18",    "ResNet-34",
            "WideResNet-16-2", "MobileNet",  "MobileNetV2", "ShuffleNetV2", "DenseNet-40",
            "DenseNet-121",    "VGG-16",     "GoogLeNet",   "NIN",          "DSN",
            "Maxout",          "AlexNet",    "SqueezeNet"};
}

NetworkType network_named(const std::string& word, const Task& task, bool own_headers) {
    if (word.find('<') == word.npos) {
        const Meant meant = meant_by(name_parts(word), task);
        if (!meant.type.empty())
            return {meant.name, filled_in(meant.type, task),
                    zoo_entry(type_parts(meant.type).name)->header};
        if (!own_headers)
            fail("no network is called '", word, "'", did_you_mean(word, network_names_known()),
                 " There are ", joined(network_names_known()),
                 ", others of their families, and types as ResNet<20>; --include HEADER brings "
                 "your own");
    }
    check_type_text(word, "the network");
    const TypeParts parts = type_parts(word);
    if (type_list(word).size() != 1)
        fail("the network \"", word, "\": expected one type");
    if (const ZooEntry* e = zoo_entry(parts.name))
        return {word, filled_in(completed(*e, parts), task), e->header};
    if (!own_headers)
        fail("no network of the library is called '", parts.name,
             "'; --include HEADER brings your own");
    return {word, filled_in(word, task), ""};
}

}  // namespace program
