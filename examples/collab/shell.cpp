// SPDX-License-Identifier: Apache-2.0
// shell: see shell.hpp.
#include "shell.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <collab/core/error.hpp>
#include <collab/io/json.hpp>
#include <collab/study/toml.hpp>

#include "messages.hpp"
#include "nearest.hpp"
#include "words.hpp"

namespace program {

using collab::fail, collab::sentence;

namespace {
void add_file_option(CLI::App& app, std::string& file) {
    app.add_option("--options,--config", file,
                   "read options from this TOML file, those of a subcommand from its section: "
                   "[train]")
        ->type_name("FILE");
}
struct CommandWords {
    std::string path;  ///< "collab data inspect"
    std::vector<std::string> options, commands;
};
void gather(const CLI::App& app, const std::string& path, std::vector<CommandWords>& all) {
    CommandWords w{path, {}, {}};
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
std::vector<CommandWords> words_of(const CLI::App& app) {
    std::vector<CommandWords> all;
    gather(app, "collab", all);
    return all;
}
}  // namespace

CLI::App* add_shell(CLI::App& app, std::string& shell) {
    CLI::App* c =
        app.add_subcommand("completion", "Prints a script that completes options in your shell.");
    c->add_option("shell", shell, "bash, zsh or fish: source <(collab completion bash)")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
    c->footer("Example: now, and in every shell to come\n"
              "  source <(collab completion bash)\n"
              "  echo 'source <(collab completion bash)' >> ~/.bashrc");
    // Read before anything else: see arguments_of.
    static std::string file;
    add_file_option(app, file);
    for (CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
        add_file_option(*sub, file);
    return c;
}

namespace {
const CLI::App* subcommand_named(const CLI::App& app, const std::string& name) {
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
        if (sub->get_name() == name)
            return sub;
    return nullptr;
}
/// `key = value` of a file as arguments.
void add_setting(const CLI::App& app, const std::string& path, const std::string& file,
                 const std::string& key, const collab::Json& value, std::vector<std::string>& all) {
    using Kind = collab::Json::Kind;
    const std::string option = "--" + key;
    const CLI::Option* known = nullptr;
    std::vector<std::string> names;
    for (const CLI::Option* o : app.get_options())
        for (const std::string& name : o->get_lnames()) {
            names.push_back("--" + name);
            if (name == key)
                known = o;
        }
    if (!known || key == "help" || key == "options" || key == "config")
        fail(file, ": ", path, " has no option '", key, "'", did_you_mean(option, names), " ", path,
             " --help lists what there is");
    const bool is_flag = known->get_items_expected_max() == 0;
    if (is_flag != value.is(Kind::boolean))
        fail(file, ": ", key, is_flag ? " is true or false" : " is a text, a number or a list",
             "; what stands there is not");
    const auto text = [&](const collab::Json& v) {
        if (v.is(Kind::text))
            return v.text;
        if (!v.is(Kind::number))
            fail(file, ": ", key, " is a text, a number or a list of them");
        return collab::json_number(v.number);
    };
    if (is_flag) {
        if (value.boolean)
            all.push_back(option);
        return;
    }
    if (!value.is(Kind::array)) {
        all.push_back(option + "=" + text(value));
        return;
    }
    for (const collab::Json& item : value.items)
        all.push_back(option + "=" + text(item));
}
bool gives(const std::vector<std::string>& arguments, const std::string& key) {
    return std::any_of(arguments.begin(), arguments.end(), [&](const std::string& a) {
        return a == "--" + key || a.starts_with("--" + key + "=");
    });
}
/// Takes --options FILE (or --config FILE) out of the arguments; empty: there is none.
std::string take_file(std::vector<std::string>& arguments) {
    std::string file;
    std::vector<std::string> others;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::size_t equals = arguments[i].find('=');
        const std::string name = arguments[i].substr(0, equals);
        if (name != "--options" && name != "--config")
            others.push_back(arguments[i]);
        else if (equals != name.npos)
            file = arguments[i].substr(equals + 1);
        else if (i + 1 < arguments.size())
            file = arguments[++i];
        else
            others.push_back(arguments[i]);  // CLI11 says what is missing
    }
    arguments = std::move(others);
    return file;
}
std::string whole_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in)
        fail(path, ": no such file, or it may not be read; expected a TOML file of options");
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}
/// The settings of a file that are for `path`, a subcommand or the program itself.
std::vector<std::string> settings_of(const CLI::App& app, const std::string& subcommand,
                                     const std::string& file,
                                     const std::vector<std::string>& given) {
    const collab::Json all = collab::parse_toml(whole_file(file), file);
    std::vector<std::string> sections;
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
        sections.push_back(sub->get_name());
    std::vector<std::string> settings;
    const auto add = [&](const CLI::App& to, const std::string& path, const std::string& key,
                         const collab::Json& value, bool used) {
        std::vector<std::string> one;
        add_setting(to, path, file, key, value, one);
        if (used && !gives(given, key))
            settings.insert(settings.end(), one.begin(), one.end());
    };
    for (std::size_t k = 0; k < all.keys.size(); ++k) {
        const std::string& key = all.keys[k];
        const collab::Json& value = all.items[k];
        if (!value.is(collab::Json::Kind::object)) {
            if (!subcommand.empty())
                fail(file, ": '", key, "' stands in no section; expected it below [", subcommand,
                     "]");
            add(app, "collab", key, value, true);
            continue;
        }
        const CLI::App* const section = subcommand_named(app, key);
        if (!section)
            fail(file, ": [", key, "] is no section", did_you_mean(key, sections), " There are ",
                 joined(sections, " "));
        for (std::size_t i = 0; i < value.keys.size(); ++i)
            add(*section, "collab " + key, value.keys[i], value.items[i], key == subcommand);
    }
    return settings;
}
}  // namespace

