// SPDX-License-Identifier: Apache-2.0
// build: compiles modules with the compiler and flags of the program, keeps them in the user's
// cache, and loads them.
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <thread>

#include <collab/core/error.hpp>
#include <collab/io/format.hpp>
#include <collab/io/progress.hpp>
#include <collab/io/replace_file.hpp>
#include <collab/study/cell.hpp>
#include <collab/study/lock.hpp>

#include "console.hpp"
#include "messages.hpp"
#include "modules.hpp"
#include "program_build.hpp"

extern char** environ;

namespace program {

namespace {
namespace fs = std::filesystem;
using collab::fail, collab::sentence;

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> all;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        if (!line.empty())
            all.push_back(line);
    return all;
}
std::string text_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream s;
    s << in.rdbuf();
    return s.str();
}

/// What -march=native depends on.
std::string processor() {
    std::string model, flags;
    std::ifstream in("/proc/cpuinfo");
    for (std::string line; std::getline(in, line) && (model.empty() || flags.empty());) {
        if (line.starts_with("model name") || line.starts_with("CPU part"))
            model = line;
        if (line.starts_with("flags") || line.starts_with("Features"))
            flags = line;
    }
    return model + "\n" + flags;
}

/// The compiler: that of the build, unless $COLLAB_CXX names another.
std::string compiler() {
    const char* const own = std::getenv("COLLAB_CXX");
    return own && *own ? own : build_compiler;
}
/// Whether there is one, as a path or in $PATH.
bool exists(const std::string& program) {
    if (program.find('/') != program.npos)
        return ::access(program.c_str(), X_OK) == 0;
    const char* const path = std::getenv("PATH");
    std::istringstream in(path ? path : "");
    for (std::string folder; std::getline(in, folder, ':');)
        if (::access((folder + "/" + program).c_str(), X_OK) == 0)
            return true;
    return false;
}
std::vector<std::string> arguments() {
    std::vector<std::string> all;
    for (const std::string& a : lines_of(build_arguments))
        if (a != "-I/usr/include" && std::find(all.begin(), all.end(), a) == all.end())
            all.push_back(a);
    // Warnings are for those who wrote the code. The kernels are in the program, so what is
    // compiled here needs no long optimization. A module calls its own copy of what both have
    // inline: the program's is not optimized.
    all.insert(all.end(), {"-w", "-O1", "-shared", "-fPIC", "-Wl,-Bsymbolic-functions"});
    return all;
}

/// What all modules of this program depend on beside their text.
const std::string& common_key() {
    static const std::string common = [] {
        std::string all = COLLAB_VERSION "\n" + compiler() + "\n";
        for (const std::string& a : arguments())
            all += a + "\n";
        return all + processor() + "\n";
    }();
    return common;
}

/// The files that a compiler says it has read: Make's rule, `x.o: a.hpp b\ c.hpp`.
std::vector<std::string> read_rule(const std::string& rule) {
    std::vector<std::string> all;
    std::string word;
    std::size_t at = rule.find(": ");
    if (at == rule.npos)
        return all;
    for (at += 2; at < rule.size(); ++at) {
        const char c = rule[at];
        if (c == '\\' && at + 1 < rule.size()) {
            ++at;
            if (rule[at] != '\n')
                word += rule[at];
        } else if (c == ' ' || c == '\n') {
            if (!word.empty())
                all.push_back(std::move(word));
            word.clear();
        } else {
            word += c;
        }
    }
    return all;
}

/// A module in the cache.
struct Place {
    fs::path module, source, rule, log, lock;
    explicit Place(const fs::path& stem)
        : module(stem.string() + ".so"),
          source(stem.string() + ".cpp"),
          rule(stem.string() + ".d"),
          log(stem.string() + ".log"),
          lock(stem.string() + ".lock") {}

    /// Whether it is there, and newer than every header that it was made of.
    bool fresh() const {
        std::error_code none;
        const auto made = fs::last_write_time(module, none);
        if (none)
            return false;
        const std::vector<std::string> read = read_rule(text_of(rule));
        return !read.empty() && std::all_of(read.begin(), read.end(), [&](const std::string& f) {
            if (f == source)
                return true;
            std::error_code gone;
            const auto changed = fs::last_write_time(f, gone);
            return !gone && changed <= made;
        });
    }
};

