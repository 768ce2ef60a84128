// SPDX-License-Identifier: Apache-2.0
// log: what callbacks write while a training runs, and after it goes on from a checkpoint.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>

#include <collab/train/callback.hpp>
#include <collab/train/log.hpp>

#include "data/temporary.hpp"

using namespace collab;

namespace {
/// What logs ask of a training.
struct Two {
    static constexpr int networks = 2;
    std::string name(int i) const { return i == 0 ? "small" : "a \"b\", c"; }
};
Record record(long step) {
    Record r{2, step, 0.05, 1.5 * double(step), {}};
    for (int k = 0; k < 2; ++k)
        r.networks.push_back({0.1 + k, 0.25, 3, {0.5}, 0, std::nan(""), {0.75}});
    return r;
}
std::string contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}
template <class Log>
void write_log(Log& log, const std::vector<Record>& before, const std::vector<Record>& records) {
    static_assert(Callback<Log, Two>);
    Two t;
    History h;
    h.records = before;
    h.resumed = before.empty() ? 0 : before.back().step;
    log.begin(t, h);
    for (const Record& r : records)
        CHECK(log.evaluated(t, FitEvent{.evaluated = true, .record = &r}));
}

/// A reader of its own for protocol buffers: field number to values, a message or text as its
/// bytes.
struct Field {
    std::uint64_t number = 0;
    std::string bytes;
};
std::multimap<int, Field> fields(std::string_view m) {
    std::multimap<int, Field> all;
    std::size_t at = 0;
    const auto varint = [&] {
        std::uint64_t v = 0;
        for (int shift = 0;; shift += 7) {
            const auto byte = static_cast<unsigned char>(m.at(at++));
            v |= std::uint64_t(byte & 127) << shift;
            if (byte < 128)
                return v;
        }
    };
    while (at < m.size()) {
        const std::uint64_t key = varint();
        Field f;
        const std::size_t n = (key & 7) == 1 ? 8 : (key & 7) == 5 ? 4 : 0;
        if ((key & 7) == 0)
            f.number = varint();
        else if ((key & 7) == 2) {
            const std::size_t length = varint();
            f.bytes = m.substr(at, length);
            at += length;
            REQUIRE(f.bytes.size() == length);
        } else {
            REQUIRE(n > 0);
            for (std::size_t i = 0; i < n; ++i)
                f.number |= std::uint64_t(static_cast<unsigned char>(m.at(at + i))) << (8 * i);
            at += n;
        }
        all.emplace(int(key >> 3), f);
    }
    return all;
}
/// CRC-32C bit by bit, masked as TensorFlow does.
std::uint32_t masked(std::string_view bytes) {
    std::uint32_t c = ~0u;
    for (const char b : bytes) {
        c ^= static_cast<unsigned char>(b);
        for (int k = 0; k < 8; ++k)
            c = c & 1 ? c >> 1 ^ 0x82F63B78u : c >> 1;
    }
    c = ~c;
    return (c >> 15 | c << 17) + 0xa282ead8u;
}
std::vector<std::string> framed(std::string_view file) {
    std::vector<std::string> records;
    const auto number = [&](std::size_t at, int n) {
        std::uint64_t v = 0;
        for (int i = 0; i < n; ++i)
            v |= std::uint64_t(static_cast<unsigned char>(file.at(at + std::size_t(i)))) << (8 * i);
        return v;
    };
    for (std::size_t at = 0; at < file.size();) {
        const std::size_t n = number(at, 8);
        CHECK(number(at + 8, 4) == masked(file.substr(at, 8)));
        records.emplace_back(file.substr(at + 12, n));
        CHECK(number(at + 12 + n, 4) == masked(records.back()));
        at += 16 + n;
    }
    return records;
}
}  // namespace

TEST_CASE("every evaluation is a line of JSON") {
    const Folder folder;
    JsonLines log{(folder.path / "run/log.jsonl").string()};
    write_log(log, {}, {record(3), record(6)});
    const std::string all = contents(log.path);
    const std::size_t end = all.find('\n');
    CHECK(all.find('\n', end + 1) == all.size() - 1);
    const Json line = parse_json(all.substr(0, end), "line 1");
    CHECK(line.find("epoch")->number == 2);
    CHECK(line.find("step")->number == 3);
    CHECK(line.find("rate")->number == 0.05);
    const Json* b = line.find("networks")->find("a \"b\", c");
    REQUIRE(b);
    CHECK(b->find("classification")->number == 1.1);
    CHECK(b->find("test_loss")->is(Json::Kind::null));
    CHECK(b->find("test_accuracy")->number == 0.75);
}

