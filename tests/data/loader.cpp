// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <collab/data/loader.hpp>

#include "temporary.hpp"

using namespace collab;

namespace {

/// Everything that one epoch gives.
struct Epoch {
    std::vector<int> sizes, indices, labels;
    std::vector<float> images;
    bool operator==(const Epoch&) const = default;
};
Epoch epoch_of(Loader& loader, int epoch, int first = 0) {
    Epoch all;
    loader.start(epoch, first);
    while (const Batch* batch = loader.next()) {
        all.sizes.push_back(batch->size);
        all.indices.insert(all.indices.end(), batch->indices, batch->indices + batch->size);
        all.labels.insert(all.labels.end(), batch->labels, batch->labels + batch->size);
        all.images.insert(all.images.end(), batch->images,
                          batch->images +
                              static_cast<std::ptrdiff_t>(batch->size) * loader.dims().size());
    }
    return all;
}
const Images& some() {
    static const Images images = synthetic_images({3, 8, 8}, 4, 103, 1);
    return images;
}
const Transform usual{.crop_padding = 2, .flip = true};

}  // namespace

TEST_CASE("in an epoch every picture comes once, with its label and its pixels") {
    for (const bool shuffle : {false, true}) {
        Loader loader(some(), {}, {.batch = 10, .shuffle = shuffle, .training = false});
        CHECK(loader.batches() == 11);
        CHECK(loader.samples() == 103);
        const Epoch all = epoch_of(loader, 0);
        CHECK(all.sizes == std::vector<int>{10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 3});
        std::vector<int> sorted = all.indices;
        std::vector<int> expected(103);
        std::sort(sorted.begin(), sorted.end());
        std::iota(expected.begin(), expected.end(), 0);
        CHECK(sorted == expected);
        CHECK((all.indices == expected) == !shuffle);
        int wrong = 0;
        for (std::size_t i = 0; i < 103; ++i) {
            wrong += all.labels[i] != some().labels[static_cast<std::size_t>(all.indices[i])];
            for (std::size_t p = 0; p < 192; ++p)
                wrong += all.images[i * 192 + p] !=
                         static_cast<float>(some().image(all.indices[i])[p] / 255.0);
        }
        CHECK(wrong == 0);
        CHECK(loader.next() == nullptr);
        CHECK(loader.next() == nullptr);
    }
}

TEST_CASE("the same seed gives the same batches, another seed or epoch gives others") {
    Loader a(some(), usual, {.batch = 16, .seed = 7});
    Loader b(some(), usual, {.batch = 16, .seed = 7});
    Loader c(some(), usual, {.batch = 16, .seed = 8});
    const Epoch zero = epoch_of(a, 0);
    const Epoch one = epoch_of(a, 1);
    CHECK(epoch_of(b, 1) == one);  // epochs may be asked for in any order
    CHECK(epoch_of(b, 0) == zero);
    CHECK(zero.indices != one.indices);
    CHECK(epoch_of(c, 0).indices != zero.indices);
}

TEST_CASE("a picture is augmented in the same way in batches of any size, and in another way in "
          "another epoch") {
    const auto pictures = [](int batch, int epoch) {
        Loader loader(some(), usual, {.batch = batch, .seed = 7, .drop_last = false});
        const Epoch all = epoch_of(loader, epoch);
        std::vector<std::vector<float>> of(103);
        for (std::size_t i = 0; i < 103; ++i) {
            const auto at = all.images.begin() + static_cast<std::ptrdiff_t>(i * 192);
            of[static_cast<std::size_t>(all.indices[i])].assign(at, at + 192);
        }
        return of;
    };
    const auto small = pictures(3, 0);
    const auto large = pictures(50, 0);
    const auto later = pictures(50, 1);
    CHECK(small == large);
    int same = 0;
    for (std::size_t i = 0; i < 103; ++i)
        same += large[i] == later[i];
    CHECK(same < 20);  // one in fifty by chance
}

