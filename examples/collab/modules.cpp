// SPDX-License-Identifier: Apache-2.0
// modules: the source files of modules. build.cpp compiles them.
#include "modules.hpp"

#include <algorithm>
#include <set>

#include <collab/core/error.hpp>

namespace program {

namespace {
using collab::sentence;

std::string task_text(const Task& t) {
    return sentence(t.classes, " classes of ", t.image.channels, "x", t.image.height, "x",
                    t.image.width);
}
std::string quoted(const std::string& path) {
    for (const char c : path)
        if (c == '"' || c == '\\' || c == '\n')
            collab::fail("the header '", path, "': its name has a sign that no #include may have");
    return "\"" + path + "\"";
}

/// Includes, and types by names: what all modules begin with.
std::string beginning(const std::vector<NetworkType>& networks,
                      const std::vector<std::string>& headers, const char* module_header) {
    std::string s;
    std::set<std::string> zoo;
    for (const NetworkType& n : networks)
        if (!n.header.empty())
            zoo.insert(n.header);
    for (const std::string& h : zoo)
        s += "#include <collab/zoo/" + h + ".hpp>\n";
    s += sentence("#include \"", module_header, "\"\n");
    for (const std::string& h : headers)
        s += "#include " + quoted(h) + "\n";
    s += "namespace {\nusing namespace collab;\nusing namespace collab::zoo;\n";
    for (std::size_t i = 0; i < networks.size(); ++i)
        s += sentence("struct Network", i, " : ", networks[i].type, " {};\n");
    return s;
}
std::string ending(const std::string& train, const std::string& network) {
    return sentence("}  // namespace\nextern \"C\" const program::Module collab_module{",
                    train.empty() ? "nullptr" : train, ", ", network.empty() ? "nullptr" : network,
                    "};\n");
}
std::string title_of(const std::vector<NetworkType>& networks) {
    std::string s;
    for (const NetworkType& n : networks)
        s += (s.empty() ? "" : " + ") + n.name;
    return s;
}
std::string backend_and_rest(const Experiment& e) {
    return sentence(", Cpu<", e.scalar, ">, ", e.optimizer, e.extras.empty() ? "" : ", ", e.extras,
                    ">");
}
}  // namespace

ModuleSource source_of(const Experiment& e) {
    const std::string all = e.all_headers ? "#include <collab/collab.hpp>\n" : "";
    std::string s = all + beginning(e.networks, e.headers, "training_module.hpp");
    if (e.networks.size() == 1 && e.items.empty()) {
        s += "using What = Network0;\n";
    } else {
        s += "using What = Collaboration<";
        for (std::size_t i = 0; i < e.networks.size(); ++i)
            s += sentence(i > 0 ? ", " : "", "Network", i);
        s += (e.items.empty() ? "" : ", ") + e.items + ">;\n";
    }
    s += ending("&program::train_as<What" + backend_and_rest(e), "");
    return {title_of(e.networks) + " for " + task_text(e.task), s};
}

ModuleSource source_of(const DeployedType& n, Purpose purpose) {
    std::string s = beginning({n.network}, n.headers, "network_module.hpp");
    s += n.bases.empty() ? std::string("using What = Network0;\n")
                         : "using What = Deployed<Collaboration<Network0, " + n.bases + ">, 0>;\n";
    const char* const word = purpose == Purpose::ask     ? "ask"
                             : purpose == Purpose::write ? "write"
                                                         : "inspect";
    s += ending("", sentence("&program::held<What, program::Purpose::", word, ">"));
    return {n.network.name + " for " + task_text(n.task), s};
}

ModuleSource wide_source_of(const Experiment& e, const std::string& match) {
    std::string s = beginning(e.networks, e.headers, "wide_module.hpp");
    s += sentence("using What = program::Widened<", e.networks[0].type, ", program::Match::", match,
                  ">;\n");
    s += ending("&program::train_widened<What" + backend_and_rest(e), "");
    return {sentence("a wider ", e.networks[0].name, " for ", task_text(e.task)), s};
}

}  // namespace program
