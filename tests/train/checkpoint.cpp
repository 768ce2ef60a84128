// SPDX-License-Identifier: Apache-2.0
// checkpoint: a training that is interrupted and taken up again ends with the bits of one that was
// not; nothing else is taken for a checkpoint.
#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <collab/collaboration/method/adversarial.hpp>
#include <collab/io/weights.hpp>
#include <collab/train/checkpoint.hpp>
#include <collab/train/checkpoint_manager.hpp>

#include "data/temporary.hpp"
#include "small.hpp"

using namespace collab;
using namespace collab::trial;
namespace fs = std::filesystem;

namespace {
using Machine = Cpu<float>;
using Subject = Training<Pair, Machine>;
constexpr int classes = 3;

const Splits& pictures() {
    static const Splits set{synthetic_images({2, 8, 8}, classes, 26, 1),
                            synthetic_images({2, 8, 8}, classes, 12, 2)};
    return set;
}
struct Options : FitOptions {
    Checkpoints checkpoints{};
};
Options usual(const std::string& folder) {
    return {{.epochs = 3,
             .learning_rate = ReduceLROnPlateau{.base = 0.05, .patience = 0},
             .warmup_steps = 5,
             .seed = 4,
             .transform = Transform{.crop_padding = 1, .flip = true},
             .evaluate_every = 3},
            {.folder = folder, .every = 1000}};
}
Subject subject(const Subject::Settings& settings = {.seed = 7, .batch = 6}) {
    return Subject(settings, std::make_shared<Machine>(1));
}

struct Figures {
    std::vector<float> parameters, state, momentum;
    std::vector<double> records;
};
Figures figures(const Subject& training, const History& history) {
    Figures f{training.parameters(), training.state(), training.momentum(), {}};
    for (const Record& r : history.records) {
        f.records.insert(f.records.end(), {double(r.epoch), double(r.step), r.learning_rate});
        for (const NetworkRecord& n : r.networks)
            f.records.insert(f.records.end(), {n.task, n.metric, n.verification, n.score(),
                                               n.coupling, n.test_loss, n.test_score()});
    }
    return f;
}
bool same(const Figures& a, const Figures& b) {
    return same_bits(a.parameters, b.parameters) && same_bits(a.state, b.state) &&
           same_bits(a.momentum, b.momentum) && same_bits(a.records, b.records);
}
std::string contents(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}
void write_bytes(const fs::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}
std::set<std::string> names_in(const fs::path& folder) {
    std::set<std::string> names;
    for (const auto& e : fs::directory_iterator(folder))
        names.insert(e.path().filename().string());
    return names;
}
/// Trains up to step `last`, as if interrupted there.
History interrupted(const std::string& folder, long last, bool resume = false) {
    Subject training = subject();
    Options o = usual(folder);
    o.checkpoints.resume = resume;
    o.watch = [=](const FitEvent& e) { return e.step < last; };
    return training.fit(pictures(), o, o.checkpoints);
}
History resumed(Subject& training, const std::string& folder) {
    Options o = usual(folder);
    o.checkpoints.resume = true;
    return training.fit(pictures(), o, o.checkpoints);
}
struct Count {
    static constexpr const char* name = "count";
    int steps = 0;
    int updates = 0;
    int last = 1000;
    void before_update(Subject&) { ++updates; }
    bool stepped(Subject&, const FitEvent&) { return ++steps < last; }
    void save(Tensors& file, const std::string& prefix) const {
        file.add<std::int32_t>(prefix + "numbers", {steps, updates});
    }
    void load(const Tensors& file, const std::string& prefix) {
        const auto n = file.values<std::int32_t>(prefix + "numbers");
        steps = n[0];
        updates = n[1];
    }
};
}  // namespace