TEST_CASE("an incomplete last batch is dropped for training and kept for evaluation, unless said "
          "otherwise") {
    const auto sizes = [](int n, LoaderOptions options) {
        const Images images = synthetic_images({1, 2, 2}, 2, n, 1);
        Loader loader(images, {}, options);
        const std::vector<int> got = epoch_of(loader, 0).sizes;
        CHECK(static_cast<int>(got.size()) == loader.batches());
        CHECK(std::accumulate(got.begin(), got.end(), 0) == loader.samples());
        return got;
    };
    using Sizes = std::vector<int>;
    CHECK(sizes(9, {.batch = 4}) == Sizes{4, 4});
    CHECK(sizes(8, {.batch = 4}) == Sizes{4, 4});
    CHECK(sizes(3, {.batch = 4}) == Sizes{3});
    CHECK(sizes(9, {.batch = 4, .training = false}) == Sizes{4, 4, 1});
    CHECK(sizes(9, {.batch = 4, .drop_last = false}) == Sizes{4, 4, 1});
    CHECK(sizes(9, {.batch = 4, .training = false, .drop_last = true}) == Sizes{4, 4});
    CHECK(sizes(1, {.batch = 1}) == Sizes{1});
    CHECK(sizes(5, {.batch = 1}) == Sizes{1, 1, 1, 1, 1});
    CHECK(error_of([&] { sizes(3, {.batch = 4, .drop_last = true}); }) ==
          "loader: batch = 4 with drop_last leaves nothing of 3 pictures; expected a batch of at "
          "most 3");
}

TEST_CASE("a loader does not augment outside training") {
    Loader loader(some(), usual, {.batch = 103, .shuffle = false, .training = false});
    Loader plain(some(), {}, {.batch = 103, .shuffle = false});
    CHECK(epoch_of(loader, 3) == epoch_of(plain, 3));
}

TEST_CASE("a batch keeps its content until the next one is asked for, and three places serve all "
          "batches") {
    Loader loader(some(), usual, {.batch = 5, .seed = 1});
    std::set<const float*> places;
    for (int epoch = 0; epoch < 4; ++epoch) {
        loader.start(epoch);
        while (const Batch* batch = loader.next()) {
            places.insert(batch->images);
            const std::vector<int> before(batch->indices, batch->indices + batch->size);
            // let the other thread run ahead
            if (batch->indices[0] % 4 == 0)
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            CHECK(std::equal(before.begin(), before.end(), batch->indices));
            for (int i = 0; i < batch->size; ++i)
                CHECK(batch->labels[i] ==
                      some().labels[static_cast<std::size_t>(batch->indices[i])]);
        }
    }
    CHECK(places.size() <= 3);
}

TEST_CASE("a loader may be stopped at any moment and begun anew in the middle") {
    Loader reference(some(), usual, {.batch = 7, .seed = 2});
    const Epoch whole = epoch_of(reference, 5);
    Loader loader(some(), usual, {.batch = 7, .seed = 2});
    for (int taken = 0; taken <= 15; ++taken) {
        loader.start(taken);
        for (int i = 0; i < taken; ++i)
            loader.next();
        CHECK(epoch_of(loader, 5) == whole);
        loader.start(0);
        loader.start(1);
        loader.start(2);
    }
    CHECK(epoch_of(loader, 5) == whole);
    for (int taken = 0; taken <= 15; ++taken) {
        Loader brief(some(), usual, {.batch = 7, .seed = 2});
        if (taken > 0)
            brief.start(0);
        for (int i = 1; i < taken; ++i)
            brief.next();
    }
}