std::vector<std::string> arguments_of(const CLI::App& app, int argc, char** argv) {
    std::vector<std::string> all(argv + 1, argv + argc);
    // `collab help train` is `collab train --help`.
    if (!all.empty() && all[0] == "help") {
        all.erase(all.begin());
        all.push_back("--help");
    }
    const std::string file = take_file(all);
    std::size_t behind = 0;
    std::string subcommand;
    for (std::size_t i = 0; i < all.size() && subcommand.empty(); ++i)
        if (subcommand_named(app, all[i])) {
            subcommand = all[i];
            behind = i + 1;
        }
    if (file.empty())
        return all;
    const std::vector<std::string> settings = settings_of(app, subcommand, file, all);
    all.insert(all.begin() + std::ptrdiff_t(behind), settings.begin(), settings.end());
    return all;
}

std::string settings_text(const CLI::App& app) {
    std::string s = app.get_parent() ? "[" + app.get_name() + "]\n" : std::string();
    for (const CLI::Option* o : app.get_options()) {
        if (o->count() == 0 || o->get_lnames().empty())
            continue;
        const std::string& name = o->get_lnames()[0];
        if (name == "help" || name == "resume" || name == "overwrite")
            continue;
        std::string value;
        for (const std::string& v : o->reduced_results())
            value += (value.empty() ? "" : ", ") + collab::json_text(v);
        if (o->get_items_expected_max() == 0)
            value = "true";
        else if (o->reduced_results().size() != 1)
            value = "[" + value + "]";
        s += name + " = " + value + "\n";
    }
    return s;
}

std::string completion(const CLI::App& app, const std::string& shell) {
    const auto all = words_of(app);
    std::string s;
    if (shell == "fish") {
        for (const CommandWords& w : all) {
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
                             std::string("not __fish_seen_subcommand_from ") +
                             joined(w.commands, " ");
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
    for (const CommandWords& w : all)
        s += "        \"" + w.path + "\") words=\"" + joined(w.commands, " ") +
             (w.commands.empty() || w.options.empty() ? "" : " ") + joined(w.options, " ") +
             "\" ;;\n";
    // Nothing fits: a value is being written, perhaps the name of a file.
    return s + "    esac\n    COMPREPLY=($(compgen -W \"$words\" -- "
               "\"${COMP_WORDS[COMP_CWORD]}\"))\n}\ncomplete -o default -F _collab collab\n";
}

namespace {
/// Options and commands behind a path such as "collab train".
std::vector<std::string> known_behind(const CLI::App& app, const std::string& path) {
    std::vector<std::string> known;
    for (const CommandWords& w : words_of(app))
        if (w.path == path) {
            known = w.options;
            known.insert(known.end(), w.commands.begin(), w.commands.end());
        }
    return known;
}

/// "collab data inspect": what was asked for.
std::string subcommand_path(const CLI::App& app) {
    std::string path = "collab";
    for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
        at = at->get_subcommands().front();
        path += " " + at->get_name();
    }
    return path;
}
/// Which words were not understood, CLI11 says in a sentence only; `remaining` has them apart.
void say_extra_words(const CLI::App& app) {
    const std::string path = subcommand_path(app);
    const auto left = app.remaining(true);
    std::string wrong = left.empty() ? "" : left.front();
    for (const std::string& word : left)
        if (word.starts_with("-")) {
            wrong = word;
            break;
        }
    wrong = wrong.substr(0, wrong.find('='));
    say(sentence(path, " has no ", wrong.starts_with("-") ? "option" : "word", " '", wrong, "'",
                 did_you_mean(wrong, known_behind(app, path)), " ", path,
                 " --help lists what there is."));
}

/// What was given where it has no effect, in a sentence; empty: nothing.
std::string without_effect(const CLI::App& app) {
    if (app.get_subcommands().empty())
        return {};
    const std::string sub = app.get_subcommands().front()->get_name();
    for (const CLI::Option* o : app.get_options())
        if (o->count() > 0)
            return "--" + o->get_lnames()[0] + " stands before '" + sub +
                   "', where it is not for it; write it behind";
    return {};
}
}  // namespace

bool parse(CLI::App& app, int argc, char** argv, int& status) {
    try {
        std::vector<std::string> all = arguments_of(app, argc, argv);
        std::reverse(all.begin(), all.end());  // as CLI11 wants them
        app.parse(std::move(all));
        const std::string vain = without_effect(app);
        if (vain.empty())
            return true;
        say(vain);
        status = 1;
    } catch (const collab::Error& e) {
        say(e.what());
        status = 1;
    } catch (const CLI::ExtrasError& e) {
        say_extra_words(app);
        status = e.get_exit_code();
    } catch (const CLI::ParseError& e) {
        if (e.get_exit_code() == 0)
            app.exit(e);  // --help, --version
        else
            say(sentence(e.what(), "; ", subcommand_path(app), " --help lists what there is"));
        status = e.get_exit_code();
    }
    return false;
}

}  // namespace program