TEST_CASE("a training interrupted after any step and resumed ends with the same bits") {
    Subject whole = subject();
    const Figures expected = figures(whole, whole.fit(pictures(), usual("")));
    REQUIRE(whole.steps() == 12);
    for (long at = 1; at <= 12; ++at) {
        const Folder folder;
        const std::string path = folder.path.string();
        const History before = interrupted(path, at);
        CHECK(before.resumed == 0);
        Subject training = subject({.seed = 7, .batch = 6});
        const History after = resumed(training, path);
        CHECK(after.resumed == at);
        CHECK(training.steps() == 12);
        CHECK_MESSAGE(same(figures(training, after), expected), "interrupted after step ", at);
    }
}

TEST_CASE("a training whose rate moves at every step goes on to the same bits") {
    const auto options = [](double max_lr, long last, const std::string& folder, bool resume) {
        Options o = usual(folder);
        o.learning_rate = PerStep<OneCycleLR>{{.max_lr = max_lr}};
        o.warmup_steps = 0;
        o.evaluate_every = 1;
        o.checkpoints.resume = resume;
        o.watch = [=](const FitEvent& e) { return e.step < last; };
        return o;
    };
    Subject whole = subject();
    const Options all = options(0.05, 1000, "", false);
    const History h = whole.fit(pictures(), all, all.checkpoints);
    REQUIRE(h.records.size() == 12);
    for (int s = 0; s < 12; ++s)
        CHECK(h.records[std::size_t(s)].learning_rate == OneCycleLR{.max_lr = 0.05}(s, 12));
    for (const long at : {1, 4, 6}) {
        const Folder folder;
        Subject before = subject();
        const Options first = options(0.05, at, folder.path.string(), false);
        before.fit(pictures(), first, first.checkpoints);
        if (at == 6) {
            const Options other = options(0.04, 1000, folder.path.string(), true);
            Subject wrong = subject();
            CHECK(error_of([&] {
                      wrong.fit(pictures(), other, other.checkpoints);
                  }).find("was written with a learning rate of") != std::string::npos);
        }
        Subject after = subject();
        const Options second = options(0.05, 1000, folder.path.string(), true);
        const History rest = after.fit(pictures(), second, second.checkpoints);
        CHECK(same(figures(after, rest), figures(whole, h)));
    }
}

TEST_CASE("a training may be interrupted again and again") {
    Subject whole = subject();
    const Figures expected = figures(whole, whole.fit(pictures(), usual("")));
    const Folder folder;
    for (const long at : {1, 2, 5, 8, 11})
        interrupted(folder.path.string(), at, true);
    Subject training = subject();
    CHECK(same(figures(training, resumed(training, folder.path.string())), expected));
    Subject again = subject();  // nothing remains to be done
    const History h = resumed(again, folder.path.string());
    CHECK(h.resumed == 12);
    CHECK(same(figures(again, h), expected));
}

TEST_CASE("critics, and networks that move one after the other, go on to the same bits") {
    using Rivals = Collaboration<Small, Other, AdversarialFeatures<3, 3>, Iterative>;
    using Rival = Training<Rivals, Machine>;
    const auto fresh = [] { return Rival({.seed = 7, .batch = 6}, std::make_shared<Machine>(1)); };
    const auto run = [](Rival& t, const std::string& folder, long last, bool resume) {
        Options o = usual(folder);
        o.checkpoints.resume = resume;
        o.watch = [=](const FitEvent& e) { return e.step < last; };
        t.fit(pictures(), o, o.checkpoints);
    };
    Rival whole = fresh();
    run(whole, "", 1000, false);
    REQUIRE(whole.second_moments().size() == whole.parameters().size());
    for (const long at : {1, 7}) {
        const Folder folder;
        Rival before = fresh();
        Rival after = fresh();
        run(before, folder.path.string(), at, false);
        run(after, folder.path.string(), 1000, true);
        CHECK(same_bits(after.parameters(), whole.parameters()));
        CHECK(same_bits(after.momentum(), whole.momentum()));
        CHECK(same_bits(after.second_moments(), whole.second_moments()));
        CHECK(same_bits(after.state(), whole.state()));
    }
}

TEST_CASE("checkpoints without a folder are none") {
    Subject training = subject();
    const History h = training.fit(pictures(), {.epochs = 1, .learning_rate = 0.05}, Checkpoints{});
    CHECK(h.records.size() == 1);
}