TEST_CASE("an epoch begun at any batch goes on as the whole one") {
    for (const int threads : {1, 3}) {
        Loader loader(some(), usual,
                      {.batch = 10, .seed = 3, .drop_last = false, .threads = threads});
        const Epoch whole = epoch_of(loader, 2);
        for (int first = 0; first <= loader.batches(); ++first) {
            const Epoch rest = epoch_of(loader, 2, first);
            REQUIRE(rest.sizes.size() == std::size_t(loader.batches() - first));
            const auto passed = std::ptrdiff_t(std::min(103, 10 * first));
            CHECK(std::equal(rest.indices.begin(), rest.indices.end(),
                             whole.indices.begin() + passed, whole.indices.end()));
            CHECK(std::equal(rest.images.begin(), rest.images.end(),
                             whole.images.begin() + passed * loader.dims().size(),
                             whole.images.end()));
        }
        CHECK(epoch_of(loader, 2) == whole);
    }
    Loader loader(some(), usual, {.batch = 10});
    CHECK(error_of([&] { loader.start(0, 11); }) ==
          "loader: batch 11 to begin with; expected 0 to 10");
}

TEST_CASE("what goes wrong on the loader's thread is thrown by next, and a new start forgets it") {
    std::atomic<int> bad = 23;
    const auto read = [&](int index, Random, bool, float* out) {
        if (index == bad)
            fail("picture ", index, " is torn");
        out[0] = static_cast<float>(index);
        return 0;
    };
    Loader loader(40, {1, 1, 1}, read, {.batch = 10, .shuffle = false});
    loader.start(0);
    CHECK(loader.next()->indices[9] == 9);
    CHECK(loader.next()->images[0] == 10);
    CHECK(error_of([&] { loader.next(); }) == "picture 23 is torn");
    CHECK(error_of([&] { loader.next(); }) == "picture 23 is torn");
    bad = -1;
    CHECK(epoch_of(loader, 1).indices.size() == 40);
    bad = 0;
    loader.start(2);  // and a loader with an error that nobody asked for goes away quietly
}

TEST_CASE("images that shrink behind the loader's back are an error and not a crash") {
    Images images = synthetic_images({1, 2, 2}, 2, 20, 1);
    Loader loader(images, {}, {.batch = 20, .shuffle = false});
    images.labels.resize(10);
    loader.start(0);
    CHECK(error_of([&] { loader.next(); }) == "synthetic: there is no image 10 among 10");
}

TEST_CASE("a slow reader is waited for and can be interrupted") {
    std::atomic<int> calls = 0;
    const auto read = [&](int, Random, bool, float*) {
        ++calls;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return 0;
    };
    {
        Loader loader(100000, {1, 1, 1}, read, {.batch = 50000});
        loader.start(0);
        while (calls < 3)
            std::this_thread::yield();
    }  // does not wait for the whole batch
    CHECK(calls < 10000);
}

TEST_CASE("a loader that is asked for nonsense says so") {
    const auto making = [](const Images& images, const Transform& transform,
                           LoaderOptions options) {
        return error_of([&] { Loader loader(images, transform, options); });
    };
    CHECK(making(some(), {}, {.batch = 0}) == "loader: batch = 0; expected at least 1");
    CHECK(has(making(some(), {.crop = 9}, {}),
              "crop = 9 is larger than the padded picture of 8 x 8"));
    Images images = some();
    images.labels[5] = 4;
    CHECK(making(images, {}, {}) == "synthetic: label 5 is 4; expected 0 to 3");
    CHECK(has(making(Images{}, {}, {}), "expected"));
    Loader loader(some(), {}, {});
    CHECK(error_of([&] { loader.next(); }) == "loader: next was called before start");
    CHECK(error_of([&] { loader.start(-1); }) == "loader: epoch -1; expected at least 0");
    CHECK(error_of([] { Loader none(0, {1, 1, 1}, {}, {}); }) ==
          "loader: 0 pictures; expected at least 1");
}

TEST_CASE("the batches are the same with any number of threads") {
    Loader one(some(), usual, {.batch = 32, .seed = 7, .drop_last = false});
    const Epoch zero = epoch_of(one, 0);
    const Epoch three = epoch_of(one, 3);
    for (const int threads : {0, 2, 3, 8}) {
        Loader several(some(), usual,
                       {.batch = 32, .seed = 7, .drop_last = false, .threads = threads});
        for (int again = 0; again < 20; ++again) {
            CHECK(epoch_of(several, 0) == zero);
            CHECK(epoch_of(several, 3) == three);
        }
    }
}

