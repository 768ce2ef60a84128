// SPDX-License-Identifier: Apache-2.0
// replay: when steps are captured, and when what was captured is launched again.
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <collab/layer/dropout.hpp>

#include "thrust/courses.hpp"

using namespace collab;
using backend::device::NotCapturable;
using backend::device::Replay;

namespace {
/// Writes down what it is asked for.
struct Diary {
    std::string said;
    template <class F>
    bool capture(F& f) {
        try {
            f();
        } catch (const NotCapturable&) {
            said += "x";
            return false;
        }
        said += "c";
        return true;
    }
    void launch() { said += "l"; }
    void forget() { said += "f"; }
};
struct Steps {
    Replay replay;
    Diary diary;
    void step(std::vector<std::uint64_t> signature, bool varies = false, bool waits = false) {
        const std::size_t before = diary.said.size();
        replay.run(diary, signature, [&] {
            if (waits && diary.said.size() == before && !refused) {
                refused = true;
                throw NotCapturable{};
            }
            if (varies)
                replay.vary();
            diary.said += "s";
        });
        diary.said += " ";
    }
    bool refused = false;
};
}  // namespace

TEST_CASE("a step is done plainly, then captured, then launched as it was captured, until its "
          "signature changes") {
    Steps s;
    for (const std::uint64_t rate : {5, 5, 5, 5, 7, 7, 5})
        s.step({1, rate});
    CHECK(s.diary.said == "fs scl l l scl l scl ");
}
TEST_CASE("a step of another training is done plainly again, and so is the first one's after it") {
    Steps s;
    for (const std::uint64_t who : {1, 1, 1, 2, 2, 1, 1})
        s.step({who, 5});
    CHECK(s.diary.said == "fs scl l fs scl fs scl ");
}
TEST_CASE("a step with random numbers is captured anew every time") {
    Steps s;
    for (int i = 0; i < 4; ++i)
        s.step({1, 5}, true);
    s.step({1, 5});
    s.step({1, 5});
    CHECK(s.diary.said == "fs scl scl scl scl l ");
}
TEST_CASE("a step that cannot be captured is done plainly, from then on each time") {
    Steps s;
    s.step({1, 5});
    s.step({1, 5}, false, true);
    s.step({1, 5});
    s.step({1, 7});
    s.step({2, 5});
    s.step({2, 5});  // another training may be luckier
    CHECK(s.diary.said == "fs xfs s s fs scl ");
}
TEST_CASE("what a step throws while it is captured is passed on, and the next one is captured") {
    Replay replay;
    Diary diary;
    const auto fine = [&] { diary.said += "s"; };
    replay.run(diary, {1, 5}, fine);
    replay.run(diary, {1, 5}, fine);
    CHECK_THROWS_AS(replay.run(diary, {1, 7}, [] { throw std::runtime_error("no"); }),
                    std::runtime_error);
    replay.run(diary, {1, 5}, fine);  // what was captured before may be gone
    CHECK(diary.said == "fssclscl");
}

namespace {
using namespace collab::courses;
using whole::Other;
using whole::Small;
struct Forgetful
    : Sequential<Image, Conv2d<3, 3>, Elu, Cut<mutual>, Dropout<1, 4>, Flatten, Linear<3>> {};
}  // namespace

TEST_CASE("without methods") {
    same<Collaboration<Small>>("one network");
    // one more where it is frozen
    same<Collaboration<Small, Other, MKB<Encoder<3, 3>, Transfer<3>, Decoder>>>(
        "a knowledge base", {.freeze_mkb_after = 10}, 4);
    same<Collaboration<Small, Other, Iterative, MKB<Encoder<3, 3>, Transfer<3>, Decoder>>>(
        "one network after the other");
    same<Collaboration<Small, Forgetful, MKB<Encoder<3, 3>, Transfer<3>, Decoder>>>("dropout", {},
                                                                                    20);
}