TEST_CASE("a finished training can be made longer") {
    const Folder folder;
    Subject first = subject();
    first.fit(pictures(), {.epochs = 1, .learning_rate = 0.05},
              Checkpoints{.folder = folder.path.string()});
    Subject second = subject();
    Subject whole = subject();
    const History h = second.fit(pictures(), {.epochs = 2, .learning_rate = 0.05},
                                 Checkpoints{.folder = folder.path.string(), .resume = true});
    CHECK(h.resumed == 4);
    CHECK(same(figures(second, h),
               figures(whole, whole.fit(pictures(), {.epochs = 2, .learning_rate = 0.05}))));
    Subject third = subject();
    CHECK(error_of([&] {
              third.fit(pictures(), {.epochs = 1, .learning_rate = 0.05},
                        Checkpoints{.folder = folder.path.string(), .resume = true});
          })
              .ends_with(
                  "stands in epoch 2; a training of 1 epochs of 4 steps cannot go on from there"));
}

TEST_CASE("what a callback remembers comes back, and where it ends a training is the end") {
    const Folder folder;
    Options o = usual(folder.path.string());
    o.watch = [](const FitEvent& e) { return e.step < 5; };
    Subject training = subject();
    Count count;
    training.fit(pictures(), o, o.checkpoints, count);
    CHECK(count.steps == 5);
    CHECK(count.updates == 5);
    o.watch = {};
    o.checkpoints.resume = true;
    Subject again = subject();
    Count other{.last = 7};
    const History h = again.fit(pictures(), o, o.checkpoints, other);
    CHECK(h.stopped);
    CHECK(other.steps == 7);
    CHECK(again.steps() == 7);
    CHECK(h.records.back().step == 7);
    Subject third = subject();
    Count seven{.last = 7};
    const History end = third.fit(pictures(), o, o.checkpoints, seven);  // it has ended
    CHECK(seven.steps == 7);
    CHECK(third.steps() == 7);
    CHECK(same(figures(third, end), figures(again, h)));
    Subject without = subject();
    CHECK(error_of([&] {
              without.fit(pictures(), o, o.checkpoints);
          }).ends_with(": was written by a training with callbacks count; this one has none"));
}

TEST_CASE("the last ones and the best one are kept, and what a kill cut off is removed") {
    const Folder folder;
    fs::create_directories(folder.path / "run");
    std::ofstream(folder.path / "run" / "step-000000001.safetensors.partial") << "cut";
    Options o = usual((folder.path / "run").string());
    o.checkpoints.every = 2;
    o.checkpoints.keep = 3;
    Subject training = subject();
    const History h = training.fit(pictures(), o, o.checkpoints);
    CHECK(names_in(folder.path / "run") ==
          std::set<std::string>{"best.safetensors", "step-000000008.safetensors",
                                "step-000000010.safetensors", "step-000000012.safetensors"});
    double best = -1;
    long step = 0;
    for (const Record& r : h.records)
        if (const double mean = (r.networks[0].test_score() + r.networks[1].test_score()) / 2;
            mean > best) {
            best = mean;
            step = r.step;
        }
    CHECK(h.best == best);
    CHECK(h.best_step == step);
    Subject at_best = subject();
    load(at_best, (folder.path / "run" / "best.safetensors").string());
    CHECK(at_best.steps() == step);
    const auto evaluated = at_best.evaluate(pictures().test, o.transform);
    CHECK((evaluated[0].score() + evaluated[1].score()) / 2 ==
          doctest::Approx(best).epsilon(1e-12));
    Subject second = subject();
    CHECK(error_of([&] { second.fit(pictures(), o, o.checkpoints); }) ==
          o.checkpoints.folder +
              ": holds a checkpoint of step 12 already; resume it, or name another folder");
}