TEST_CASE("a loader of several threads may be stopped at any moment and begun anew in the middle") {
    Loader reference(some(), usual, {.batch = 7, .seed = 2});
    const Epoch whole = epoch_of(reference, 5);
    Loader loader(some(), usual, {.batch = 7, .seed = 2, .threads = 4});
    for (int taken = 0; taken <= 15; ++taken) {
        loader.start(taken);
        for (int i = 0; i < taken; ++i)
            loader.next();
        CHECK(epoch_of(loader, 5) == whole);
        loader.start(0);
        loader.start(1);
        loader.start(2);
    }
    CHECK(epoch_of(loader, 5) == whole);
    for (int taken = 0; taken <= 15; ++taken) {
        Loader brief(some(), usual, {.batch = 7, .seed = 2, .threads = 4});
        if (taken > 0)
            brief.start(0);
        for (int i = 1; i < taken; ++i)
            brief.next();
    }
}

TEST_CASE("several threads work at once, and the first error of a batch is the one that is told") {
    std::atomic<int> inside = 0;
    std::atomic<int> most = 0;
    const auto read = [&](int index, Random, bool, float*) {
        const int now = ++inside;
        int seen = most;
        while (now > seen && !most.compare_exchange_weak(seen, now)) {}
        // the first error comes last
        std::this_thread::sleep_for(std::chrono::milliseconds(index == 130 ? 20 : index % 3));
        --inside;
        if (index == 130 || index == 140 || index == 149)
            fail("picture ", index, " is torn");
        return 0;
    };
    for (int again = 0; again < 5; ++again) {
        Loader loader(200, {1, 1, 1}, read, {.batch = 50, .shuffle = false, .threads = 4});
        loader.start(0);
        for (int b = 0; b < 2; ++b)
            CHECK(loader.next()->indices[0] == 50 * b);
        CHECK(error_of([&] { loader.next(); }) == "picture 130 is torn");
        CHECK(error_of([&] { loader.next(); }) == "picture 130 is torn");
    }
    CHECK(most > 1);
    CHECK(most <= 4);
}

TEST_CASE("a loader of some indices sees these and no others") {
    Loader loader(some(), {}, {.batch = 2, .shuffle = false, .indices = {90, 3, 40, 41, 7}});
    CHECK(loader.samples() == 4);  // the last batch is not full
    CHECK(epoch_of(loader, 0).indices == std::vector<int>{90, 3, 40, 41});
    Loader shuffled(some(), {}, {.batch = 5, .seed = 3, .indices = {90, 3, 40, 41, 7}});
    std::set<std::vector<int>> orders;
    for (int epoch = 0; epoch < 20; ++epoch) {
        std::vector<int> seen = epoch_of(shuffled, epoch).indices;
        orders.insert(seen);
        std::sort(seen.begin(), seen.end());
        CHECK(seen == std::vector<int>{3, 7, 40, 41, 90});
    }
    CHECK(orders.size() > 10);
    CHECK(error_of([] { Loader none(some(), {}, {.indices = {3, 103}}); }) ==
          "loader: index 103 among indices; expected 0 to 102");
    CHECK(error_of([] { Loader none(some(), {}, {.threads = -1}); }) ==
          "loader: threads = -1; expected 0 to 1024");
}

TEST_CASE("pictures that are made when they are asked for") {
    struct Counted {
        int size() const { return 3; }
        Dims output(const Transform& t) const { return t.dims({1, 1, 1}); }
        PictureReader reader(const Transform&) const {
            return [](int index, Random, bool, float* out) {
                return out[0] = static_cast<float>(index) / 8, index;
            };
        }
    };
    const Counted counted;
    Loader loader(counted, {}, {.batch = 3, .shuffle = false});
    loader.start(0);
    const Batch* batch = loader.next();
    CHECK(batch->images[2] == 0.25f);
    CHECK(batch->labels[2] == 2);
}
