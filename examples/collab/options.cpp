// SPDX-License-Identifier: Apache-2.0
// options: see options.hpp.
#include "options.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

#include <collab/data/sampler.hpp>
#include <collab/io/format.hpp>
#include <collab/io/replace_file.hpp>

#include "nearest.hpp"
#include "numbers.hpp"
#include "open.hpp"
#include "places.hpp"
#include "shell.hpp"
#include "type_text.hpp"
#include "words.hpp"

namespace program {

namespace {
using collab::fail, collab::sentence;
constexpr double infinity = std::numeric_limits<double>::infinity();

/// What a word means; a type in C++ means itself.
using Meanings = std::vector<std::pair<std::string, std::string>>;
const Meanings metrics{{"cosine", ""}, {"dot", ""}, {"l1", ""},
                       {"l2", ""},     {"l3", ""},  {"squared", ""}};
const Meanings optimizers{{"sgd", "Sgd"},         {"adam", "Adam"}, {"adamw", "AdamW"},
                          {"rmsprop", "RmsProp"}, {"lion", "Lion"}, {"muon", "Muon"}};
const Meanings losses{{"cross-entropy", ""}, {"focal", "FocalLoss"}};
const Meanings agreements{{"pairwise", ""}, {"mean", "WithMean"}};
const Meanings orders{
    {"simultaneous", ""}, {"iterative", "Iterative"}, {"stale", "IterativeStale"}};
const Meanings feeds{{"siamese", ""}, {"different", "DifferentInputs<SlicedDistance<>>"}};
const Meanings schedules{{"steps", ""},      {"cosine", ""},  {"constant", ""}, {"linear", ""},
                         {"polynomial", ""}, {"plateau", ""}, {"one-cycle", ""}};

std::vector<std::string> names_of(const Meanings& all) {
    std::vector<std::string> names;
    for (const auto& [name, type] : all)
        names.push_back(name);
    return names;
}
std::string words_of(const Meanings& all) {
    return joined(names_of(all));
}
std::string meaning(const Meanings& all, const std::string& word, const std::string& option) {
    for (const auto& [name, type] : all)
        if (name == word)
            return type;
    if (is_type(word)) {
        check_type_text(word, option);
        return word;
    }
    fail(option, " \"", word, "\"", did_you_mean(word, names_of(all)), " There are ", words_of(all),
         ", and types of C++");
}

/// "0.5,0.75" or "60,120".
collab::Milestones milestones_of(const std::string& text) {
    std::vector<double> fractions;
    std::vector<int> epochs;
    for (const std::string& word : type_list(text)) {
        const char* const end = word.data() + word.size();
        int epoch = 0;
        double fraction = 0;
        if (const auto [at, e] = std::from_chars(word.data(), end, epoch);
            e == std::errc{} && at == end && epoch >= 1)
            epochs.push_back(epoch);
        else if (const auto [to, f] = std::from_chars(word.data(), end, fraction);
                 f == std::errc{} && to == end && fraction > 0 && fraction < 1)
            fractions.push_back(fraction);
        else
            fail("--milestones \"", text, "\": \"", word,
                 "\" is neither a number of epochs nor a share of them; expected a list as 60,120 "
                 "or 0.5,0.75");
    }
    if (!fractions.empty() && !epochs.empty())
        fail("--milestones \"", text, "\": some are numbers of epochs and some are shares");
    if (!epochs.empty())
        return epochs;
    return fractions;
}

collab::LearningRate schedule_of(const TrainingOptions& o) {
    const double base = o.learning_rate;
    meaning(schedules, o.schedule, "--schedule");
    if (o.schedule != "steps" && !o.milestones.empty())
        fail("--milestones belong to --schedule steps; this one is ", o.schedule);
    if (o.schedule == "cosine")
        return collab::CosineAnnealingLR{.base = base};
    if (o.schedule == "linear")
        return collab::LinearLR{.base = base};
    if (o.schedule == "polynomial")
        return collab::PolynomialLR{.base = base, .power = 2};
    if (o.schedule == "plateau")
        return collab::ReduceLROnPlateau{.base = base, .factor = o.factor};
    if (o.schedule == "one-cycle")
        return collab::PerStep<collab::OneCycleLR>{{.max_lr = base}};
    if (o.schedule == "constant")
        return base;
    if (is_type(o.schedule))
        fail("--schedule \"", o.schedule, "\": expected one of ", words_of(schedules));
    collab::MultiStepLR steps;
    steps.base = base;
    steps.factor = o.factor;
    if (!o.milestones.empty())
        steps.milestones = milestones_of(o.milestones);
    return steps;
}
std::string schedule_text(const TrainingOptions& o) {
    if (o.schedule == "steps")
        return sentence("times ", collab::decimal(o.factor, 3), " at ",
                        o.milestones.empty() ? "50 % and 75 % of the epochs" : o.milestones);
    return o.schedule;
}

std::vector<std::string> network_words(const TrainingOptions& o) {
    if (!o.networks.empty() && !o.pair.empty())
        fail("--networks and --pair both name networks; expected one of them");
    if (o.pair.empty())
        return o.networks.empty() ? std::vector<std::string>{"SmallNet", "ResNet-20"} : o.networks;
    return parts(o.pair, '+');
}

void add_network_options(CLI::App& app, TrainingOptions& o) {
    app.add_option("--data", o.data, data_words)->capture_default_str();
    app.add_option("--networks", o.networks,
                   "names (SmallNet, ResNet-56, WideResNet-16-2, MobileNetV2, ...) or types "
                   "(\"ResNet<20>\"); collab networks lists them")
        ->default_str("SmallNet ResNet-20");
    app.add_option("--pair", o.pair, "the same with + between them: smallnet+resnet20");
    app.add_option("--include", o.headers, "a header with networks or parts of your own")
        ->check(CLI::ExistingFile);
    add_whole(app, "--size", o.size, 0, 4096,
              "side of the pictures that networks look at (0: as they are, at least 32)");
}
void add_mkb_options(CLI::App& app, TrainingOptions& o) {
    app.add_option("--cut", o.base.cuts,
                   "where an MKB is; several cuts, several MKBs: mutual, stage1 to stage5, fc1")
        ->delimiter(',')
        ->default_str("mutual");
    app.add_option("--encoder", o.base.encoder, "of the MKB: channels, or a type")
        ->capture_default_str();
    app.add_option("--transfer", o.base.transfer, "the same; by default as the encoder");
    app.add_option("--decoder", o.base.decoder, "a type")->capture_default_str();
    app.add_option("--embedding", o.base.embedding,
                   "pooled, flat, linear:WIDTH, strided:CHANNELS, narrow:CHANNELS, or a type")
        ->default_str("pooled");
    app.add_option("--merge", o.base.merge,
                   "how knowledge enters a network: product, sum, none, or a type")
        ->capture_default_str();
    app.add_option("--metric", o.metric, "distance of embeddings: " + words_of(metrics))
        ->capture_default_str();
    app.add_option("--agreement", o.agreement, "of three networks and more: pairwise or mean")
        ->capture_default_str();
    app.add_option("--order", o.order, "of updates: " + words_of(orders))->capture_default_str();
    app.add_option("--inputs", o.inputs, "of the networks: siamese or different")
        ->capture_default_str();
    add_real(app, "--alpha", o.alpha, 0, infinity, "weight of the collaborative loss");
    add_whole(app, "--freeze-mkb", o.freeze_mkb_after, 0, 2000000000,
              "steps after which MKBs stay as they are (0: never)");
}
void add_loss_options(CLI::App& app, TrainingOptions& o) {
    app.add_option("--loss", o.loss, "of the task: " + words_of(losses) + ", or a type")
        ->capture_default_str();
    add_real(app, "--label-smoothing", o.label_smoothing, 0, 1, "of cross entropy");
    app.add_option("--optimizer", o.optimizer, words_of(optimizers) + ", or a type")
        ->capture_default_str();
    add_real(app, "--momentum", o.momentum, 0, 1, "of the optimizer; by default its own")
        ->default_str("");
    add_real(app, "--decay", o.weight_decay, 0, infinity,
             "weight decay of the optimizer; by default its own")
        ->default_str("");
    add_real(app, "--clip", o.clip, 0, infinity, "longest gradient of all weights (0: any)");
    add_whole(app, "--accumulate", o.accumulate, 1, 100000, "batches whose gradients are one step");
    app.add_option("--scalar", o.scalar, "float or double")
        ->capture_default_str()
        ->check(CLI::IsMember({"float", "double"}));
    add_real(app, "--rate", o.learning_rate, 0, infinity, "learning rate", false);
    app.add_option("--schedule", o.schedule, "of the learning rate: " + words_of(schedules))
        ->capture_default_str();
    app.add_option("--milestones", o.milestones,
                   "where steps fall: epochs as 60,120 or shares of them as 0.5,0.75")
        ->default_str("0.5,0.75");
    add_real(app, "--factor", o.factor, 0, 1, "by which the rate falls", false);
    add_whole(app, "--warm-up", o.warmup_steps, 0, 2000000000,
              "steps over which the rate rises to its value (at most half an epoch)");
}
void add_run_options(CLI::App& app, TrainingOptions& o) {
    add_whole(app, "--epochs", o.epochs, 1, 100000, "passes over the training images");
    add_whole(app, "--batch", o.batch, 2, 65536, "images per step");
    add_whole(app, "--subset", o.subset, 0, 2000000000,
              "train on so many images, evenly from all classes (0: all)");
    add_whole(app, "--test-subset", o.test_subset, 0, 2000000000,
              "evaluate on so many test images (0: all)");
    add_whole(app, "--validation", o.validation, 0, 2000000000,
              "training images held back: curves and the best are of them (0: test images)");
    app.add_flag("--augment", o.augment, "random crops, and flips of color pictures");
    app.add_flag("--balanced", o.balanced, "each class equally often");
    add_whole(app, "--patience", o.patience, 0, 100000,
              "end after so many evaluations without a better one (0: never)");
    add_whole(app, "--seeds", o.seeds, 1, 1000, "how many: everything is repeated for each");
    add_whole(app, "--seed", o.first_seed, "the first seed");
    add_whole(app, "--threads", o.threads, 0, 4096, "0: one per core");
    add_whole(app, "--evaluations", o.evaluations, 0, 1000000,
              "points on the curves (0: one per epoch)");
}
void add_file_options(CLI::App& app, TrainingOptions& o) {
    app.add_option("--report", o.report, "write a page with the curves to this HTML file");
    CLI::Option* const folder = app.add_option(
        "--checkpoint", o.checkpoints,
        "write checkpoints below this folder: --resume goes on from them, to the same bits");
    add_whole(app, "--checkpoint-every", o.checkpoint_every, 0, 2000000000,
              "steps between checkpoints (0: one per epoch)")
        ->needs(folder);
    app.add_flag("--resume", o.resume, "go on from the checkpoints; begin where there are none")
        ->needs(folder);
    app.add_option(
        "--log", o.logs,
        "write records below this folder: log.jsonl, log.csv, and what TensorBoard reads");
    app.add_option("--save", o.weights,
                   "write the final weights of each training below this folder, as safetensors");
    app.add_flag("--quiet", o.quiet, "no progress line");
}
}  // namespace

void add_training_options(CLI::App& app, TrainingOptions& o) {
    o.given = [&app](const char* option) { return app.get_option(option)->count() > 0; };
    o.settings = [&app] { return settings_text(app); };
    add_network_options(app, o);
    add_mkb_options(app, o);
    add_loss_options(app, o);
    add_run_options(app, o);
    add_file_options(app, o);
}

void take_last(CLI::App& app) {
    for (CLI::Option* option : app.get_options())
        if (option->get_items_expected_max() <= 1)
            option->take_last();
}

void check_options(const TrainingOptions& o, const std::vector<std::string>& more_files) {
    std::vector<std::string> files = more_files;
    files.push_back(o.report);
    for (const std::string& f : files)
        check_file_place(f);
    for (const std::string& folder : {o.checkpoints, o.logs, o.weights})
        check_folder_place(folder);
    schedule_of(o);
    plan_of(o, Task{});
}

void check_method_options(const TrainingOptions& o,
                          const std::vector<const MethodEntry*>& methods) {
    const auto refuse = [&](const std::vector<const char*>& options, const char* what, auto&& has) {
        if (std::any_of(methods.begin(), methods.end(), has))
            return;
        for (const char* option : options)
            if (o.given(option))
                fail(option, " is for methods with ", what, ", which ", methods.front()->name,
                     methods.size() > 1 ? " and the others have not" : " has not");
    };
    refuse(
        {"--cut", "--encoder", "--transfer", "--decoder", "--embedding", "--merge", "--freeze-mkb"},
        "a mutual knowledge base", [](const MethodEntry* m) { return m->has_mkb(); });
    refuse({"--metric", "--alpha", "--agreement"}, "a metric in the mutual space",
           [](const MethodEntry* m) { return m->has_metric(); });
    refuse({"--order", "--inputs"}, "networks that learn together",
           [](const MethodEntry* m) { return !m->apart; });
    const auto unused = [&](bool vain, const char* option, const char* why) {
        if (vain && o.given(option))
            fail(option, " has no effect ", why);
    };
    unused(o.schedule != "steps" && o.schedule != "plateau", "--factor",
           "on this schedule; it is for steps and plateau");
}

void write_settings(const TrainingOptions& o) {
    for (const std::string& folder : {o.weights, o.logs})
        if (!folder.empty())
            collab::detail::replace_file(folder + "/run.toml", o.settings(), "the settings");
}

collab::Splits open_training_data(const TrainingOptions& o) {
    collab::Splits data = open(o.data, o.size > 0 ? o.size : 32);
    if (o.subset > 0)
        data.train = collab::subset(data.train, o.subset, o.first_seed);
    if (o.test_subset > 0)
        data.test = collab::subset(data.test, o.test_subset, o.first_seed);
    if (o.validation > 0)
        collab::hold_out(data, o.validation, o.first_seed);
    if (data.train.target_size > 0)
        fail(o.data, ": has ", data.train.target_size,
             " target values a picture; the program trains on class numbers");
    return data;
}

Task task_of(const TrainingOptions& o, const collab::Splits& data) {
    const collab::Dims d = data.train.dims;
    const int side = o.size > 0 ? o.size : std::max(d.height, 32);
    return {{d.channels, side, side}, data.train.classes};
}

Plan plan_of(const TrainingOptions& o, const Task& task) {
    Plan plan{.task = task, .base = o.base, .metric = o.metric, .scalar = o.scalar};
    for (const std::string& h : o.headers)
        plan.headers.push_back(absolute_path(h));
    std::set<std::string> names;
    for (const std::string& word : network_words(o)) {
        NetworkType n = network_named(word, task, !o.headers.empty());
        // Initial weights follow the name, so two of the same kind need two names.
        const std::string name = n.name;
        for (int k = 2; !names.insert(n.name).second; ++k)
            n.name = name + (k == 2 ? "-again" : sentence("-again-", k - 1));
        plan.networks.push_back(n);
    }
    meaning(metrics, o.metric, "--metric");
    mkb_text(o.base);
    plan.agreement = meaning(agreements, o.agreement, "--agreement");
    plan.order = meaning(orders, o.order, "--order");
    plan.inputs = meaning(feeds, o.inputs, "--inputs");
    plan.loss = meaning(losses, o.loss, "--loss");
    if (o.label_smoothing > 0) {
        if (!plan.loss.empty())
            fail("--label-smoothing is of cross entropy; the loss is ", o.loss);
        plan.loss = "SmoothedCrossEntropy";
    }
    plan.optimizer = meaning(optimizers, o.optimizer, "--optimizer");
    if (o.patience > 0)
        plan.extras = "EarlyStopping";
    if (o.clip > 0)
        plan.extras += plan.extras.empty() ? "ClipGradients" : ", ClipGradients";
    return plan;
}

namespace {
collab::Transform transform_of(const TrainingOptions& o, const collab::Images& train, int side) {
    collab::Transform t = made_square(train.dims, side);
    t.normalize = collab::statistics(train);
    if (o.augment) {
        t.crop_padding = std::max(4, side / 8);
        t.flip = train.dims.channels == 3;  // digits and shoes have a left and a right
    }
    return t;
}
}  // namespace

Job job_of(const TrainingOptions& o, const collab::Splits& data, const Task& task) {
    Job job;
    if (o.metric.size() == 2 && o.metric[0] == 'l')
        job.metric = {{"n", double(o.metric[1] - '0')}};
    if (o.momentum >= 0)
        job.optimizer.push_back({"momentum", o.momentum});
    if (o.weight_decay >= 0)
        job.optimizer.push_back({"weight_decay", o.weight_decay});
    if (o.label_smoothing > 0)
        job.loss = {{"smoothing", o.label_smoothing}};
    if (o.patience > 0)
        job.extras.push_back({"patience", double(o.patience)});
    if (o.clip > 0)
        job.extras.push_back({"norm", o.clip});
    job.alpha = o.alpha;
    job.schedule = schedule_of(o);
    job.epochs = o.epochs;
    job.batch = o.batch;
    job.accumulate = o.accumulate;
    job.balanced = o.balanced;
    job.freeze_mkb_after = o.freeze_mkb_after > 0 ? o.freeze_mkb_after : -1;
    job.threads = o.threads;
    job.logs = o.logs;
    job.weights = o.weights;
    job.checkpoints = {.folder = o.checkpoints, .every = o.checkpoint_every, .resume = o.resume};
    job.transform = transform_of(o, data.train, task.image.height);
    const long per_epoch = std::max(1, data.train.size() / o.batch);
    // A share of one epoch, not of all, so that a training may be made longer later.
    job.warmup_steps = std::min<long>(o.warmup_steps, std::max<long>(1, per_epoch / 2));
    if (o.evaluations > 0)
        job.evaluate_every = std::max<long>(1, per_epoch * o.epochs / o.evaluations);
    return job;
}

collab::Facts manifest_of(const TrainingOptions& o, const Job& job, const Task& task) {
    std::string seeds;
    for (int s = 0; s < o.seeds; ++s)
        seeds += (seeds.empty() ? "" : ", ") + std::to_string(o.first_seed + std::uint64_t(s));
    std::string numbers;
    for (const Number& n : job.optimizer)
        numbers += sentence(", ", n.name, " ", collab::decimal(n.value, 6));
    return {{"optimizer",
             sentence(o.optimizer, numbers, ", learning rate ", collab::decimal(o.learning_rate, 5),
                      " after a warm-up of ", job.warmup_steps, " steps, ", schedule_text(o),
                      ", batch ", o.batch)},
            {"pictures",
             sentence(task.image.channels, " x ", task.image.height, " x ", task.image.width,
                      ", normalized", o.augment ? ", random crops (and flips in color)" : "")},
            {"seeds", seeds}};
}

std::string names_text(const std::vector<NetworkType>& networks) {
    std::string s;
    for (std::size_t i = 0; i < networks.size(); ++i)
        s += (i == 0 ? "" : i + 1 == networks.size() ? " and " : ", ") + networks[i].name;
    return s;
}

}  // namespace program
