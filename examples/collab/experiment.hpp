// SPDX-License-Identifier: Apache-2.0
// experiment: the program's menu: which networks, which methods, and what a training is told and
// gives back.
#pragma once
#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/core/error.hpp>
#include <collab/data/images.hpp>
#include <collab/data/transforms.hpp>
#include <collab/loss/divergence.hpp>
#include <collab/loss/metrics.hpp>
#include <collab/model/classification_report.hpp>
#include <collab/train/fit.hpp>
#include <collab/train/settings.hpp>

namespace program {

/// A metric chosen on the command line. (In a program of your own the metric is a type; here one
/// binary offers them all.)
struct ChosenMetric {
    enum Kind { cosine, negative_dot, ln, squared } kind = cosine;
    double n = 2;

    void check() const { collab::LnDistance{n}.check(); }
    std::string describe() const {
        switch (kind) {
        case negative_dot:
            return "NegativeDot";
        case ln:
            return "LnDistance, n = " + collab::detail::plain_number(n);
        case squared:
            return "SquaredEuclidean";
        default:
            return "CosineDistance";
        }
    }

    template <class T>
    T value(int d, const T* a, const T* b) const {
        switch (kind) {
        case negative_dot:
            return collab::NegativeDot{}.value(d, a, b);
        case ln:
            return collab::LnDistance{n}.value(d, a, b);
        case squared:
            return collab::SquaredEuclidean{}.value(d, a, b);
        default:
            return collab::CosineDistance{}.value(d, a, b);
        }
    }
    template <class T>
    void gradient(int d, const T* a, const T* b, T scale, T* da) const {
        switch (kind) {
        case negative_dot:
            return collab::NegativeDot{}.gradient(d, a, b, scale, da);
        case ln:
            return collab::LnDistance{n}.gradient(d, a, b, scale, da);
        case squared:
            return collab::SquaredEuclidean{}.gradient(d, a, b, scale, da);
        default:
            return collab::CosineDistance{}.gradient(d, a, b, scale, da);
        }
    }
};

/// Methods by the names that the command line knows.
enum class MethodId {
    individual,
    ensemble,
    distil,
    distil_back,
    hints,
    hints_back,
    rkd,
    at,
    sp,
    pkt,
    cka,
    nst,
    vid,
    crd,
    ackd,
    mutual,
    mutual_attached,
    mutual_iterative,
    kdcl,
    clnn,
    virtual_teacher,
    ctsl,
    wasserstein,
    afd,
    mkb_alone,
    cl,
    cl_sum,
    cl_iterative,
    cl_different
};
struct MethodEntry {
    MethodId id;
    const char* name;     ///< on the command line
    const char* title;    ///< in tables
    const char* meaning;  ///< one sentence with everything that decides what it computes
    /// networks trained alone before, with the same seed: teachers and snapshots
    bool needs_alone;
    int teacher = -1;  ///< the network that is frozen and teaches the other; -1: none
};
inline const std::vector<MethodEntry> methods{
    {MethodId::individual, "il", "individual", "each network alone, cross entropy", false},
    {MethodId::ensemble, "el", "ensemble",
     "both trained alone, then frozen; a linear classifier on their probabilities", true},
    {MethodId::distil, "dl", "distillation 1 to 2",
     "the first, trained alone and frozen, teaches the second: 0.1 CE + 0.9 T^2 KL(teacher || "
     "student), T = 4",
     true, 0},
    {MethodId::distil_back, "dl-back", "distillation 2 to 1",
     "the second, trained alone and frozen, teaches the first: 0.1 CE + 0.9 T^2 KL(teacher || "
     "student), T = 4",
     true, 1},
    {MethodId::hints, "hl", "hints 1 to 2",
     "the second learns CE + 100 mean squares between its map at the cut, through a regressor, and "
     "the first one's, trained alone and frozen",
     true, 0},
    {MethodId::hints_back, "hl-back", "hints 2 to 1",
     "the first learns CE + 100 mean squares between its map at the cut, through a regressor, and "
     "the second one's, trained alone and frozen",
     true, 1},
    {MethodId::rkd, "rkd", "RKD 1 to 2",
     "the second learns CE + 25 distances + 50 angles between samples from the first, trained "
     "alone and frozen",
     true, 0},
    {MethodId::at, "at", "attention 1 to 2",
     "the second learns CE + 1000 mean squares of attention maps at the cut from the first, "
     "trained alone and frozen",
     true, 0},
    {MethodId::sp, "sp", "similarity 1 to 2",
     "the second learns CE + 3000 similarity preservation before the last layer from the first, "
     "trained alone and frozen",
     true, 0},
    {MethodId::pkt, "pkt", "PKT 1 to 2",
     "the second learns CE + 30000 divergence of similarities before the last layer from the "
     "first, trained alone and frozen",
     true, 0},
    {MethodId::cka, "cka", "CKA 1 to 2",
     "the second learns CE + 1 - kernel alignment before the last layer with the first, trained "
     "alone and frozen",
     true, 0},
    {MethodId::nst, "nst", "NST 1 to 2",
     "the second learns CE + 50 discrepancy of channels at the cut from the first, trained alone "
     "and frozen",
     true, 0},
    {MethodId::vid, "vid", "VID 1 to 2",
     "the second learns CE + a Gaussian likelihood of the first one's map at the cut, trained "
     "alone and frozen",
     true, 0},
    {MethodId::crd, "crd", "CRD 1 to 2, within the batch",
     "the second learns CE + 0.8 contrast in 128 numbers with the first, trained alone and frozen; "
     "negatives from the batch, no memory banks",
     true, 0},
    {MethodId::ackd, "ackd", "ACKD 1 to 2 (a reconstruction)",
     "a reconstruction, not the authors' formulas: auxiliary learners of the second, their fusion "
     "and a critic, taught by the first, trained alone and frozen",
     true, 0},
    {MethodId::mutual, "dml", "mutual learning",
     "CE + KL_1(peer || own), peers detached, simultaneous updates", false},
    {MethodId::mutual_attached, "dml-attached", "mutual learning, attached",
     "the sum of CE + KL_1(peer || own) of both, gradients into the peers too, simultaneous "
     "updates",
     false},
    {MethodId::mutual_iterative, "dml-iterative", "mutual learning, iterative",
     "CE + KL_1(peer || own), peers detached, one network after the other with renewed predictions",
     false},
    {MethodId::kdcl, "kdcl", "KDCL-MinLogit",
     "CE + T^2 KL(target || own), T = 2, target the smallest margins, detached", false},
    {MethodId::clnn, "clnn", "CLNN",
     "0.5 CE + 0.5 H(peer, own) at T = 2 without T^2, peers detached; whole networks as heads",
     false},
    {MethodId::virtual_teacher, "tfkd", "Tf-KD",
     "0.9 CE + 0.1 KL(softmax(u / 20) || own), u = 0.99 at the label", false},
    {MethodId::ctsl, "ctsl", "CTSL-MKT",
     "CE + 25 DD + 50 AD + KL_1(peer || own) + 16 KL_4(own snapshot || own), peers detached, "
     "simultaneous; weights ours",
     true},
    {MethodId::wasserstein, "wel", "Wasserstein embedding",
     "CE + 0.2 (|e1 - e2|^2 / 50 - W2^2)^2, e 50 normalized linear functions of the map at the "
     "cut; different inputs, W2^2 sliced",
     false},
    {MethodId::afd, "afd", "AFD",
     "CE + 9 KL_3(peer || own) + 0.01 (1 - D)^2 at the cut, peers detached; critics moved first, "
     "by Adam",
     false},
    {MethodId::mkb_alone, "mkb", "MKB without CL",
     "each network alone with an MKB of its own, cross entropy only", false},
    {MethodId::cl, "cl", "collaborative",
     "CE + alpha (metric + verification), siamese inputs, simultaneous updates, peers detached, "
     "Eq. 3 as a product",
     false},
    {MethodId::cl_sum, "cl-sum", "collaborative, sum",
     "CE + alpha (metric + verification), siamese inputs, simultaneous updates, peers detached, "
     "Eq. 3 as a sum",
     false},
    {MethodId::cl_iterative, "cl-iterative", "collaborative, iterative",
     "CE + alpha (metric + verification), siamese inputs, one network after the other, peers "
     "detached, Eq. 3 as a product",
     false},
    {MethodId::cl_different, "cl-different", "collaborative, different inputs",
     "CE + alpha ((D - W2^2)^2 + verification), batches rolled by one, W2^2 sliced, simultaneous "
     "updates, Eq. 3 as a product",
     false},
};
/// The entry of this name; an unknown one is an error that lists them.
const MethodEntry& method_named(const std::string& name);
/// The network that teaches the other, -1 if none does; and whether a network learns, as all others
/// do.
inline int teacher_of(MethodId method) {
    for (const MethodEntry& m : methods)
        if (m.id == method)
            return m.teacher;
    return -1;
}
inline bool learns(MethodId method, int network) {
    return teacher_of(method) != network;
}

struct Outcome;
struct Job;
using Train = Outcome (*)(const collab::Splits&, const Job&);

/// Two networks that were built together, on gray and on colored pictures of 32x32; null: not
/// built.
struct PairEntry {
    const char* name;  ///< on the command line
    std::vector<std::string> networks;
    Train gray, color;
};
Outcome smallnet_resnet20_gray(const collab::Splits&, const Job&);
Outcome smallnet_resnet20_color(const collab::Splits&, const Job&);
Outcome resnet32_smallnet_gray(const collab::Splits&, const Job&);
Outcome resnet32_smallnet_color(const collab::Splits&, const Job&);
Outcome smallnet1_resnet8_gray(const collab::Splits&, const Job&);
inline const std::vector<PairEntry> pairs{
    {"smallnet+resnet20",
     {"SmallNet", "ResNet-20"},
     smallnet_resnet20_gray,
     smallnet_resnet20_color},
    {"resnet32+smallnet",
     {"ResNet-32", "SmallNet"},
     resnet32_smallnet_gray,
     resnet32_smallnet_color},
    // small enough to compare many methods on one core
    {"smallnet1+resnet8", {"SmallNet-1", "ResNet-8"}, smallnet1_resnet8_gray, nullptr},
};
const PairEntry& pair_named(const std::string& name);

/// Weights of both networks after training alone: teachers and snapshots.
using Snapshots = std::array<collab::NetworkWeights<float>, 2>;

/// Everything a training needs beside the data.
struct Job {
    MethodId method = MethodId::cl;
    /// which one, for methods that train one network at a time
    int network = 0;
    const Snapshots* snapshots = nullptr;
    ChosenMetric metric{};
    double alpha = 0.2;
    double learning_rate = 0.05;
    int epochs = 1;
    int batch = 128;
    int threads = 0;
    int evaluate_every = 0;
    int warmup_steps = 0;
    std::uint64_t seed = 1;
    collab::Transform transform{};
    std::function<bool(const collab::FitEvent&)> watch{};
    /// in a folder of its own for each training, below this one
    collab::Checkpoints checkpoints{};
    std::string logs, weights;  ///< folders for records and final weights; empty: none
    /// at what the networks answer to the test images, for a report
    bool look = false;
    /// evaluated once, behind the last step; null: nothing
    const collab::Images* held_out = nullptr;
};

/// What came of it. Records have a place for each network that learned (both, unless one was
/// trained alone).
struct Outcome {
    collab::History history;
    collab::NetworkWeights<float> weights;  ///< of a network trained alone
    /// with their halves of a knowledge base; empty where nothing is to be saved
    std::array<collab::NetworkWeights<float>, 2> deployed;
    /// on the test images, where they were looked at
    std::vector<collab::ClassificationReport> scores;
    /// of some test images in the mutual space, if there is one
    std::array<std::vector<float>, 2> embeddings;
    std::vector<int> seen;  ///< their labels
    /// test accuracy of the ensemble's classifier, else -1
    double ensemble = -1;
    std::vector<collab::Evaluation> held_out;  ///< network by network, where it was asked for
    std::size_t parameters = 0;
    /// of each network with its half of a knowledge base
    std::array<long, 2> deployed_parameters{};
    std::array<long, 2> multiply_adds{};
    std::size_t memory_bytes = 0;
    std::string backend;
    /// what was minimized, and how it moved
    collab::Facts semantics;
};

/// One training, with folders of its own for checkpoints, records and weights.
Outcome train(const collab::Splits& data, const PairEntry& pair, const Job& job);

}  // namespace program
