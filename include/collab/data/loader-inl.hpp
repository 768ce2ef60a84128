// SPDX-License-Identifier: Apache-2.0
// loader-inl: the bodies of loader.
#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>

#include <collab/core/error.hpp>
#include <collab/data/balance.hpp>
#include <collab/data/loader.hpp>
#include <collab/data/sampler.hpp>

namespace collab {
namespace detail {
inline PictureReader memory_reader(const Images& images, const Transform& transform) {
    return [&images, augmenter = Augmenter(transform, images.dims)](int index, Random random,
                                                                    bool training, float* out) {
        augmenter.apply(images, index, random, training, out);
        return label_of(images, index);
    };
}
COLLAB_COMPILED COLLAB_COLD TargetReader target_reader(const Images& images) {
    const auto width = static_cast<std::size_t>(images.target_size);
    return {images.target_size, [&images, width](int index, float* to) {
                std::copy_n(images.targets.data() + static_cast<std::size_t>(index) * width, width,
                            to);
            }};
}
}  // namespace detail

/// What belongs to the threads.
struct Loader::Work {
    Work(int size, Dims dims, Reader read, const LoaderOptions& options, TargetReader targets);
    ~Work() { end(); }
    void start(int epoch, int first);
    const Batch* next();

    struct Slot {
        std::vector<float> images, targets;
        std::vector<int> labels, indices;
        Batch batch;
        int unmade = 0;  // samples that are still to be made
        int wrong = 0;   // the first sample that could not be made, and why
        std::exception_ptr error;
    };
    // samples first to first + count of a batch
    struct Claim {
        int batch = 0;
        int first = 0;
        int count = 0;
    };

    Slot& slot_of(int batch) { return ring_[static_cast<std::size_t>(batch) % ring_.size()]; }
    int samples_in(int batch) const {
        return std::min(options_.batch, samples_ - batch * options_.batch);
    }
    void end();

    /// What each thread does: one thread of a run makes the order, then all take parts of batches,
    /// earlier batches first.
    void work();
    bool may_claim() const;
    Claim next_claim();
    /// A batch with an error in it is made to its end before the error is told, so that it is
    /// always the first one of the batch.
    void finish(Slot& slot, const Claim& claim, const std::exception_ptr& error, int at);
    void order(int epoch);
    void make(Slot& slot, int batch, int sample, int epoch) const;
    int read(int index, int epoch, Random random, float* out) const;
    void mix(int index, int epoch, Random random, float* image, float* targets) const;

    int samples_ = 0;
    int batches_ = 0;
    int chunk_ = 1;
    Dims dims_;
    Reader read_;
    TargetReader targets_;
    LoaderOptions options_;
    std::vector<detail::Turn> order_;
    std::array<Slot, 3> ring_;

