// SPDX-License-Identifier: Apache-2.0
// trainer: what a study asks of whoever trains its cells. How networks and methods are compiled is
// the trainer's business.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include <collab/study/cell.hpp>
#include <collab/study/results.hpp>

namespace collab {

/// Where a training may leave its files, and what it is called meanwhile.
struct TrainingPlace {
    std::string folder{};   ///< for checkpoints; removed when the line is written
    std::string weights{};  ///< for final weights that other cells begin from; stays
    std::string label{};    ///< for progress
    bool needed = false;    ///< other cells of the grid begin from its weights
};

class Trainer {
public:
    virtual ~Trainer() = default;
    /// The trainings that a row of a grid means: one for both networks, or one for each that is
    /// trained apart. Settings that the method does not read are set to their defaults, so that
    /// equal trainings are equal cells. Throws Error for what is not known.
    virtual std::vector<Cell> trainings(const Cell& row) const = 0;
    /// The cells whose final weights this one begins from: teachers.
    virtual std::vector<Cell> before(const Cell& cell) const = 0;
    /// Of all training and test images of the cell's data set, before anything is split off.
    virtual std::string data_checksum(const Cell& cell) = 0;
    /// What else decides the last digits: "Cpu, 16 lanes".
    virtual std::string instructions() const = 0;
    virtual std::string machine() const = 0;
    /// Trains, going on from what an interrupted training left in the folder. Nothing where it was
    /// interrupted again. Throws Error where there can be no result.
    virtual std::optional<StudyLine> train(const Cell& cell, const TrainingPlace& place) = 0;
};

}  // namespace collab
