// SPDX-License-Identifier: Apache-2.0
// methods: the methods that have names, and the types that words of the command line mean.
#include <algorithm>
#include <map>

#include "experiment.hpp"
#include "nearest.hpp"
#include "type_text.hpp"
#include "words.hpp"

namespace program {

using collab::fail, collab::sentence;

namespace {
const std::vector<MethodEntry> all_methods{
    {.name = "il",
     .title = "individual",
     .meaning = "each network alone, cross entropy",
     .items = "",
     .apart = true},
    {.name = "el",
     .title = "ensemble",
     .meaning = "both trained alone, then frozen; a linear classifier on their probabilities",
     .items = "Frozen<0, 1>, Ensemble",
     .networks = 2,
     .needs_alone = true},
    {.name = "dl",
     .title = "distillation 1 to 2",
     .meaning = "the first, trained alone and frozen, teaches the second: 0.1 CE + 0.9 T^2 "
                "KL(teacher || student), T = 4",
     .items = "Frozen<0>, Distillation<0, 1>",
     .networks = 2,
     .needs_alone = true,
     .teacher = 0},
    {.name = "dl-back",
     .title = "distillation 2 to 1",
     .meaning = "the second, trained alone and frozen, teaches the first: 0.1 CE + 0.9 T^2 "
                "KL(teacher || student), T = 4",
     .items = "Frozen<1>, Distillation<1, 0>",
     .networks = 2,
     .needs_alone = true,
     .teacher = 1},
    {.name = "hl",
     .title = "hints 1 to 2",
     .meaning = "the second learns CE + 100 mean squares between its map at the cut, through a "
                "regressor, and the first one's, trained alone and frozen",
     .items = "Frozen<0>, Hints<0, 1>",
     .networks = 2,
     .needs_alone = true,
     .teacher = 0},
    {.name = "hl-back",
     .title = "hints 2 to 1",
     .meaning = "the first learns CE + 100 mean squares between its map at the cut, through a "
                "regressor, and the second one's, trained alone and frozen",
     .items = "Frozen<1>, Hints<1, 0>",
     .networks = 2,
     .needs_alone = true,
     .teacher = 1},
    {.name = "rkd",
     .title = "RKD 1 to 2",
     .meaning = "the second learns CE + 25 distances + 50 angles between samples from the "
                "first, trained alone and frozen",
     .items = "Frozen<0>, RelationalDistillation<0, 1>",
     .networks = 2,
     .needs_alone = true,
     .teacher = 0},
    {.name = "at",
     .title = "attention 1 to 2",
     .meaning = "the second learns CE + 1000 mean squares of attention maps at the cut from "
                "the first, trained alone and frozen",
     .items = "Frozen<0>, AttentionTransfer<0, 1, mutual>",
     .networks = 2,
     .needs_alone = true,
     .teacher = 0},
    {.name = "sp",
     .title = "similarity 1 to 2",
     .meaning = "the second learns CE + 3000 similarity preservation before the last layer "
                "from the first, trained alone and frozen",
     .items = "Frozen<0>, Related<SimilarityPreserving, 0, 1>",
     .networks = 2,
     .needs_alone = true,
     .teacher = 0,
     .weight = 3000},
    {.name = "pkt",
     .title = "PKT 1 to 2",
     .meaning = "the second learns CE + 30000 divergence of similarities before the last layer "
                "from the first, trained alone and frozen",
     .items = "Frozen<0>, Related<ProbabilisticTransfer, 0, 1>",
     .networks = 2,
     .needs_alone = true,
     .teacher = 0,
     .weight = 30000},
    {.name = "cka",
     .title = "CKA 1 to 2",
     .meaning = "the second learns CE + 1 - kernel alignment before the last layer with the "
                "first, trained alone and frozen",
     .items = "Frozen<0>, Related<KernelAlignment, 0, 1>",
     .networks = 2,
     .needs_alone = true,
     .teacher = 0},
    {.name = "nst",
     .title = "NST 1 to 2",
     .meaning = "the second learns CE + 50 discrepancy of channels at the cut from the first, "
                "trained alone and frozen",
     .items = "Frozen<0>, NeuronSelectivity<0, 1, mutual>",
     .networks = 2,
     .needs_alone = true,
     .teacher = 0},
    {.name = "vid",
     .title = "VID 1 to 2",
     .meaning = "the second learns CE + a Gaussian likelihood of the first one's map at the "
                "cut, trained alone and frozen",
     .items = "Frozen<0>, VariationalInformation<0, 1, mutual>",
     .networks = 2,
     .needs_alone = true,
     .teacher = 0},
    {.name = "crd",
     .title = "CRD 1 to 2, within the batch",
     .meaning = "the second learns CE + 0.8 contrast in 128 numbers with the first, trained "
                "alone and frozen; negatives from the batch, no memory banks",
     .items = "Frozen<0>, ContrastiveDistillation<0, 1>",
     .networks = 2,
     .needs_alone = true,
     .teacher = 0},
    {.name = "ackd",
     .title = "ACKD 1 to 2 (a reconstruction)",
     .meaning =
         "a reconstruction, not the authors' formulas: auxiliary learners of the second, their "
         "fusion and a critic, taught by the first, trained alone and frozen",
     .items = "Frozen<0>, AckdReconstructed<zoo::conv1_x, mutual, zoo::conv3_x>",
     .networks = 2,
     .needs_alone = true,
     .teacher = 0},
    {.name = "dml",
     .title = "mutual learning",
     .meaning = "CE + KL_1(peer || own), peers detached, simultaneous updates",
     .items = "MutualLearning<>"},
    {.name = "dml-attached",
     .title = "mutual learning, attached",
     .meaning = "the sum of CE + KL_1(peer || own) of both, gradients into the peers too, "
                "simultaneous updates",
     .items = "MutualLearning<Attached>"},
    {.name = "dml-iterative",
     .title = "mutual learning, iterative",
     .meaning = "CE + KL_1(peer || own), peers detached, one network after the other with "
                "renewed predictions",
     .items = "MutualLearning<>, Iterative"},
    {.name = "kdcl",
     .title = "KDCL-MinLogit",
     .meaning = "CE + T^2 KL(target || own), T = 2, target the smallest margins, detached",
     .items = "CollaborativeDistillation<>"},
    {.name = "clnn",
     .title = "CLNN",
     .meaning = "0.5 CE + 0.5 H(peer, own) at T = 2 without T^2, peers detached; whole "
                "networks as heads",
     .items = "CollaborativeHeads"},
    {.name = "tfkd",
     .title = "Tf-KD",
     .meaning = "0.9 CE + 0.1 KL(softmax(u / 20) || own), u = 0.99 at the label",
     .items = "TfKd"},
    {.name = "ctsl",
     .title = "CTSL-MKT",
     .meaning = "CE + 25 DD + 50 AD + KL_1(peer || own) + 16 KL_4(own snapshot || own), peers "
                "detached, simultaneous; weights ours",
     .items = "Frozen<2, 3>, CtslMkt<2>",
     .networks = 2,
     .needs_alone = true,
     .repeated = true},
    {.name = "wel",
     .title = "Wasserstein embedding",
     .meaning = "CE + 0.2 (|e1 - e2|^2 / 50 - W2^2)^2, e 50 normalized linear functions of the "
                "map at the cut; different inputs, W2^2 sliced",
     .items = "DifferentInputs<SlicedDistance<>>, WassersteinEmbedding<>",
     .networks = 2},
    {.name = "afd",
     .title = "AFD",
     .meaning = "CE + 9 KL_3(peer || own) + 0.01 (1 - D)^2 at the cut, peers detached; critics "
                "moved first, by Adam",
     .items = "AdversarialFeatures<>",
     .networks = 2},
    {.name = "mkb",
     .title = "MKB without CL",
     .meaning = "each network alone with an MKB of its own, cross entropy only",
     .items = "{mkb}",
     .apart = true},
    {.name = "cl",
     .title = "collaborative",
     .meaning = "CE + alpha (metric + verification), siamese inputs, simultaneous updates, "
                "peers detached, Eq. 3 as a product",
     .items = "{mkb}, {metric}"},
    {.name = "cl-sum",
     .title = "collaborative, sum",
     .meaning = "CE + alpha (metric + verification), siamese inputs, simultaneous updates, "
                "peers detached, Eq. 3 as a sum",
     .items = "{mkb}, {metric}",
     .merge = "SumMerge"},
    {.name = "cl-iterative",
     .title = "collaborative, iterative",
     .meaning = "CE + alpha (metric + verification), siamese inputs, one network after the "
                "other, peers detached, Eq. 3 as a product",
     .items = "{mkb}, {metric}, Iterative"},
    {.name = "cl-different",
     .title = "collaborative, different inputs",
     .meaning = "CE + alpha ((D - W2^2)^2 + verification), batches rolled by one, W2^2 sliced, "
                "simultaneous updates, Eq. 3 as a product",
     .items = "{mkb}, {metric}, DifferentInputs<SlicedDistance<>>",
     .networks = 2}};
}  // namespace

const std::vector<MethodEntry>& methods() {
    return all_methods;
}

namespace {
/// Items in C++ as a method of their own, which lives as long as the program.
const MethodEntry& method_of_items(const std::string& items) {
    static std::map<std::string, MethodEntry> own;
    check_type_text(items, "--method");
    const auto [at, fresh] = own.try_emplace(items);
    if (fresh)
        at->second = {.name = at->first.c_str(),
                      .title = at->first.c_str(),
                      .meaning = "items of your own",
                      .items = items};
    return at->second;
}

std::string channels_or_type(const std::string& word, const char* part, const char* option) {
    if (!word.empty() &&
        std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; }))
        return sentence(part, "<", word, ">");
    check_type_text(word, option);
    return word;
}
/// The name of a cut, as papers and the zoo have it.
std::string cut_type(const std::string& word) {
    static const std::map<std::string, std::string> known{
        {"mutual", "mutual"},        {"stage1", "zoo::conv1_x"},  {"stage2", "mutual"},
        {"stage3", "zoo::conv3_x"},  {"stage4", "zoo::conv4_x"},  {"stage5", "zoo::conv5_x"},
        {"conv1_x", "zoo::conv1_x"}, {"conv2_x", "zoo::conv2_x"}, {"conv3_x", "zoo::conv3_x"},
        {"conv4_x", "zoo::conv4_x"}, {"conv5_x", "zoo::conv5_x"}, {"fc1", "zoo::fc1"},
        {"fc2", "zoo::fc2"}};
    if (const auto at = known.find(word); at != known.end())
        return at->second;
    check_type_text(word, "--cut");
    return word;
}
std::string embedding_type(const std::string& word) {
    if (word == "pooled")
        return "PooledEmbedding";
    if (word == "flat")
        return "FlatEmbedding";
    if (word.starts_with("linear:"))
        return channels_or_type(word.substr(7), "LinearEmbedding", "--embedding");
    if (word.starts_with("strided:"))
        return channels_or_type(word.substr(8), "StridedEmbedding", "--embedding");
    if (word.starts_with("narrow:"))
        return channels_or_type(word.substr(7), "NarrowEmbedding", "--embedding");
    check_type_text(word, "--embedding");
    return word;
}
std::string merge_type(const std::string& word) {
    if (word == "product")
        return "";
    if (word == "sum")
        return "SumMerge";
    if (word == "none")
        return "IdentityMerge";
    check_type_text(word, "--merge");
    return word;
}
void add(std::string& list, const std::string& item) {
    if (!item.empty())
        list += (list.empty() ? "" : ", ") + item;
}
void fill_in(std::string& text, const std::string& what, const std::string& by) {
    if (const std::size_t at = text.find(what); at != text.npos)
        text.replace(at, what.size(), by);
}
}  // namespace

