// SPDX-License-Identifier: Apache-2.0
// made_lines: lines of a study that nobody trained, a folder that goes away, and a trainer that
// makes results from the cell alone.
#pragma once
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include <collab/study/trainer.hpp>

struct Folder {
    std::string path;
    Folder() {
        std::string name =
            (std::filesystem::temp_directory_path() / "collab-study-XXXXXX").string();
        path = ::mkdtemp(name.data());
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string operator/(const std::string& name) const { return path + "/" + name; }
};
inline std::string contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline collab::StudyLine made_line(const std::string& method, std::uint64_t seed, double first,
                                   double second) {
    collab::StudyLine l;
    l.cell.method = method;
    l.cell.validation = 10;
    l.cell.seed = seed;
    l.data_checksum = "1234";
    l.instructions = "made";
    l.machine = "none";
    l.minutes = 2;
    l.networks.resize(2);
    l.networks[0].name = "A";
    l.networks[1].name = "B";
    const double test[]{first, second};
    for (int i = 0; i < 2; ++i) {
        collab::NetworkResult& n = l.networks[std::size_t(i)];
        n.test_accuracy = test[i];
        n.validation_accuracy = test[i] - 0.01;
        n.parameters = 100 + i;
    }
    for (int epoch = 1; epoch <= 2; ++epoch) {
        const double v = epoch == 1 ? 0.5 : first - 0.01;
        l.curve.push_back({epoch, 10L * epoch, {{1, 0.4, 0, 0, 0, 1, v}, {1, 0.4, 0, 0, 0, 1, v}}});
    }
    return l;
}

/// Its accuracies follow from the cell; it can be told to take its time, or to be interrupted.
class MadeTrainer : public collab::Trainer {
public:
    int milliseconds = 0;
    std::vector<std::string> trained{};
    std::string loss_error{};  ///< thrown for method "bad"

    std::vector<collab::Cell> trainings(const collab::Cell& row) const override {
        collab::Cell cell = row;
        if (row.method == "cl")
            return {cell};
        cell.alpha = collab::Cell{}.alpha;
        std::vector<collab::Cell> both(2, cell);
        both[0].network = 0;
        both[1].network = 1;
        return both;
    }
    std::vector<collab::Cell> before(const collab::Cell& cell) const override {
        if (cell.method != "taught")
            return {};
        collab::Cell teacher = cell;
        teacher.method = "il";
        return {teacher};
    }
    std::string data_checksum(const collab::Cell&) override { return "1234"; }
    std::string instructions() const override { return "made"; }
    std::string machine() const override { return "none"; }
    std::optional<collab::StudyLine> train(const collab::Cell& cell,
                                           const collab::TrainingPlace& place) override {
        std::filesystem::create_directories(place.folder);
        std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
        trained.push_back(cell_text(cell));
        if (cell.method == "bad")
            throw collab::Error(loss_error);
        const double accuracy =
            0.5 + 0.01 * double(cell.seed) + (cell.learning_rate == 0.1 ? 0.2 : 0);
        collab::StudyLine l = made_line(cell.method, cell.seed, accuracy, accuracy);
        if (cell.network >= 0) {
            l.networks.resize(1);
            for (collab::CurvePoint& p : l.curve)
                p.networks.resize(1);
        }
        return l;
    }
};