TEST_CASE("a table has names, rows, and nothing where there is no number") {
    const Folder folder;
    CsvFile log{(folder.path / "log.csv").string()};
    write_log(log, {}, {record(3)});
    const std::string all = contents(log.path);
    CHECK(all.starts_with("epoch,step,rate,seconds,small.classification,small.metric,small."
                          "verification,small.coupling,small.accuracy,small.test_loss,small.test_"
                          "accuracy,\"a \"\"b\"\", c.classification\","));
    CHECK(all.ends_with("\n2,3,0.05,4.5,0.1,0.25,3,0,0.5,,0.75,1.1,0.25,3,0,0.5,,0.75\n"));
}

TEST_CASE("TensorBoard's file holds framed events with checksums, steps, tags and values") {
    const Folder folder;
    TensorBoard log{(folder.path / "tb").string()};
    write_log(log, {}, {record(3), record(300)});
    const auto records =
        framed(contents((folder.path / "tb" / "events.out.tfevents.0.collab").string()));
    REQUIRE(records.size() == 3);
    CHECK(fields(records[0]).find(3)->second.bytes == "brain.Event:2");
    const auto event = fields(records[2]);
    CHECK(event.find(2)->second.number == 300);
    CHECK(std::bit_cast<double>(event.find(1)->second.number) == log.start + 450);
    std::map<std::string, float> values;
    const auto summary = fields(event.find(5)->second.bytes);
    for (auto [at, last] = summary.equal_range(1); at != last; ++at) {
        const auto value = fields(at->second.bytes);
        values[value.find(1)->second.bytes] =
            std::bit_cast<float>(std::uint32_t(value.find(2)->second.number));
    }
    CHECK(values.size() == 2 + 2 * 6);  // no test loss: it is no number
    CHECK(values.at("rate") == 0.05f);
    CHECK(values.at("small/verification") == 3);
    CHECK(values.at("a \"b\", c/classification") == 1.1f);
    CHECK(log.start > 1.7e9);
}

TEST_CASE("a training that goes on has no line twice") {
    const Folder folder;
    JsonLines whole{(folder.path / "whole").string()};
    JsonLines log{(folder.path / "log").string()};
    JsonLines again{log.path};
    write_log(whole, {}, {record(1), record(2), record(3)});
    // of which the last is behind the checkpoint
    write_log(log, {}, {record(1), record(2), record(3)});
    write_log(again, {record(1), record(2)}, {record(3)});
    CHECK(contents(again.path) == contents(whole.path));
}

TEST_CASE("who holds a log open sees a training go on, even behind a line that is taken back") {
    const Folder folder;
    const auto goes_on = [&](auto log, const std::string& path) {
        auto again = log;
        write_log(log, {}, {record(1), record(2), record(3)});
        std::FILE* const reader = std::fopen(path.c_str(), "rb");
        REQUIRE(reader);
        const std::string before = contents(path);
        write_log(again, {record(1), record(2)}, {record(3), record(4)});
        std::string seen(2 * before.size(), '\0');
        seen.resize(std::fread(seen.data(), 1, seen.size(), reader));
        std::fclose(reader);
        CHECK(seen.size() > before.size());
        CHECK(seen.starts_with(before));
        CHECK(seen == contents(path));
    };
    const std::string path = (folder.path / "log").string();
    goes_on(JsonLines{path}, path);
    goes_on(CsvFile{path}, path);
    goes_on(TensorBoard{folder.path.string()},
            (folder.path / "events.out.tfevents.0.collab").string());
}

TEST_CASE("a file that begins otherwise than the checkpoint says is replaced") {
    const Folder folder;
    CsvFile log{folder.write("log.csv", {'o', 'l', 'd', ' ', 'w', 'o', 'r', 'd', 's'}).string()};
    write_log(log, {record(1)}, {record(2)});
    CHECK(contents(log.path).starts_with("epoch,step,"));
    TensorBoard events{folder.path.string()};
    for (const Bytes& old : {Bytes{}, Bytes{1, 2, 3}, Bytes(40, 9)}) {
        const std::string path = folder.write("events.out.tfevents.0.collab", old).string();
        write_log(events, {record(1)}, {record(2)});
        CHECK(framed(contents(path)).size() == 3);
        CHECK(events.start > 1e9);
    }
}

TEST_CASE("a log that cannot be written is an error") {
    const Folder folder;
    folder.write("file", {1});
    CsvFile log{(folder.path / "file" / "log.csv").string()};
    CHECK(error_of([&] { write_log(log, {}, {}); }) == "cannot write the table " + log.path + ": " +
                                                           (folder.path / "file").string() +
                                                           " is not a folder");
}