const MethodEntry& method_named(const std::string& name) {
    std::vector<std::string> names;
    for (const MethodEntry& m : methods()) {
        if (name == m.name)
            return m;
        names.emplace_back(m.name);
    }
    if (is_type(name))
        return method_of_items(name);
    fail("no method is called '", name, "'", did_you_mean(name, names), " There are ",
         joined(names));
}

std::string metric_text(const std::string& word) {
    if (word == "cosine")
        return "CosineDistance";
    if (word == "dot")
        return "NegativeDot";
    if (word == "squared")
        return "SquaredEuclidean";
    if (word == "l1" || word == "l2" || word == "l3")
        return "LnDistance";
    check_type_text(word, "--metric");
    return word;
}

std::string mkb_text(const KnowledgeBase& base, const char* merge) {
    const std::string transfer = base.transfer.empty() && !is_type(base.encoder) ? base.encoder
                                 : base.transfer.empty()                         ? std::string("64")
                                                                                 : base.transfer;
    std::string all;
    for (const std::string& cut : base.cuts) {
        std::string one = channels_or_type(base.encoder, "Encoder", "--encoder");
        add(one, channels_or_type(transfer, "Transfer", "--transfer"));
        add(one, base.decoder.empty() ? std::string("Decoder") : base.decoder);
        check_type_text(one, "the MKB");
        if (const std::string type = cut_type(cut); type != "mutual")
            add(one, "At<" + type + ">");
        if (!base.embedding.empty())
            add(one, embedding_type(base.embedding));
        add(one, *merge ? merge : merge_type(base.merge));
        add(all, "MKB<" + one + ">");
    }
    return all;
}

