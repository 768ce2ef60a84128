// SPDX-License-Identifier: Apache-2.0
// loader: prepares the next batches on a thread of its own while the present one is trained on.
#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <collab/core/error.hpp>
#include <collab/core/random.hpp>
#include <collab/core/shape.hpp>
#include <collab/data/augment.hpp>
#include <collab/data/images.hpp>

namespace collab {

/// Pictures as floats in NHWC order, their labels, and their places in the data set.
struct Batch {
    const float* images = nullptr;
    const int* labels = nullptr;
    const int* indices = nullptr;
    int size = 0;
};

struct LoaderOptions {
    int batch = 128;
    bool shuffle = true;      ///< a new order in every epoch; otherwise the order of the set
    std::uint64_t seed = 0;   ///< the same seed gives the same batches, bit for bit
    bool training = true;     ///< augment
    /// What becomes of a last batch that is not full. Unless said: kept for evaluation, where every picture counts; dropped for training
    /// if there is a full batch, because batch normalisation has no variance to divide by in a last batch of one picture.
    std::optional<bool> drop_last = {};
};

/// The batches of one epoch after another.
///
///     Loader loader(set.train, {.crop_padding = 4, .flip = true}, {.batch = 128, .seed = 1});
///     for (loader.start(epoch); const Batch* batch = loader.next();) train_on(*batch);
///
/// One thread may use a loader at a time. All memory is taken by the constructor: three batches in a ring.
class Loader {
public:
    /// Writes picture `index` as floats to `out`, with choices from `random` when `training`, and returns its label.
    using Reader = std::function<int(int index, Random random, bool training, float* out)>;

    /// `images` must outlive the loader.
    Loader(const Images& images, const Transform& transform, const LoaderOptions& options = {})
        : Loader(checked(images).size(), transform.dims(images.dims), memory_reader(images, transform), options) {}
    Loader(Images&&, const Transform&, const LoaderOptions& = {}) = delete;

    /// Pictures from anywhere: `size` of them, of extents `dims`, made by `read`, which is called on the loader's thread.
    Loader(int size, Dims dims, Reader read, const LoaderOptions& options) : dims_(dims), read_(std::move(read)), options_(options) {
        if (size < 1) fail("loader: ", size, " pictures; expected at least 1");
        if (dims.channels < 1 || dims.height < 1 || dims.width < 1) fail("loader: pictures without extent; expected positive extents");
        if (options.batch < 1) fail("loader: batch = ", options.batch, "; expected at least 1");
        const bool drop = options.drop_last.value_or(options.training && size >= options.batch);
        if (drop && size < options.batch)
            fail("loader: batch = ", options.batch, " with drop_last leaves nothing of ", size, " pictures; expected a batch of at most ", size);
        samples_ = drop ? size - size % options.batch : size;
        batches_ = static_cast<int>((static_cast<std::int64_t>(samples_) + options.batch - 1) / options.batch);
        order_.resize(static_cast<std::size_t>(size));
        const auto capacity = static_cast<std::size_t>(std::min(options.batch, samples_));
        for (Slot& slot : ring_) {
            slot.images.resize(capacity * static_cast<std::size_t>(dims.size()));
            slot.labels.resize(capacity);
            slot.indices.resize(capacity);
        }
        thread_ = std::thread([this] { work(); });
    }
    ~Loader() {
        {
            const std::lock_guard lock(mutex_);
            stop_ = true;
            ++run_;
        }
        changed_.notify_all();
        thread_.join();
    }
    Loader(const Loader&) = delete;
    Loader& operator=(const Loader&) = delete;