/// The folder where modules are kept. Where it cannot be written, one that lasts as long as the
/// program.
class Cache {
public:
    Cache() : folder_(cache_folder()) {
        std::error_code e;
        fs::create_directories(folder_, e);
        if (::access(folder_.c_str(), W_OK) == 0)
            return;
        std::string own = (fs::temp_directory_path() / "collab-XXXXXX").string();
        if (!::mkdtemp(own.data()))
            fail("modules can be compiled neither in ", folder_.string(), " nor in ",
                 fs::temp_directory_path().string(), ": ", std::strerror(errno),
                 "; name a folder that may be written with COLLAB_CACHE");
        say(folder_.string() + " cannot be written, so nothing is kept for next time");
        // What is there already may still be read.
        kept_ = folder_;
        folder_ = own;
        temporary_ = true;
    }
    Cache(const Cache&) = delete;
    ~Cache() {
        std::error_code ignored;
        if (temporary_)
            fs::remove_all(folder_, ignored);
    }
    Place place(const std::string& key) const {
        if (temporary_)
            if (const Place p(kept_ / key); p.fresh())
                return p;
        return Place(folder_ / key);
    }
    bool temporary() const { return temporary_; }

private:
    fs::path folder_, kept_;
    bool temporary_ = false;
};
Cache& cache() {
    static Cache c;
    return c;
}

/// Starts the compiler; its messages go to a file.
pid_t start(const Place& p, const fs::path& to) {
    std::vector<std::string> all{compiler()};
    for (const std::string& a : arguments())
        all.push_back(a);
    for (const std::string& a : {std::string("-MMD"), std::string("-MF"), p.rule.string(),
                                 std::string("-o"), to.string(), p.source.string()})
        all.push_back(a);
    std::vector<char*> argv;
    for (std::string& a : all)
        argv.push_back(a.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, p.log.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0666);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    // A compiler that outlives a killed program must not keep its locks.
    posix_spawn_file_actions_addclosefrom_np(&files, 3);
    pid_t child = 0;
    const int error = ::posix_spawnp(&child, argv[0], &files, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    if (error != 0)
        fail("the compiler ", all[0], " cannot be started: ", std::strerror(error));
    return child;
}

/// What the compiler says, in one sentence: the library's, where there is one.
std::string complaint(const std::string& log) {
    std::string first;
    for (const std::string& line : lines_of(log)) {
        const auto text_behind = [&](const char* mark) {
            const std::size_t at = line.find(mark);
            return at == line.npos ? std::string() : line.substr(at + std::strlen(mark));
        };
        if (std::string s = text_behind("static assertion failed: collab: "); !s.empty())
            return s;
        if (std::string s = text_behind("static_assert failed"); !s.empty())
            return s;
        if (line.find("No space left on device") != line.npos)
            return "no space is left on the device";
        if (std::string s = text_behind("error: "); first.empty() && !s.empty())
            first = s;
    }
    return first;
}

/// One module on its way: compiled by this process or by another.
struct Work {
    const ModuleSource* source = nullptr;
    Place place{""};
    fs::path temporary{};
    collab::FileLock lock{};  ///< another process that wants the same module waits for it
    pid_t child = 0;
    bool done = false;
    std::string complaint{};
    std::chrono::steady_clock::time_point begin{};
};

/// Compiles several modules, as many at once as there are processors.
class Compilation {
public:
    Compilation(const std::vector<ModuleSource>& sources, bool quiet)
        : quiet_(quiet),
          terminal_(!quiet && ::isatty(2) != 0) {
        for (const ModuleSource& s : sources) {
            work_.emplace_back();
            work_.back().source = &s;
            work_.back().place = cache().place(collab::detail::digest(common_key() + s.text));
            order_.push_back(&work_.back());
        }
        // The longest first: the others fit beside it.
        std::stable_sort(order_.begin(), order_.end(), [](const Work* a, const Work* b) {
            return a->source->text.size() > b->source->text.size();
        });
    }
    std::deque<Work>& run() {
        for (Work& w : work_)
            w.done = w.place.fresh();
        if (open() > 0)
            check_compiler();
        while (open() > 0) {
            for (Work* w : order_)
                advance(*w);
            show();
            if (interrupted())
                stop();
            if (open() > 0)
                std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        return work_;
    }

private:
    int open() const {
        return int(
            std::count_if(work_.begin(), work_.end(), [](const Work& w) { return !w.done; }));
    }
    int running() const {
        return int(
            std::count_if(work_.begin(), work_.end(), [](const Work& w) { return w.child > 0; }));
    }
    void check_compiler() const {
        if (!exists(compiler()))
            fail("there is no compiler ", compiler(),
                 ", with which networks are compiled when they are first asked for; install g++, "
                 "or name one with COLLAB_CXX");
    }
    void advance(Work& w) {
        if (w.done)
            return;
        if (w.child > 0)
            return finish(w);
        if (running() >= std::max(1, int(std::thread::hardware_concurrency())))
            return;
        w.lock = collab::FileLock::try_take(w.place.lock.string());
        if (!w.lock.held())
            return;  // another process compiles it
        if (w.place.fresh()) {
            w.lock.release();
            w.done = true;
            return;
        }
        w.begin = std::chrono::steady_clock::now();
        w.temporary = w.place.module.string() + sentence(".", ::getpid());
        collab::detail::replace_file(w.place.source.string(),
                                     "// Written and compiled by collab " COLLAB_VERSION ": " +
                                         w.source->title + "\n" + w.source->text,
                                     "the source of a module");
        w.child = start(w.place, w.temporary);
    }
    void finish(Work& w) {
        int status = 0;
        if (::waitpid(w.child, &status, WNOHANG) == 0)
            return;
        w.child = 0;
        w.done = true;
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
            fs::rename(w.temporary, w.place.module);
            const double s =
                std::chrono::duration<double>(std::chrono::steady_clock::now() - w.begin).count();
            say(sentence("Compiled ", w.source->title, " in ", collab::decimal(s, 1), " s",
                         cache().temporary() ? "" : ", kept for next time"),
                "\n");
        } else {
            std::error_code ignored;
            fs::remove(w.temporary, ignored);
            w.complaint = complaint(text_of(w.place.log));
            if (w.complaint.empty())
                w.complaint = "the compiler ended without a word";
        }
        w.lock.release();
    }
    /// On a terminal, over the line before.
    void say(const std::string& text, const char* end) const {
        if (quiet_)
            return;
        std::fprintf(stderr, "%s%s%s", terminal_ ? "\r\033[K" : "", text.c_str(), end);
        std::fflush(stderr);
    }
    void show() const {
        std::string names;
        double seconds = 0;
        for (const Work& w : work_)
            if (w.child > 0) {
                names += (names.empty() ? "" : ", ") + w.source->title;
                seconds = std::max(seconds, std::chrono::duration<double>(
                                                std::chrono::steady_clock::now() - w.begin)
                                                .count());
            }
        if (terminal_ && !names.empty())
            say(collab::one_line(sentence("Compiling ", names, " ... ", int(seconds), " s"),
                                 collab::Progress::terminal_width(stderr) - 1),
                "");
    }
    void stop() {
        for (Work& w : work_)
            if (w.child > 0) {
                ::kill(w.child, SIGTERM);
                ::waitpid(w.child, nullptr, 0);
                std::error_code ignored;
                fs::remove(w.temporary, ignored);
            }
        throw Interrupted{};
    }

    bool quiet_, terminal_;
    std::deque<Work> work_;
    std::vector<Work*> order_;
};

const Module* load(const Place& p) {
    void* const library = ::dlopen(p.module.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library)
        fail(p.module.string(), ": cannot be loaded: ", ::dlerror(),
             "; remove it, and it is compiled anew");
    const void* const found = ::dlsym(library, "collab_module");
    if (!found)
        fail(p.module.string(), ": is no module of collab; remove it, and it is compiled anew");
    return static_cast<const Module*>(found);
}
}  // namespace