Experiment experiment_of(const Plan& plan, const MethodEntry& method, int network) {
    Experiment e{.task = plan.task,
                 .optimizer = plan.optimizer,
                 .scalar = plan.scalar,
                 .extras = plan.extras,
                 .headers = plan.headers};
    const int count = int(plan.networks.size());
    if (method.networks > 0 && method.networks != count)
        fail("the method ", method.name, " is for ", method.networks, " networks; there are ",
             count);
    if (method.apart)
        e.networks = {plan.networks[std::size_t(network)]};
    else
        e.networks = plan.networks;
    if (method.repeated)
        e.networks.insert(e.networks.end(), plan.networks.begin(), plan.networks.end());
    if (!method.apart && count < 2)
        fail("the method ", method.name, " needs two networks or more; there is one");
    e.items = method.items;
    fill_in(e.items, "{mkb}", mkb_text(plan.base, method.merge));
    fill_in(e.items, "{metric}", metric_text(plan.metric));
    if (!method.apart)
        for (const std::string* item : {&plan.agreement, &plan.order, &plan.inputs})
            add(e.items, *item);
    add(e.items, plan.loss);
    const bool named = std::any_of(all_methods.begin(), all_methods.end(),
                                   [&](const MethodEntry& m) { return &m == &method; });
    const auto own = [](const std::string& word) { return is_type(word) && word != "Decoder"; };
    e.all_headers = !named || !plan.loss.empty() || plan.optimizer != "Sgd" ||
                    own(plan.base.encoder) || own(plan.base.transfer) || own(plan.base.decoder) ||
                    own(plan.base.embedding) || own(plan.base.merge) || own(plan.metric);
    return e;
}

}  // namespace program
