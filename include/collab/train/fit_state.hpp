// SPDX-License-Identifier: Apache-2.0
// fit_state: where a training stands: what `fit` itself has to remember, so that it can be put down
// and taken up again.
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/core/error.hpp>
#include <collab/data/images.hpp>
#include <collab/data/transforms.hpp>
#include <collab/io/safetensors.hpp>
#include <collab/train/checkpoint.hpp>
#include <collab/train/history.hpp>

namespace collab::detail {

struct FitState {
    int epoch = 0;
    int epochs = 0;  ///< epoch: the running one, from 0
    long batch = 0;
    long step = 0;  ///< steps of the epoch, and of all
    long counted = 0;
    long trained = 0;   ///< steps since the last record; images
    double errors = 0;  ///< shares of wrong answers, added up over the epoch
    /// that share in each epoch that is over: from it the schedule finds its way again
    std::vector<double> past;
    double learning_rate = 0;  ///< what the schedule said for this epoch
    /// seconds that passed before the program was interrupted
    double wall = 0;
    Record running;  ///< sums since the last record
    History history;
    bool finished = false;  ///< a callback has ended it

    explicit FitState(std::size_t networks) {
        running.epoch = 1;
        running.networks.resize(networks);
    }

    double last_error() const { return past.empty() ? 1 : past.back(); }
    /// Whether a record is the best one so far.
    void note(const Record& r, bool higher_is_better);
    /// The running stretch as means.
    Record means(double seconds) const;

    void save(Tensors& file) const;
    void load(const Tensors& file);

private:
    static void append(std::vector<double>& to, const Record& r);
    static Record record(const double* v, std::size_t networks, bool more);
};

/// A set of pictures: where they lie in memory, or only how many there are.
struct Pictures {
    const Images* images = nullptr;
    int size = 0;
    std::string words;  ///< what a source that is not in memory says of itself
    Pictures(const Images& in_memory) : images(&in_memory), size(in_memory.size()) {}
    template <class S>
    Pictures(const S& source) : size(source.size()) {
        if constexpr (requires {
                          { source.name } -> std::convertible_to<std::string>;
                      })
            words = source.name + std::string(", ");
        words += sentence(size, " images");
        if constexpr (requires {
                          { source.checksum() } -> std::convertible_to<std::uint32_t>;
                      })
            words += sentence(", checksum ", std::uint32_t(source.checksum()));
    }
};
/// Words that tell one set of pictures from another, and one way of looking at them from another.
std::string set_words(const Pictures& set);

std::string transform_words(const Transform& t);

}  // namespace collab::detail

#ifdef COLLAB_BODIES
#include <collab/train/fit_state-inl.hpp>
#endif
