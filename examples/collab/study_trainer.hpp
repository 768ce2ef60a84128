// SPDX-License-Identifier: Apache-2.0
// study_trainer: trains the cells of a study with what the program can compile.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <collab/io/live_view.hpp>
#include <collab/study/trainer.hpp>

#include "options.hpp"

namespace program {

class StudyTrainer final : public collab::Trainer {
public:
    /// `folders`: words like cifar10:DIR, which say where a data set of a grid lies.
    StudyTrainer(const std::vector<std::string>& folders, int threads, bool quiet);
    ~StudyTrainer() override;

    std::vector<collab::Cell> trainings(const collab::Cell& row) const override;
    std::vector<collab::Cell> before(const collab::Cell& cell) const override;
    std::string data_checksum(const collab::Cell& cell) override;
    std::string instructions() const override;
    std::string machine() const override;
    std::optional<collab::StudyLine> train(const collab::Cell& cell,
                                           const collab::TrainingPlace& place) override;

private:
    struct Opened;
    const Opened& opened(const std::string& data);
    collab::Splits splits_of(const collab::Cell& cell);
    TrainingOptions options_for(const collab::Cell& cell) const;
    Job job_for(const collab::Cell& cell, const collab::Splits& splits,
                const collab::TrainingPlace& place) const;
    Outcome run(const collab::Splits& splits, const collab::Cell& cell, const Job& job) const;
    bool load_teachers(const collab::Cell& cell, const collab::TrainingPlace& place,
                       Snapshots& snapshots);

    std::map<std::string, std::string> folders_;
    std::map<std::string, std::unique_ptr<Opened>> opened_;
    collab::LiveView progress_;
    int threads_;
};

}  // namespace program
