// SPDX-License-Identifier: Apache-2.0
// results: finished trainings as lines of JSON in one file, appended by any number of processes and
// checked when they are read.
#pragma once
#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <collab/core/error.hpp>
#include <collab/io/json.hpp>
#include <collab/study/cell.hpp>
#include <collab/study/lock.hpp>

namespace collab {

/// What one network of a training had reached.
struct NetworkResult {
    std::string name{};
    bool learned = true;     ///< false for a frozen teacher: its figures are not of this training
    long parameters = 0;     ///< deployed, with its half of a knowledge base
    long multiply_adds = 0;  ///< deployed, for one image
    double validation_accuracy = 0;
    double validation_loss = 0;
    double test_accuracy = 0;
    double test_loss = 0;
    double best_validation_accuracy = 0;  ///< over the training, at the end of an epoch
    int best_epoch = 0;
};
/// One evaluation along the training: training figures are means since the one before.
struct CurvePoint {
    int epoch = 0;
    long step = 0;
    std::vector<std::vector<double>> networks{};  ///< each as in `curve_columns`
};
inline constexpr std::string_view curve_columns[] = {
    "training loss",   "training accuracy",  "metric", "verification", "coupling",
    "validation loss", "validation accuracy"};

/// A finished training: a line of the file.
struct StudyLine {
    Cell cell{};
    std::string role = "main";  ///< "search": its seed chose settings, it is not averaged
    std::string library = COLLAB_VERSION;
    int version = study_version;
    std::string data_checksum{};
    std::string command{};
    std::string instructions{};  ///< results are equal to the last digit on the same ones
    std::string machine{};
    std::string date{};
    std::string failed{};  ///< why there is no result: a loss that was no number
    double minutes = 0;
    long training_parameters = 0;
    long training_multiply_adds = 0;  ///< forward, of all networks, for one image
    std::vector<NetworkResult> networks{};
    std::vector<CurvePoint> curve{};
    int number = 0;  ///< of the line in the file, from 1; not written