std::string cache_folder() {
    const auto variable = [](const char* name) {
        const char* const v = std::getenv(name);
        return fs::path(v ? v : "");
    };
    if (const fs::path own = variable("COLLAB_CACHE"); !own.empty())
        return fs::absolute(own).string();
    if (const fs::path all = variable("XDG_CACHE_HOME"); all.is_absolute())
        return (all / "collab").string();
    if (const fs::path home = variable("HOME"); home.is_absolute())
        return (home / ".cache" / "collab").string();
    return (fs::temp_directory_path() / sentence("collab-", ::getuid())).string();
}

collab::Facts compiler_facts() {
    std::string all;
    for (const std::string& a : arguments())
        all += (all.empty() ? "" : " ") + a;
    return {{"compiler", compiler() + (exists(compiler()) ? "" : " (not there)")},
            {"arguments", all},
            {"cache", cache_folder()}};
}

std::vector<const Module*> modules_of(const std::vector<ModuleSource>& sources, bool quiet) {
    static std::map<std::string, const Module*> loaded;  // by the text
    std::vector<ModuleSource> missing;
    for (const ModuleSource& s : sources)
        if (loaded.count(s.text) == 0)
            missing.push_back(s);
    Compilation compilation(missing, quiet);
    for (const Work& w : compilation.run()) {
        if (!w.complaint.empty())
            fail(w.source->title, " does not compile: ", w.complaint,
                 "; the compiler's whole answer: ", w.place.log.string());
        loaded[w.source->text] = load(w.place);
    }
    std::vector<const Module*> all;
    for (const ModuleSource& s : sources)
        all.push_back(loaded.at(s.text));
    return all;
}

}  // namespace program