    std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    // calls of start; written under the mutex, also read without it
    std::atomic<std::uint64_t> run_ = 0;
    bool stop_ = false;
    bool order_taken_ = false;
    bool order_ready_ = false;
    bool failed_ = false;
    // batches ready and batches asked for, of the present epoch
    int epoch_ = 0;
    int made_ = 0;
    int given_ = 0;
    // batches of which every part is taken, and samples taken of the next one
    int claimed_ = 0;
    int claimed_in_batch_ = 0;
    // threads outside of the mutex, and those among them that work for an epoch given up
    int working_ = 0;
    int stale_ = 0;
    std::vector<std::thread> threads_;
};
COLLAB_COMPILED COLLAB_COLD Loader::Work::Work(int size, Dims dims, Reader read,
                                               const LoaderOptions& options, TargetReader targets)
    : dims_(dims),
      read_(std::move(read)),
      targets_(std::move(targets)),
      options_(options) {
    if (size < 1)
        fail("loader: ", size, " pictures; expected at least 1");
    if (dims.channels < 1 || dims.height < 1 || dims.width < 1)
        fail("loader: pictures without extent; expected positive extents");
    if (options.batch < 1)
        fail("loader: batch = ", options.batch, "; expected at least 1");
    if (options.threads < 0 || options.threads > 1024)
        fail("loader: threads = ", options.threads, "; expected 0 to 1024");
    for (const int i : options.indices)
        if (i < 0 || i >= size)
            fail("loader: index ", i, " among indices; expected 0 to ", size - 1);
    if (options.mix && targets_.size == 0)
        fail("loader: pictures are to be mixed, and their targets are class numbers; expected "
             "target values, such as one_hot(images) has");
    if (!options.balance.empty() && options.balance.size() != static_cast<std::size_t>(size))
        fail("loader: balance has ", options.balance.size(), " class numbers; expected ", size,
             ", one for each picture");
    for (const int c : options.balance)
        if (c < 0 || c > 1 << 24)
            fail("loader: a class number of balance is ", c, "; expected 0 to ", 1 << 24);
    const int seen = options.indices.empty() ? size : static_cast<int>(options.indices.size());
    const bool drop = options.drop_last.value_or(options.training && seen >= options.batch);
    if (drop && seen < options.batch)
        fail("loader: batch = ", options.batch, " with drop_last leaves nothing of ", seen,
             " pictures; expected a batch of at most ", seen);
    samples_ = drop ? seen - seen % options.batch : seen;
    batches_ =
        static_cast<int>((static_cast<std::int64_t>(samples_) + options.batch - 1) / options.batch);
    order_.resize(static_cast<std::size_t>(seen));
    const auto capacity = static_cast<std::size_t>(std::min(options.batch, samples_));
    for (Slot& slot : ring_) {
        slot.images.resize(capacity * static_cast<std::size_t>(dims.size()));
        slot.labels.resize(capacity);
        slot.targets.resize(capacity * static_cast<std::size_t>(targets_.size));
        slot.indices.resize(capacity);
    }
    const int threads = options.threads > 0
                            ? options.threads
                            : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    // Alone, a thread takes a whole batch; of several, each takes a small part, so that they work
    // on the batch that is needed first.
    chunk_ = threads == 1 ? options.batch : std::clamp(options.batch / (4 * threads), 1, 16);
    try {
        for (int t = 0; t < threads; ++t)
            threads_.emplace_back([this] { work(); });
    } catch (...) {
        end();
        throw;
    }
}
COLLAB_COMPILED COLLAB_COLD void Loader::Work::start(int epoch, int first) {
    if (epoch < 0)
        fail("loader: epoch ", epoch, "; expected at least 0");
    if (first < 0 || first > batches_)
        fail("loader: batch ", first, " to begin with; expected 0 to ", batches_);
    {
        const std::lock_guard lock(mutex_);
        ++run_;
        epoch_ = epoch;
        made_ = given_ = claimed_ = first;
        stale_ = working_;  // until these notice, they may write into the ring
        claimed_in_batch_ = 0;
        order_ready_ = order_taken_ = failed_ = false;
        for (Slot& slot : ring_) {
            slot.unmade = 0;
            slot.error = nullptr;
        }
    }
    changed_.notify_all();
}
COLLAB_COMPILED COLLAB_COLD const Batch* Loader::Work::next() {
    std::unique_lock lock(mutex_);
    if (run_ == 0)
        fail("loader: next was called before start");
    if (given_ > batches_)
        return nullptr;
    ++given_;  // from here on the previous batch may be overwritten
    changed_.notify_all();
    if (given_ > batches_)
        return nullptr;
    Slot& slot = slot_of(given_ - 1);
    changed_.wait(lock, [&] { return made_ >= given_; });
    if (slot.error) {
        --given_;
        std::rethrow_exception(slot.error);
    }
    return &slot.batch;
}
COLLAB_COMPILED COLLAB_COLD void Loader::Work::end() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
        ++run_;
    }
    changed_.notify_all();
    for (std::thread& t : threads_)
        t.join();
}
COLLAB_COMPILED COLLAB_COLD void Loader::Work::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [&] {
            return stop_ || (run_ != 0 && stale_ == 0 && (!order_taken_ || may_claim()));
        });
        if (stop_)
            return;
        const std::uint64_t run = run_;
        const int epoch = epoch_;
        ++working_;
        if (!order_taken_) {
            order_taken_ = true;
            lock.unlock();
            order(epoch);
            lock.lock();
            if (run_ == run)
                order_ready_ = true;
        } else {
            const Claim claim = next_claim();
            Slot& slot = slot_of(claim.batch);
            lock.unlock();
            std::exception_ptr error;
            int at = claim.first;
            try {
                for (;
                     at < claim.first + claim.count && run_.load(std::memory_order_relaxed) == run;
                     ++at)
                    make(slot, claim.batch, at, epoch);
            } catch (...) {
                error = std::current_exception();
            }
            lock.lock();
            if (run_ == run)
                finish(slot, claim, error, at);
        }
        --working_;
        if (run_ != run)
            --stale_;
        changed_.notify_all();
    }
}
COLLAB_COMPILED COLLAB_COLD bool Loader::Work::may_claim() const {
    // Batch b takes the place of b - 3, which the caller must have handed back; it holds batch
    // given_ - 1.
    return order_ready_ && !failed_ && claimed_ < batches_ &&
           claimed_ - static_cast<int>(ring_.size()) < std::max(0, given_ - 1);
}
COLLAB_COMPILED COLLAB_COLD Loader::Work::Claim Loader::Work::next_claim() {
    const int size = samples_in(claimed_);
    if (claimed_in_batch_ == 0) {
        Slot& slot = slot_of(claimed_);
        slot.unmade = size;
        slot.error = nullptr;
    }
    const Claim claim{claimed_, claimed_in_batch_, std::min(chunk_, size - claimed_in_batch_)};
    claimed_in_batch_ += claim.count;
    if (claimed_in_batch_ == size) {
        ++claimed_;
        claimed_in_batch_ = 0;
    }
    return claim;
}
COLLAB_COMPILED COLLAB_COLD void Loader::Work::finish(Slot& slot, const Claim& claim,
                                                      const std::exception_ptr& error, int at) {
    if (error && (!slot.error || at < slot.wrong)) {
        slot.error = error;
        slot.wrong = at;
    }
    slot.unmade -= claim.count;
    if (slot.unmade == 0)
        slot.batch = {slot.images.data(), slot.labels.data(), slot.indices.data(),
                      samples_in(claim.batch), targets_.size > 0 ? slot.targets.data() : nullptr};
    while (made_ < claimed_ && slot_of(made_).unmade == 0) {
        if (slot_of(made_).error)
            failed_ = true;  // nothing behind it will be given
        ++made_;
        if (failed_)
            break;
    }
}
COLLAB_COMPILED COLLAB_COLD void Loader::Work::order(int epoch) {
    const auto e = static_cast<std::uint64_t>(epoch);
    std::vector<int> pictures = options_.indices;
    if (pictures.empty())
        for (std::size_t i = 0; i < order_.size(); ++i)
            pictures.push_back(static_cast<int>(i));
    if (options_.balance.empty())
        std::transform(pictures.begin(), pictures.end(), order_.begin(),
                       [](int i) { return detail::Turn{i, 0}; });
    else
        order_ = detail::balanced_turns(pictures, options_.balance, static_cast<int>(order_.size()),
                                        Random{options_.seed, 0x62616c}.child(e));
    if (options_.shuffle)
        detail::shuffle(order_, Random{options_.seed, 0x736866}.child(e));
}
COLLAB_COMPILED COLLAB_COLD void Loader::Work::make(Slot& slot, int batch, int sample,
                                                    int epoch) const {
    const auto at = static_cast<std::size_t>(sample);
    const auto [index, turn] =
        order_[static_cast<std::size_t>(batch) * static_cast<std::size_t>(options_.batch) + at];
    Random random = sample_random(options_.seed, epoch, index);
    if (turn > 0)
        random = random.child(0x7475726e).child(static_cast<std::uint64_t>(turn));
    float* const image = slot.images.data() + at * static_cast<std::size_t>(dims_.size());
    float* const targets = slot.targets.data() + at * static_cast<std::size_t>(targets_.size);
    slot.indices[at] = index;
    slot.labels[at] = read(index, epoch, random, image);
    if (targets_.size > 0)
        targets_.read(index, targets);
    if (options_.mix && options_.training)
        mix(index, epoch, random.child(0x6d6978), image, targets);
}
/// One picture of the set, and its label.
COLLAB_COMPILED COLLAB_COLD int Loader::Work::read(int index, int epoch, Random random,
                                                   float* out) const {
    const int label = read_(index, random, options_.training, out);
    if (options_.alternating_flip && options_.training &&
        alternately_mirrored(options_.seed, epoch, index))
        for (int y = 0; y < dims_.height; ++y)
            for (int x = 0; x < dims_.width / 2; ++x) {
                float* const row =
                    out + static_cast<std::ptrdiff_t>(y) * dims_.width * dims_.channels;
                std::swap_ranges(row + x * dims_.channels, row + (x + 1) * dims_.channels,
                                 row + (dims_.width - 1 - x) * dims_.channels);
            }
    return label;
}
/// Another picture of the epoch, made for this one alone, whatever batch either is in.
COLLAB_COMPILED COLLAB_COLD void Loader::Work::mix(int index, int epoch, Random random,
                                                   float* image, float* targets) const {
    thread_local std::vector<float> other;
    thread_local std::vector<float> other_targets;
    other.resize(static_cast<std::size_t>(dims_.size()));
    other_targets.resize(static_cast<std::size_t>(targets_.size));
    const Words w = random(0);
    const int partner = order_[below(w.w[0], static_cast<std::uint32_t>(order_.size()))].index;
    read(partner, epoch, random.child(1), other.data());
    targets_.read(partner, other_targets.data());
    const float share =
        static_cast<float>(options_.mix(random.child(2), dims_, image, other.data()));
    if (!(share >= 0 && share <= 1))
        fail("mixing picture ", index, " with picture ", partner, ": ", share,
             " is the share of the first; expected a number from 0 to 1");
    for (std::size_t k = 0; k < other_targets.size(); ++k)
        targets[k] = share * targets[k] + (1 - share) * other_targets[k];
}
COLLAB_COMPILED COLLAB_COLD Loader::Loader(const Images& images, const Transform& transform,
                                           const LoaderOptions& options)
    : Loader((check(images), images.size()), transform.dims(images.dims),
             detail::memory_reader(images, transform), detail::with_flip(options, transform),
             detail::target_reader(images)) {}
COLLAB_COMPILED COLLAB_COLD Loader::Loader(int size, Dims dims, Reader read,
                                           const LoaderOptions& options, TargetReader targets)
    : work_(std::make_unique<Work>(size, dims, std::move(read), options, std::move(targets))) {}
COLLAB_COMPILED COLLAB_COLD Loader::~Loader() {}
COLLAB_COMPILED COLLAB_COLD void Loader::start(int epoch, int first) {
    work_->start(epoch, first);
}
COLLAB_COMPILED COLLAB_COLD const Batch* Loader::next() {
    return work_->next();
}
COLLAB_COMPILED COLLAB_COLD int Loader::batches() const {
    return work_->batches_;
}
COLLAB_COMPILED COLLAB_COLD int Loader::samples() const {
    return work_->samples_;
}
COLLAB_COMPILED COLLAB_COLD Dims Loader::dims() const {
    return work_->dims_;
}
COLLAB_COMPILED COLLAB_COLD const LoaderOptions& Loader::options() const {
    return work_->options_;
}
}  // namespace collab
