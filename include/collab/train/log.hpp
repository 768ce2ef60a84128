// SPDX-License-Identifier: Apache-2.0
// log: callbacks that write the records of a training to files: JSON lines, CSV, and what
// TensorBoard reads.
#pragma once
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/train/history.hpp>

namespace collab {

namespace detail {
struct NamedFigure {
    std::string name;
    double value;
};
/// What logs say of a network, in the words of its task.
std::vector<NamedFigure> figures(const NetworkRecord& r, const TaskWords& task);

/// A file that grows line by line. It begins with what a checkpoint remembers, so that a training
/// that goes on has no line twice: what stands behind that is cut off, and a file that begins in
/// another way is replaced. A reader who holds the file open sees a training go on.
class GrowingFile {
public:
    void begin(const std::string& path, std::string_view what, const std::string& contents);
    void append(const std::string& bytes);

private:
    std::string what_, path_;
    std::shared_ptr<std::FILE> file_;
};
template <class Training>
std::vector<std::string> names_of(const Training& t) {
    std::vector<std::string> names;
    for (int i = 0; i < Training::networks; ++i)
        names.push_back(t.name(i));
    return names;
}

std::string json_line(const Record& r, const std::vector<std::string>& names,
                      const TaskWords& task);
/// A cell of CSV (RFC 4180).
std::string csv_text(std::string_view text);
std::string csv_head(const std::vector<std::string>& names, const TaskWords& task);
std::string csv_line(const Record& r, const TaskWords& task);
double seconds_since_1970();
std::string event_path(const std::string& folder);
/// When the training began whose events are there; `otherwise` where none are.
double event_start(const std::string& folder, double otherwise);
std::string event_head(double start);
std::string record_event(double start, const Record& r, const std::vector<std::string>& names,
                         const TaskWords& task);
}  // namespace detail

/// A callback: one line of JSON for each evaluation. Without a path, as with the other logs,
/// nothing is written.
///
///     JsonLines log{"run/log.jsonl"};
///     training.fit(data, {.epochs = 20}, log);
struct JsonLines {
    static constexpr const char* name = "JsonLines";
    std::string path;
    detail::GrowingFile file{};

    template <class Training>
    void begin(Training& t, const History& h) {
        if (path.empty())
            return;
        std::string all;
        for (const Record& r : h.records)
            all += detail::json_line(r, detail::names_of(t), detail::task_of<Training>());
        file.begin(path, "the log", all);
    }
    template <class Training>
    bool evaluated(Training& t, const FitEvent& e) {
        if (path.empty())
            return true;
        file.append(detail::json_line(*e.record, detail::names_of(t), detail::task_of<Training>()));
        return true;
    }
};

/// A callback: a table with a row for each evaluation, the names of its columns in the first; a
/// cell is empty where there is no number.
struct CsvFile {
    static constexpr const char* name = "CsvFile";
    std::string path;
    detail::GrowingFile file{};

    template <class Training>
    void begin(Training& t, const History& h) {
        if (path.empty())
            return;
        std::string all = detail::csv_head(detail::names_of(t), detail::task_of<Training>());
        for (const Record& r : h.records)
            all += detail::csv_line(r, detail::task_of<Training>());
        file.begin(path, "the table", all);
    }
    template <class Training>
    bool evaluated(Training&, const FitEvent& e) {
        if (path.empty())
            return true;
        file.append(detail::csv_line(*e.record, detail::task_of<Training>()));
        return true;
    }
};

/// A callback: `tensorboard --logdir FOLDER` shows curves, NETWORK/classification,
/// NETWORK/test_accuracy and so on, while training runs.
struct TensorBoard {
    static constexpr const char* name = "TensorBoard";
    std::string folder;
    detail::GrowingFile file{};
    double start = 0;  ///< seconds since 1970

    template <class Training>
    void begin(Training& t, const History& h) {
        if (folder.empty())
            return;
        start = detail::seconds_since_1970() - (h.records.empty() ? 0 : h.records.back().seconds);
        if (h.resumed > 0)
            start = detail::event_start(folder, start);
        std::string all = detail::event_head(start);
        for (const Record& r : h.records)
            all += detail::record_event(start, r, detail::names_of(t), detail::task_of<Training>());
        // A fixed name: TensorBoard asks for the middle part, and a training that goes on writes
        // to its file.
        file.begin(detail::event_path(folder), "the events", all);
    }
    template <class Training>
    bool evaluated(Training& t, const FitEvent& e) {
        if (folder.empty())
            return true;
        file.append(detail::record_event(start, *e.record, detail::names_of(t),
                                         detail::task_of<Training>()));
        return true;
    }
};

}  // namespace collab

#ifdef COLLAB_BODIES
#include <collab/train/log-inl.hpp>
#endif
