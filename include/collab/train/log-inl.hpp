// SPDX-License-Identifier: Apache-2.0
// log-inl: the bodies of log.
#pragma once
#include <bit>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <system_error>

#include <collab/core/error.hpp>
#include <collab/io/event_file.hpp>
#include <collab/io/json.hpp>
#include <collab/io/replace_file.hpp>
#include <collab/train/log.hpp>

namespace collab::detail {
/// The first bytes of an ordinary file, at most n; none where it cannot be read.
COLLAB_COLD inline std::string beginning_of(const std::string& path, std::size_t n) {
    std::error_code code;
    if (!std::filesystem::is_regular_file(path, code))
        return {};  // a pipe would block for ever
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
        std::fopen(path.c_str(), "rb"), [](std::FILE* f) { return std::fclose(f); });
    std::string bytes(file ? n : 0, '\0');
    if (file)
        bytes.resize(std::fread(bytes.data(), 1, n, file.get()));
    return bytes;
}
COLLAB_COMPILED COLLAB_COLD void GrowingFile::begin(const std::string& path, std::string_view what,
                                                    const std::string& contents) {
    what_ = what;
    path_ = path;
    if (const auto folder = std::filesystem::path(path).parent_path(); !folder.empty()) {
        std::error_code code;
        std::filesystem::create_directories(folder, code);
    }
    if (!contents.empty() && beginning_of(path, contents.size()) == contents) {
        std::error_code code;
        std::filesystem::resize_file(path, contents.size(), code);
        if (code)
            fail("cannot write ", what, " ", path, ": ", code.message());
    } else {
        replace_file(path, contents, what);
    }
    file_.reset(std::fopen(path.c_str(), "ab"), [](std::FILE* f) {
        if (f)
            std::fclose(f);
    });
    if (!file_)
        fail("cannot write ", what, " ", path, ": ", reason(errno));
}
COLLAB_COMPILED COLLAB_COLD void GrowingFile::append(const std::string& bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size() ||
        std::fflush(file_.get()) != 0)
        fail("cannot write ", what_, " ", path_, ": ", reason(errno));
}
COLLAB_COMPILED COLLAB_COLD std::vector<NamedFigure> figures(const NetworkRecord& r,
                                                             const TaskWords& task) {
    std::vector<NamedFigure> all{{task.loss, r.task},
                                 {"metric", r.metric},
                                 {"verification", r.verification},
                                 {"coupling", r.coupling}};
    for (std::size_t k = 0; k < std::size_t(task.scores); ++k)
        all.push_back({task.score[k].name, r.scores[k]});
    all.push_back({"test_loss", r.test_loss});
    for (std::size_t k = 0; k < std::size_t(task.scores); ++k)
        all.push_back({std::string("test_") + task.score[k].name, r.test_scores[k]});
    return all;
}
COLLAB_COMPILED COLLAB_COLD std::string json_line(const Record& r,
                                                  const std::vector<std::string>& names,
                                                  const TaskWords& task) {
    std::string s = sentence("{\"epoch\":", r.epoch, ",\"step\":", r.step,
                             ",\"rate\":", json_number(r.learning_rate),
                             ",\"seconds\":", json_number(r.seconds), ",\"networks\":{");
    for (std::size_t i = 0; i < r.networks.size(); ++i) {
        s += sentence(i ? "," : "", json_text(names[i]), ":{");
        const char* between = "\"";
        for (const NamedFigure& f : figures(r.networks[i], task)) {
            s += sentence(between, f.name, "\":", json_number(f.value));
            between = ",\"";
        }
        s += "}";
    }
    return s + "}}\n";
}
COLLAB_COMPILED COLLAB_COLD std::string csv_text(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos)
        return std::string(text);
    std::string s = "\"";
    for (const char c : text)
        s += c == '"' ? "\"\"" : std::string(1, c);
    return s + '"';
}
COLLAB_COMPILED COLLAB_COLD std::string csv_head(const std::vector<std::string>& names,
                                                 const TaskWords& task) {
    std::string s = "epoch,step,rate,seconds";
    for (const std::string& n : names)
        for (const NamedFigure& f : figures({}, task))
            s += sentence(",", csv_text(n + "." + f.name));
    return s + "\n";
}
COLLAB_COMPILED COLLAB_COLD std::string csv_line(const Record& r, const TaskWords& task) {
    std::string s = sentence(r.epoch, ",", r.step, ",", json_number(r.learning_rate), ",",
                             json_number(r.seconds));
    for (const NetworkRecord& n : r.networks)
        for (const NamedFigure& f : figures(n, task))
            s += sentence(",", std::isfinite(f.value) ? json_number(f.value) : std::string());
    return s + "\n";
}
COLLAB_COMPILED COLLAB_COLD double seconds_since_1970() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}
COLLAB_COMPILED COLLAB_COLD std::string event_path(const std::string& folder) {
    return (std::filesystem::path(folder) / "events.out.tfevents.0.collab").string();
}
COLLAB_COMPILED COLLAB_COLD double event_start(const std::string& folder, double otherwise) {
    constexpr std::size_t before = 13;  // length, checksum, and the field's own number
    constexpr std::size_t bytes = 8;
    const std::string head = beginning_of(event_path(folder), before + bytes);
    if (head.size() < before + bytes)
        return otherwise;
    std::uint64_t bits = 0;
    for (std::size_t k = bytes; k-- > 0;)
        bits = bits << 8 | static_cast<unsigned char>(head[before + k]);
    const double start = std::bit_cast<double>(bits);
    return event_head(start).starts_with(head) ? start : otherwise;
}
COLLAB_COMPILED COLLAB_COLD std::string event_head(double start) {
    return first_event(start);
}
COLLAB_COMPILED COLLAB_COLD std::string record_event(double start, const Record& r,
                                                     const std::vector<std::string>& names,
                                                     const TaskWords& task) {
    std::vector<std::pair<std::string, double>> values{{"rate", r.learning_rate},
                                                       {"epoch", r.epoch}};
    for (std::size_t i = 0; i < r.networks.size(); ++i)
        for (const NamedFigure& f : figures(r.networks[i], task))
            if (std::isfinite(f.value))
                values.emplace_back(names[i] + "/" + f.name, f.value);
    return scalar_event(start + r.seconds, r.step, values);
}
}  // namespace collab::detail
