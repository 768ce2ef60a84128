// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <collab/io/replace_file.hpp>

namespace fs = std::filesystem;
using collab::Error;
using collab::detail::replace_file;

namespace {
/// A folder of its own, gone afterwards.
struct Folder {
    fs::path path =
        fs::temp_directory_path() / ("collab_replace_file_" + std::to_string(::getpid()));
    Folder() { fs::create_directories(path); }
    ~Folder() {
        fs::permissions(path, fs::perms::owner_all);
        fs::remove_all(path);
    }
    std::string operator/(const std::string& name) const { return (path / name).string(); }
    std::ptrdiff_t entries() const {
        return std::distance(fs::directory_iterator(path), fs::directory_iterator());
    }
};
std::string read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}
std::string refusal(const std::string& path, std::string_view contents = "x") {
    try {
        replace_file(path, contents, "the report");
    } catch (const Error& e) {
        return e.what();
    }
    return "nothing was refused";
}
}  // namespace

TEST_CASE("a file is written whole, replaced whole, and nothing else stays") {
    const Folder folder;
    replace_file(folder / "a", std::string("one\0\n", 5), "the report");
    CHECK(read(folder / "a") == std::string("one\0\n", 5));
    replace_file(folder / "a", "", "the report");
    CHECK(read(folder / "a").empty());
    CHECK(folder.entries() == 1);
}

TEST_CASE("what a killed program left behind is in nobody's way") {
    const Folder folder;
    std::ofstream(folder / "a.partial") << "left";
    replace_file(folder / "a", "two", "the report");
    CHECK(read(folder / "a") == "two");
    CHECK(read(folder / "a.partial") == "left");
    CHECK(folder.entries() == 2);
}

TEST_CASE("a link is followed, not replaced") {
    const Folder folder;
    std::ofstream(folder / "target") << "old";
    fs::create_symlink("target", folder / "link");
    replace_file(folder / "link", "new", "the report");
    CHECK(read(folder / "target") == "new");
    CHECK(fs::is_symlink(folder / "link"));
}

TEST_CASE("errors name the path and the reason") {
    const Folder folder;
    CHECK(refusal("") == "cannot write the report: its path is empty; expected the name of a file");
    CHECK(refusal(folder / "no/a") == "cannot write the report " + (folder / "no/a") +
                                          ": the folder " + (folder / "no") + " does not exist");
    CHECK(refusal(folder.path.string()) == "cannot write the report " + folder.path.string() +
                                               ": it is a folder; expected the name of a file");
    std::ofstream(folder / "file") << "old";
    CHECK(refusal(folder / "file/a") == "cannot write the report " + (folder / "file/a") + ": " +
                                            (folder / "file") + " is not a folder");
    CHECK(refusal("/dev/null") == "cannot write the report /dev/null: it is no ordinary file");
    CHECK(refusal(folder / std::string(250, 'n')) ==
          "cannot write the report " + (folder / std::string(250, 'n')) + ": File name too long");
    CHECK(folder.entries() == 1);
}

TEST_CASE("a folder that may not be written to is refused and keeps what it had") {
    const Folder folder;
    replace_file(folder / "a", "old", "the report");
    fs::permissions(folder.path, fs::perms::owner_read | fs::perms::owner_exec);
    if (::geteuid() != 0) {
        CHECK(refusal(folder / "a") ==
              "cannot write the report " + (folder / "a") + ": Permission denied");
        CHECK(read(folder / "a") == "old");
    } else {
        MESSAGE("the superuser may write to any folder: only the kernel's own were tried");
    }
    if (fs::is_directory("/proc/self"))
        CHECK(refusal("/proc/self/collab")
                  .starts_with("cannot write the report /proc/self/collab: "));
}

TEST_CASE("when the disk takes only a part, the old file stays and the part goes") {
    const Folder folder;
    replace_file(folder / "a", "old", "the report");
    ::rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const ::rlimit small{4096, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    const std::string said = refusal(folder / "a", std::string(100000, 'x'));
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    CHECK(said == "cannot write the report " + (folder / "a") + ": File too large");
    CHECK(read(folder / "a") == "old");
    CHECK(folder.entries() == 1);
}