    std::string key() const { return cell_key(cell, data_checksum, library, version); }
    /// Everything that must be the same when the training is repeated on the same instructions.
    std::string outcome_text() const;
};

namespace detail {
inline std::string networks_text(const std::vector<NetworkResult>& networks) {
    std::string s = "[";
    for (const NetworkResult& n : networks)
        s += sentence(s.size() > 1 ? "," : "", "{\"name\":", json_text(n.name),
                      ",\"learned\":", n.learned ? "true" : "false",
                      ",\"parameters\":", n.parameters, ",\"multiply_adds\":", n.multiply_adds,
                      ",\"validation_accuracy\":", json_number(n.validation_accuracy),
                      ",\"validation_loss\":", json_number(n.validation_loss),
                      ",\"test_accuracy\":", json_number(n.test_accuracy),
                      ",\"test_loss\":", json_number(n.test_loss),
                      ",\"best_validation_accuracy\":", json_number(n.best_validation_accuracy),
                      ",\"best_epoch\":", n.best_epoch, "}");
    return s + "]";
}
inline std::string curve_text(const std::vector<CurvePoint>& curve) {
    std::string s = "[";
    for (const CurvePoint& p : curve) {
        s += sentence(s.size() > 1 ? "," : "", "[", p.epoch, ",", p.step);
        for (const std::vector<double>& n : p.networks) {
            s += ",[";
            for (std::size_t k = 0; k < n.size(); ++k)
                s += (k ? "," : "") + json_number(n[k]);
            s += "]";
        }
        s += "]";
    }
    return s + "]";
}
inline constexpr std::string_view line_check = ",\"check\":\"";

/// With the checksum of what stands before it, and without the end of the line.
inline std::string line_text(const StudyLine& l) {
    std::string s = sentence(
        "{\"key\":\"", l.key(), "\",\"study\":", l.version, ",\"library\":", json_text(l.library),
        ",\"data_checksum\":", json_text(l.data_checksum), ",\"role\":", json_text(l.role),
        ",\"cell\":", cell_text(l.cell), ",\"instructions\":", json_text(l.instructions),
        ",\"machine\":", json_text(l.machine), ",\"minutes\":", json_number(l.minutes),
        ",\"date\":", json_text(l.date), ",\"command\":", json_text(l.command),
        ",\"failed\":", json_text(l.failed), ",\"training_parameters\":", l.training_parameters,
        ",\"training_multiply_adds\":", l.training_multiply_adds,
        ",\"networks\":", networks_text(l.networks), ",\"curve\":", curve_text(l.curve));
    return sentence(s, line_check, digest(s), "\"}");
}

/// Members of a line, with errors that name it.
class LineReader {
public:
    LineReader(const Json& json, std::string source) : json_(json), source_(std::move(source)) {}
    const Json& member(std::string_view name, Json::Kind kind) const {
        const Json* j = json_.find(name);
        if (!j || !j->is(kind))
            fail(source_, ": has no '", name, "' of the right kind");
        return *j;
    }
    std::string text(std::string_view name) const { return member(name, Json::Kind::text).text; }
    double number(std::string_view name) const { return member(name, Json::Kind::number).number; }
    long whole(std::string_view name) const { return long(number(name)); }
    bool truth(std::string_view name) const { return member(name, Json::Kind::boolean).boolean; }
    const std::vector<Json>& array(std::string_view name) const {
        return member(name, Json::Kind::array).items;
    }

private:
    const Json& json_;
    std::string source_;
};
inline NetworkResult network_result_of(const Json& json, const std::string& source) {
    const LineReader in(json, source);
    NetworkResult n;
    n.name = in.text("name");
    n.learned = in.truth("learned");
    n.parameters = in.whole("parameters");
    n.multiply_adds = in.whole("multiply_adds");
    n.validation_accuracy = in.number("validation_accuracy");
    n.validation_loss = in.number("validation_loss");
    n.test_accuracy = in.number("test_accuracy");
    n.test_loss = in.number("test_loss");
    n.best_validation_accuracy = in.number("best_validation_accuracy");
    n.best_epoch = int(in.whole("best_epoch"));
    return n;
}
inline CurvePoint curve_point_of(const Json& json, const std::string& source) {
    if (json.items.size() < 2)
        fail(source, ": a point of the curve has ", json.items.size(), " parts");
    CurvePoint p{int(json.items[0].number), long(json.items[1].number), {}};
    for (std::size_t k = 2; k < json.items.size(); ++k) {
        p.networks.emplace_back();
        for (const Json& value : json.items[k].items)
            p.networks.back().push_back(value.number);
    }
    return p;
}
/// What line_text wrote. Throws where a byte was changed since.
inline StudyLine line_of(std::string_view text, const std::string& source) {
    const std::size_t check = text.rfind(line_check);
    if (check == text.npos ||
        text.substr(check) != sentence(line_check, digest(text.substr(0, check)), "\"}"))
        fail(source, ": was changed or damaged since it was written; its checksum does not fit");
    const Json json = parse_json(text, source);
    const LineReader in(json, source);
    StudyLine l;
    l.version = int(in.whole("study"));
    l.library = in.text("library");
    l.data_checksum = in.text("data_checksum");
    l.role = in.text("role");
    l.cell = cell_of(in.member("cell", Json::Kind::object), source);
    l.instructions = in.text("instructions");
    l.machine = in.text("machine");
    l.minutes = in.number("minutes");
    l.date = in.text("date");
    l.command = in.text("command");
    l.failed = in.text("failed");
    l.training_parameters = in.whole("training_parameters");
    l.training_multiply_adds = in.whole("training_multiply_adds");
    for (const Json& n : in.array("networks"))
        l.networks.push_back(network_result_of(n, source));
    for (const Json& p : in.array("curve"))
        l.curve.push_back(curve_point_of(p, source));
    if (in.text("key") != l.key())
        fail(source, ": its key is ", in.text("key"), ", its contents make ", l.key());
    return l;
}
}  // namespace detail

inline std::string StudyLine::outcome_text() const {
    return sentence(detail::networks_text(networks), detail::curve_text(curve), failed);
}

/// The lines of a file.
struct StudyLines {
    std::vector<StudyLine> lines{};
    /// What was found half written at the end, by a process that was killed; empty: nothing
    std::string remark{};
};

/// Throws Error for a damaged line, and for two lines with the same key and instructions that say
/// different things: it names both. A line without an end, as a kill leaves it, is not read. A file
/// that does not exist holds no lines.
inline StudyLines read_results(const std::string& path) {
    StudyLines all;
    std::ifstream file(path, std::ios::binary);
    if (!file)
        return all;
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    std::map<std::string, std::size_t> seen;
    std::size_t at = 0;
    for (int number = 1; at < text.size(); ++number) {
        const std::size_t end = text.find('\n', at);
        const std::string source = sentence(path, ", line ", number);
        if (end == text.npos) {
            all.remark = sentence(source, ": ends in the middle, as a killed process leaves it; "
                                          "its training is repeated");
            break;
        }
        StudyLine line = detail::line_of(std::string_view(text).substr(at, end - at), source);
        line.number = number;
        const auto [first, fresh] =
            seen.emplace(line.key() + "/" + line.instructions, all.lines.size());
        if (!fresh && all.lines[first->second].outcome_text() != line.outcome_text())
            fail(path, ": lines ", all.lines[first->second].number, " and ", number,
                 " are the same training (key ", line.key(), ", ", line.instructions,
                 ") with different results; expected the same to the last digit");
        all.lines.push_back(std::move(line));
        at = end + 1;
    }
    return all;
}

/// Appends the line in one write and waits until the disk has it. A half line at the end, of a
/// process that was killed, is cut off. Returns a remark about that, or nothing.
inline std::string append_result(const std::string& path, const StudyLine& line) {
    std::string remark;
#ifdef COLLAB_STUDY_LOCKS
    const int file = ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    const auto check = [&](bool good, const char* what) {
        if (good)
            return;
        const int error = errno;
        if (file >= 0)
            ::close(file);
        fail("cannot ", what, " the results ", path, ": ", detail::reason(error));
    };
    check(file >= 0, "open");
    check(::flock(file, LOCK_EX) == 0, "lock");  // until it is closed
    const off_t size = ::lseek(file, 0, SEEK_END);
    check(size >= 0, "look at");
    off_t whole = size;
    for (char c = 0; whole > 0; --whole) {
        check(::pread(file, &c, 1, whole - 1) == 1, "read");
        if (c == '\n')
            break;
    }
    if (whole < size) {
        check(::ftruncate(file, whole) == 0, "cut the half line off");
        remark = sentence(path, ": ", long(size - whole),
                          " bytes of a line that a killed process had left half written were cut "
                          "off");
    }
    const std::string text = detail::line_text(line) + "\n";
    const bool written = ::write(file, text.data(), text.size()) == ssize_t(text.size());
    if (!written)
        static_cast<void>(::ftruncate(file, whole));
    check(written, "append to");
    check(::fsync(file) == 0, "sync");
    ::close(file);
#else
    fail(path, ": this system has no flock; a study needs it");
#endif
    return remark;
}

}  // namespace collab