TEST_CASE("a training is saved and loaded whole") {
    const Folder folder;
    const std::string path = (folder.path / "a.safetensors").string();
    Subject a = subject();
    Subject b = subject({.seed = 9, .batch = 6});
    steps(a, 3);
    save(a, path);
    load(b, path);
    CHECK(b.steps() == 3);
    CHECK(same(figures(a, {}), figures(b, {})));
    const Tensors file = read_tensors(path);
    CHECK(*file.word("networks") == "net0, net1");
    CHECK(file.values<float>("net0.0.weight") == a.parameter("net0.0.weight"));
    CHECK(file.find("net0.0.weight")->extents == std::vector<std::int64_t>{3, 3, 2, 4});
}

TEST_CASE(
    "a checkpoint that is cut off or has a flipped byte is refused, and the one before is named") {
    const Folder folder;
    const std::string path = folder.path.string();
    Options o = usual(path);
    o.checkpoints.every = 6;
    Subject training = subject();
    training.fit(pictures(), o, o.checkpoints);
    const fs::path last = folder.path / "step-000000012.safetensors";
    const fs::path before = folder.path / "step-000000006.safetensors";
    const std::string good = contents(last);
    const std::string good_before = contents(before);
    REQUIRE(good.size() > 8192);
    const auto refused = [&](const std::string& bytes) {
        write_bytes(last, bytes);
        Subject fresh = subject();
        const std::vector<float> p = fresh.parameters();
        const std::string e = error_of([&] { resumed(fresh, path); });
        CHECK(e.starts_with(last.string() + ": "));
        CHECK(e.ends_with("Remove it to go on from " + before.string() + ", which is intact"));
        CHECK(same_bits(fresh.parameters(), p));
        CHECK(contents(before) == good_before);
    };
    for (std::size_t cut = 0; cut < good.size(); cut += 4096)
        refused(good.substr(0, cut));
    for (std::size_t at = 0; at < good.size(); at += at < 400 ? 37 : 509) {
        std::string changed = good;
        changed[at] = char(changed[at] ^ 0x10);
        refused(changed);
    }
    refused("");
    fs::remove(last);
    Subject again = subject();
    CHECK(resumed(again, path).resumed == 6);  // from the one before, as the sentence said
    CHECK(contents(last).size() == good.size());
    CHECK(same_bits(again.parameters(), training.parameters()));
    write_bytes(last, "x");
    write_bytes(before, "y");
    CHECK(error_of([&] {
              Subject fresh = subject();
              resumed(fresh, path);
          }).ends_with("it has 1 bytes. The others in this folder are damaged, too"));
}

TEST_CASE("a checkpoint of another training is refused and changes nothing") {
    const Folder folder;
    const std::string path = folder.path.string();
    interrupted(path, 4);
    const std::string file = (folder.path / "step-000000004.safetensors").string();
    const auto no = [&](Subject::Settings settings, auto&& change) {
        Subject fresh = subject(settings);
        Options o = usual(path);
        o.checkpoints.resume = true;
        change(o);
        const std::vector<float> p = fresh.parameters();
        const std::string e = error_of([&] { fresh.fit(pictures(), o, o.checkpoints); });
        CHECK(same_bits(fresh.parameters(), p));
        return e;
    };
    const auto nothing = [](Options&) {};
    CHECK(no({.seed = 8, .batch = 6}, nothing) ==
          file + ": was written by a training with seed 7; this one has 8");
    CHECK(no({.alpha = 0.5, .seed = 7, .batch = 6}, nothing) ==
          file + ": was written by a training with alpha 0.2; this one has 0.5");
    CHECK(no({.seed = 7, .batch = 6, .names = {"a", "b"}}, nothing) ==
          file + ": was written by a training with networks net0, net1; this one has a, b");
    CHECK(no({.seed = 7, .batch = 6}, [](Options& o) { o.seed = 5; }) ==
          file + ": was written by a training with order 4; this one has 5");
    CHECK(no({.seed = 7, .batch = 6}, [](Options& o) {
              o.transform->flip = false;
          }).find(": was written by a training with transform ") != std::string::npos);

    const auto other = [&]<class C>(C*) {
        Training<C, Machine> t({.seed = 7, .batch = 6}, std::make_shared<Machine>(1));
        return error_of([&] { load(t, file); });
    };
    using Wider = Collaboration<
        Small, Other,
        MKB<Encoder<5, 5>, Transfer<5>, Decoder, Embedding<AdaptiveAvgPool<2>, Flatten>>,
        CosineDistance>;
    CHECK(other(static_cast<Wider*>(nullptr)) ==
          file + ": is of another training: its 'mkb0.transfer.0.weight' is 3 x 3 x 4 x 4, here it "
                 "is 3 x 3 x 5 x 5");
    CHECK(other(static_cast<Collaboration<Small, Other, Small>*>(nullptr)) ==
          file + ": is of another training: it holds no 'net2.0.weight'");
    CHECK(other(static_cast<Collaboration<Small>*>(nullptr))
              .starts_with(file + ": is of another training: it holds "));
    Training<Pair, Cpu<double>> in_double({.seed = 7, .batch = 6});
    CHECK(error_of([&] { load(in_double, file); }) ==
          file + ": is of a training in F32; this one computes in F64");
}

