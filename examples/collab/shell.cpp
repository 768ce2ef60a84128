// SPDX-License-Identifier: Apache-2.0
// shell: see shell.hpp.
#include "shell.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include <collab/core/error.hpp>

#include "nearest.hpp"

namespace program {

namespace {
struct Words {
    std::string path;  ///< "collab data inspect"
    std::vector<std::string> options, commands;
};
void gather(const CLI::App& app, const std::string& path, std::vector<Words>& all) {
    Words w{path, {}, {}};
    for (const CLI::Option* o : app.get_options())
        for (const std::string& name : o->get_lnames())
            w.options.push_back("--" + name);
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
        w.commands.push_back(sub->get_name());
    const std::vector<std::string> commands = w.commands;
    all.push_back(std::move(w));
    for (const std::string& name : commands)
        gather(*app.get_subcommand(name), path + " " + name, all);
}
std::vector<Words> words_of(const CLI::App& app) {
    std::vector<Words> all;
    gather(app, "collab", all);
    return all;
}
std::string joined(const std::vector<std::string>& a, const std::vector<std::string>& b = {}) {
    std::string s;
    for (const auto* list : {&a, &b})
        for (const std::string& w : *list)
            s += (s.empty() ? "" : " ") + w;
    return s;
}
}  // namespace

CLI::App* add_shell(CLI::App& app, std::string& shell) {
    app.set_config(
           "--options", "",
           "read options from this TOML file, those of a subcommand from its section: [train]")
        ->type_name("FILE");
    app.allow_config_extras(CLI::config_extras_mode::error);
    CLI::App* c =
        app.add_subcommand("completion", "Prints a script that completes options in your shell.");
    c->add_option("shell", shell, "bash, zsh or fish: source <(collab completion bash)")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    c->footer("Example: now, and in every shell to come\n"
              "  source <(collab completion bash)\n"
              "  echo 'source <(collab completion bash)' >> ~/.bashrc");
    return c;
}

std::string completion(const CLI::App& app, const std::string& shell) {
    const auto all = words_of(app);
    std::string s;
    if (shell == "fish") {
        for (const Words& w : all) {
            // Of the words behind "collab", all must have been seen, and none that would lead
            // further.
            std::string seen = w.path.substr(6);
            std::string condition;
            for (std::size_t at = 1; at < seen.size();) {
                const std::size_t end = std::min(seen.find(' ', at), seen.size());
                condition += (condition.empty() ? "" : "; and ") +
                             std::string("__fish_seen_subcommand_from ") +
                             seen.substr(at, end - at);
                at = end + 1;
            }
            if (!w.commands.empty())
                condition += (condition.empty() ? "" : "; and ") +
                             std::string("not __fish_seen_subcommand_from ") + joined(w.commands);
            const std::string when = condition.empty() ? "" : " -n '" + condition + "'";
            for (const std::string& c : w.commands)
                s += "complete -c collab" + when + " -f -a " + c + "\n";
            for (const std::string& o : w.options)
                s += "complete -c collab" + when + " -l " + o.substr(2) + "\n";
        }
        return s;
    }
    if (shell == "zsh")
        s += "autoload -U +X bashcompinit && bashcompinit\n";
    s += "_collab() {\n    local words=\"collab\" word i\n"
         "    for ((i = 1; i < COMP_CWORD; i++)); do word=${COMP_WORDS[i]}; [[ $word == -* ]] || "
         "case \"$words $word\" in\n";
    for (std::size_t k = 1; k < all.size(); ++k)
        s += "        \"" + all[k].path + "\") words+=\" $word\" ;;\n";
    s += "    esac; done\n    case $words in\n";
    for (const Words& w : all)
        s += "        \"" + w.path + "\") words=\"" + joined(w.commands, w.options) + "\" ;;\n";
    // Nothing fits: a value is being written, perhaps the name of a file.
    return s + "    esac\n    COMPREPLY=($(compgen -W \"$words\" -- "
               "\"${COMP_WORDS[COMP_CWORD]}\"))\n}\ncomplete -o default -F _collab collab\n";
}

namespace {
/// Options and commands behind a path such as "collab train".
std::vector<std::string> known_behind(const CLI::App& app, const std::string& path) {
    std::vector<std::string> known;
    for (const Words& w : words_of(app))
        if (w.path == path) {
            known = w.options;
            known.insert(known.end(), w.commands.begin(), w.commands.end());
        }
    return known;
}

/// Which words were not understood, CLI11 says in a sentence only; `remaining` has them apart.
void say_extra_words(const CLI::App& app) {
    const CLI::App* at = &app;
    std::string path = "collab";
    for (bool deeper = true; deeper;) {
        deeper = false;
        for (const CLI::App* sub : at->get_subcommands()) {
            at = sub;
            path += " " + sub->get_name();
            deeper = true;
        }
    }
    const auto left = app.remaining(true);
    std::string wrong = left.empty() ? "" : left.front();
    for (const std::string& word : left)
        if (word.starts_with("-")) {
            wrong = word;
            break;
        }
    wrong = wrong.substr(0, wrong.find('='));
    std::fprintf(stderr, "collab: %s has no %s '%s'%s %s --help lists what there is.\n",
                 path.c_str(), wrong.starts_with("-") ? "option" : "word", wrong.c_str(),
                 did_you_mean(wrong, known_behind(app, path)).c_str(), path.c_str());
}

/// `sentence`: "... train.epohcs": the option with its section, at the end.
void say_unknown_setting(const CLI::App& app, const std::string& sentence) {
    const std::string item = sentence.substr(sentence.rfind(' ') + 1);
    const std::size_t dot = item.rfind('.');
    std::string path = "collab " + (dot == item.npos ? "" : item.substr(0, dot));
    const std::string wrong = item.substr(dot == item.npos ? 0 : dot + 1);
    if (dot == item.npos)
        path.pop_back();
    std::replace(path.begin(), path.end(), '.', ' ');
    std::vector<std::string> known;
    for (const Words& w : words_of(app))
        if (w.path == path)
            known = w.options;
    std::fprintf(stderr,
                 "collab: in the file of options, %s has no '%s'%s %s --help lists what there "
                 "is.\n",
                 path.c_str(), wrong.c_str(), did_you_mean("--" + wrong, known).c_str(),
                 path.c_str());
}
}  // namespace

bool parse(CLI::App& app, int argc, char** argv, int& status) {
    try {
        app.parse(argc, argv);
        return true;
    } catch (const CLI::ExtrasError& e) {
        say_extra_words(app);
        status = e.get_exit_code();
    } catch (const CLI::ConfigError& e) {
        say_unknown_setting(app, e.what());
        status = e.get_exit_code();
    } catch (const CLI::ParseError& e) {
        if (e.get_exit_code() == 0)
            app.exit(e);  // --help, --version
        else
            std::fprintf(stderr, "collab: %s\n--help lists what there is.\n", e.what());
        status = e.get_exit_code();
    }
    return false;
}

}  // namespace program