    /// Begins an epoch, also in the middle of another, of which nothing more is seen. Ends the life of the last batch.
    void start(int epoch) {
        if (epoch < 0) fail("loader: epoch ", epoch, "; expected at least 0");
        {
            const std::lock_guard lock(mutex_);
            ++run_;
            epoch_ = epoch;
            made_ = given_ = 0;
            error_ = nullptr;
        }
        changed_.notify_all();
    }
    /// The next batch, which lives until the following call of next or start, or nullptr when the epoch is over. What went wrong on
    /// the loader's thread is thrown here, after the batches that were ready before it.
    const Batch* next() {
        std::unique_lock lock(mutex_);
        if (run_ == 0) fail("loader: next was called before start");
        if (given_ > batches_) return nullptr;
        ++given_;   // from here on the previous batch may be overwritten
        changed_.notify_all();
        if (given_ > batches_) return nullptr;
        changed_.wait(lock, [&] { return made_ >= given_ || error_; });
        if (made_ < given_) {
            --given_;
            std::rethrow_exception(error_);
        }
        return &ring_[static_cast<std::size_t>(given_ - 1) % ring_.size()].batch;
    }

    int batches() const { return batches_; }      ///< in one epoch
    int samples() const { return samples_; }      ///< in one epoch: all, or all but the incomplete last batch
    Dims dims() const { return dims_; }           ///< of the pictures in the batches
    const LoaderOptions& options() const { return options_; }

private:
    struct Slot {
        std::vector<float> images;
        std::vector<int> labels, indices;
        Batch batch;
    };

    static const Images& checked(const Images& images) {
        check(images);
        return images;
    }
    static Reader memory_reader(const Images& images, const Transform& transform) {
        return [&images, augmenter = Augmenter(transform, images.dims)](int index, Random random, bool training, float* out) {
            augmenter.apply(images, index, random, training, out);
            return images.labels[static_cast<std::size_t>(index)];
        };
    }

    void work() {
        std::uint64_t seen = 0;
        std::unique_lock lock(mutex_);
        for (;;) {
            changed_.wait(lock, [&] { return stop_ || run_ != seen; });
            if (stop_) return;
            seen = run_;
            const int epoch = epoch_;
            lock.unlock();
            order(epoch);
            lock.lock();
            for (int b = 0; b < batches_; ++b) {
                // Batch b takes the place of b - 3, which the caller must have handed back; it holds batch given_ - 1.
                changed_.wait(lock, [&] { return run_ != seen || b - static_cast<int>(ring_.size()) < std::max(0, given_ - 1); });
                if (run_ != seen) break;
                lock.unlock();
                std::exception_ptr error;
                try {
                    fill(ring_[static_cast<std::size_t>(b) % ring_.size()], b, epoch, seen);
                } catch (...) {
                    error = std::current_exception();
                }
                lock.lock();
                if (run_ != seen) break;
                if (error) error_ = error;
                else ++made_;
                changed_.notify_all();
                if (error) break;
            }
        }
    }
    void order(int epoch) {
        for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = static_cast<int>(i);
        if (options_.shuffle) detail::shuffle(order_, Random{options_.seed, 0x736866}.child(static_cast<std::uint64_t>(epoch)));
    }
    void fill(Slot& slot, int b, int epoch, std::uint64_t run) const {
        const int first = b * options_.batch, count = std::min(options_.batch, samples_ - first);
        for (int i = 0; i < count; ++i) {
            if (run_.load(std::memory_order_relaxed) != run) return;   // nobody waits for this batch any more
            const auto at = static_cast<std::size_t>(i);
            const int index = order_[static_cast<std::size_t>(first) + at];
            slot.indices[at] = index;
            slot.labels[at] = read_(index, sample_random(options_.seed, epoch, index), options_.training,
                                    slot.images.data() + at * static_cast<std::size_t>(dims_.size()));
        }
        slot.batch = {slot.images.data(), slot.labels.data(), slot.indices.data(), count};
    }

    int samples_ = 0, batches_ = 0;
    Dims dims_;
    Reader read_;
    LoaderOptions options_;
    std::vector<int> order_;
    std::array<Slot, 3> ring_;

    std::mutex mutex_;                       // guards what follows
    std::condition_variable changed_;
    std::atomic<std::uint64_t> run_ = 0;     // calls of start; written under the mutex, also read without it
    bool stop_ = false;
    int epoch_ = 0, made_ = 0, given_ = 0;   // batches ready and batches asked for, of the present epoch
    std::exception_ptr error_;
    std::thread thread_;
};

}  // namespace collab