TEST_CASE("a disk that is full and a folder that may not be written are told, and the checkpoint "
          "before stays") {
    const Folder folder;
    const std::string path = folder.path.string();
    interrupted(path, 4);
    const std::string good = contents(folder.path / "step-000000004.safetensors");
    const auto in_child = [&](auto&& limit) {  // limits and rights of a process of its own
        int ends[2];
        REQUIRE(::pipe(ends) == 0);
        const pid_t child = ::fork();
        if (child == 0) {
            limit();
            std::string said = "nothing was refused";
            try {
                Tensors file;
                file.add<double>("values", std::vector<double>(8000, 1.5));
                detail::CheckpointFolder(Checkpoints{.folder = path, .resume = true})
                    .write(file, 5);
            } catch (const Error& e) {
                said = e.what();
            }
            ::_exit(::write(ends[1], said.data(), said.size()) == ssize_t(said.size()) ? 0 : 1);
        }
        ::close(ends[1]);
        std::string said(4096, ' ');
        const ssize_t n = ::read(ends[0], said.data(), said.size());
        ::close(ends[0]);
        int status = 0;
        ::waitpid(child, &status, 0);
        CHECK(status == 0);
        said.resize(std::size_t(std::max<ssize_t>(n, 0)));
        CHECK(contents(folder.path / "step-000000004.safetensors") == good);
        CHECK(names_in(folder.path) ==
              std::set<std::string>{"best.safetensors", "step-000000004.safetensors"});
        return said;
    };
    const std::string cannot = "cannot write the checkpoint " +
                               (folder.path / "step-000000005.safetensors").string() + ": ";
    CHECK(in_child([] {
              const rlimit small{20000, 20000};
              ::setrlimit(RLIMIT_FSIZE, &small);
              std::signal(SIGXFSZ, SIG_IGN);
          }) == cannot + "File too large");
    fs::permissions(folder.path, fs::perms(0555));
    CHECK(in_child([] {
              // who may do everything is no test
              if (::geteuid() == 0 && ::setuid(65534) != 0)
                  ::_exit(2);
          }) == cannot + "Permission denied");
    fs::permissions(folder.path, fs::perms::owner_all);
}

TEST_CASE("a training and a network are not taken for each other") {
    const Folder folder;
    const std::string all = (folder.path / "all.safetensors").string();
    const std::string one = (folder.path / "one.safetensors").string();
    Subject training = subject();
    auto network = training.deploy<0>();
    save(training, all);
    save(network, one);
    CHECK(error_of([&] { load(network, all); }) ==
          all + ": holds a whole training; expected the weights of one network. Load it into the "
                "training, and deploy the network from there");
    CHECK(error_of([&] { load(training, one); }) ==
          one + ": holds the weights of one network; expected a whole training, as save(training, "
                "path) and fit write it");
    load(training, all);
    load(network, one);
}
