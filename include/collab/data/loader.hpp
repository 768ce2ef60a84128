// SPDX-License-Identifier: Apache-2.0
// loader: prepares the next batches on threads of its own while the present one is trained on.
#pragma once
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/core/random.hpp>
#include <collab/core/shape.hpp>
#include <collab/data/images.hpp>
#include <collab/data/mixing.hpp>
#include <collab/data/transforms.hpp>

namespace collab {

/// Pictures as floats in NHWC order, their targets, and their places in the data set.
struct Batch {
    const float* images = nullptr;
    const int* labels = nullptr;
    const int* indices = nullptr;
    int size = 0;
    const float* targets = nullptr;  ///< [size][target_size]; null where there are class numbers
};

struct LoaderOptions {
    int batch = 128;
    bool shuffle = true;     ///< a new order in every epoch; otherwise the order of the set
    std::uint64_t seed = 0;  ///< the same seed gives the same batches, bit for bit
    bool training = true;    ///< augment
    /// What becomes of a last batch that is not full. Unless said: kept for evaluation, where every
    /// picture counts; dropped for training if there is a full batch, because batch normalization
    /// has no variance to divide by in a last batch of one picture.
    std::optional<bool> drop_last = {};
    /// that prepare batches; 0: one per core. The batches do not depend on it
    int threads = 1;
    /// the only pictures that are seen, such as one part of a split; empty: all
    std::vector<int> indices = {};
    /// the class numbers of all pictures of the set, where each class is to be seen equally often:
    /// in an epoch, of as many pictures as without, those of small classes come several times, each
    /// time with other random choices, and some of large ones not at all. Empty: each comes once
    std::vector<int> balance = {};
    /// pictures are mirrored in every second epoch, when training: Transform::alternating_flip
    bool alternating_flip = false;
    /// mixes each picture, and its target values, with another one of the set, when training
    PictureMixer mix = {};
};

/// Writes picture `index` as floats to `out`, with choices from `random` when `training`, and
/// returns its label. A loader of several threads calls it from all of them at once.
using PictureReader = std::function<int(int index, Random random, bool training, float* out)>;

/// The target values of each picture, for sets whose targets are values: how many there are, and
/// what writes those of picture `index`. A loader of several threads calls it from all at once.
struct TargetReader {
    int size = 0;
    std::function<void(int index, float* out)> read{};
};

/// Pictures that are made when they are asked for, such as the files of a folder: how many there
/// are, of which extents a transform makes them, and what reads them. It may have a `name` for
/// messages, `classes` to be compared with the networks' outputs, and a `checksum()` of its
/// contents: without one, a resumed training takes any set of the same name and size for the one it
/// began with. Where its targets are values it says so by `target_size`, and
/// `target(int index, float* out)` writes them.
template <class S>
concept PictureSource = requires(const S& source, const Transform& transform) {
    { source.size() } -> std::convertible_to<int>;
    { source.output(transform) } -> std::convertible_to<Dims>;
    { source.reader(transform) } -> std::convertible_to<PictureReader>;
};

namespace detail {
inline LoaderOptions with_flip(LoaderOptions options, const Transform& transform) {
    options.alternating_flip = options.alternating_flip || transform.alternating_flip;
    return options;
}
TargetReader target_reader(const Images& images);
template <PictureSource S>
TargetReader target_reader(const S& source) {
    if constexpr (requires(float* to) {
                      { source.target_size } -> std::convertible_to<int>;
                      source.target(0, to);
                  })
        return {source.target_size, [&source](int i, float* to) { source.target(i, to); }};
    else
        return {};
}
}  // namespace detail

/// The batches of one epoch after another.
///
///     Loader loader(set.train, {.crop_padding = 4, .flip = true}, {.batch = 128, .seed = 1});
///     for (loader.start(epoch); const Batch* batch = loader.next();) train_on(*batch);
///
/// One thread may use a loader at a time. All memory is taken by the constructor: three batches in
/// a ring.
class Loader {
public:
    using Reader = PictureReader;

    /// `images` must outlive the loader.
    Loader(const Images& images, const Transform& transform, const LoaderOptions& options = {});
    Loader(Images&&, const Transform&, const LoaderOptions& = {}) = delete;

    /// `source` must outlive the loader.
    template <PictureSource S>
    Loader(const S& source, const Transform& transform, const LoaderOptions& options = {})
        : Loader(source.size(), source.output(transform), source.reader(transform),
                 detail::with_flip(options, transform), detail::target_reader(source)) {}

    /// Pictures from anywhere: `size` of them, of extents `dims`, made by `read`, which is called
    /// on the loader's threads, and with target values where there are such.
    Loader(int size, Dims dims, Reader read, const LoaderOptions& options,
           TargetReader targets = {});
    ~Loader();
    Loader(const Loader&) = delete;
    Loader& operator=(const Loader&) = delete;

    /// Begins an epoch, also in the middle of another, of which nothing more is seen. Ends the life
    /// of the last batch. `first` batches are passed over, unmade: for a training that goes on
    /// where it was interrupted.
    void start(int epoch, int first = 0);
    /// The next batch, which lives until the following call of next or start, or nullptr when the
    /// epoch is over. What went wrong on the loader's thread is thrown here, after the batches that
    /// were ready before it.
    const Batch* next();

    int batches() const;  ///< in one epoch
    int samples() const;  ///< in one epoch: all, or all but the incomplete last batch
    Dims dims() const;    ///< of the pictures in the batches
    const LoaderOptions& options() const;

private:
    struct Work;
    std::unique_ptr<Work> work_;
};

}  // namespace collab

#ifdef COLLAB_BODIES
#include <collab/data/loader-inl.hpp>
#endif
