// SPDX-License-Identifier: Apache-2.0
// diagram: pictures of methods, and that those of the documentation are what the library draws.
// With COLLAB_WRITE_PICTURES set they are written.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <collab/collaboration/method/adversarial.hpp>
#include <collab/collaboration/method/distillation.hpp>
#include <collab/collaboration/method/ensemble.hpp>
#include <collab/collaboration/method/features.hpp>
#include <collab/collaboration/method/mutual_learning.hpp>
#include <collab/collaboration/method/online.hpp>
#include <collab/collaboration/method/relations.hpp>
#include <collab/collaboration/method/self.hpp>
#include <collab/report/diagram.hpp>
#include <collab/zoo/cuts.hpp>

using namespace collab;

namespace {
using zoo::conv1_x;
struct A : Sequential<Shape<1, 16, 16>, Conv2d<6, 3>, BatchNorm, Relu, Cut<conv1_x>,
                      Conv2d<8, 3, Stride<2>>, Relu, Cut<mutual>, GlobalAvgPool, Linear<4>> {};
struct B : Sequential<Shape<1, 16, 16>, Conv2d<6, 3>, BatchNorm, Elu, Cut<conv1_x>,
                      Conv2d<8, 3, Stride<2>>, Elu, Cut<mutual>, GlobalAvgPool, Linear<4>> {};
using Head = Layers<GlobalAvgPool, Linear<4>>;

std::string contents(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

int pictures = 0;
template <class C>
void matches(const std::string& name, const std::string& title,
             const std::vector<std::string>& names) {
    const std::string docs = COLLAB_TEST_DATA "/../../docs/";
    const std::string path = docs + "images/methods/" + name + ".svg";
    const std::string drawn = diagram<C>(title, names);
    if (std::getenv("COLLAB_WRITE_PICTURES"))
        std::ofstream(path) << drawn;
    ++pictures;
    CHECK_MESSAGE(contents(path) == drawn,
                  "docs/images/methods/"
                      << name
                      << ".svg is not what the library draws; COLLAB_WRITE_PICTURES=1 writes it");
    CHECK_MESSAGE(
        contents(docs + "methods/" + name + ".md").find("../images/methods/" + name + ".svg") !=
            std::string::npos,
        "docs/methods/" << name << ".md does not show its picture");
}
}  // namespace

TEST_CASE("the pictures of the documentation are what the library draws") {
    const std::vector<std::string> pair{"network 1", "network 2"};
    const std::vector<std::string> three{"network 1", "network 2", "network 3"};
    const std::vector<std::string> school{"teacher", "student"};
    matches<Collaboration<A, B, Frozen<0>, Distillation<0, 1>>>("distillation", "Distillation",
                                                                school);
    matches<Collaboration<A, B, Frozen<0>, Hints<0, 1>>>("hints", "Hints", school);
    matches<Collaboration<A, B, MutualLearning<>>>("mutual-learning", "Deep mutual learning", pair);
    matches<Collaboration<A, B, Frozen<0, 1>, Ensemble>>("ensemble", "Ensemble", pair);
    matches<Collaboration<A, B, DifferentInputs<>, WassersteinEmbedding<>>>(
        "wasserstein-embedding", "Wasserstein embedding", pair);
    matches<Collaboration<A, B, A, B, Frozen<2, 3>, CtslMkt<2>>>(
        "ctsl-mkt", "CTSL-MKT", {"student 1", "student 2", "snapshot 1", "snapshot 2"});
    matches<Collaboration<A, B, Frozen<0>, RelationalDistillation<0, 1>>>(
        "rkd", "Relational knowledge distillation", school);
    matches<Collaboration<A, B, Frozen<0>, Related<SimilarityPreserving, 0, 1>>>(
        "relations-of-samples", "Relations of samples", school);
    matches<Collaboration<A, B, Frozen<0>, AttentionTransfer<0, 1, conv1_x, mutual>>>(
        "attention-transfer", "Attention transfer", school);
    matches<Collaboration<A, B, Frozen<0>, NeuronSelectivity<0, 1, mutual>>>(
        "neuron-selectivity", "Neuron selectivity transfer", school);
    matches<Collaboration<A, B, Frozen<0>, Fsp<0, 1, conv1_x, mutual>>>(
        "fsp", "Flow of solution procedure", school);
    matches<Collaboration<A, B, Frozen<0>, VariationalInformation<0, 1, mutual>>>(
        "vid", "Variational information distillation", school);
    matches<Collaboration<A, B, Frozen<0>, ContrastiveDistillation<0, 1>>>(
        "crd", "Contrastive distillation within the batch", school);
    matches<Collaboration<A, B, A, CollaborativeHeads>>("clnn", "CLNN", three);
    matches<Collaboration<A, B, A, CollaborativeDistillation<>>>("kdcl", "KDCL", three);
    matches<Collaboration<A, A, B, DiversePeers<>>>("okddip", "OKDDip",
                                                    {"peer 1", "peer 2", "leader"});
    matches<Collaboration<A, NativeEnsemble<Head, 3>>>("one", "ONE", {"network"});
    matches<Collaboration<A, B, DenseCrossLayers<Exit<mutual, Head>>>>("dcm", "DCM", pair);
    matches<Collaboration<A, TfKd>>("tf-kd", "Tf-KD with a virtual teacher", {"network"});
    matches<Collaboration<A, Byot<Exit<conv1_x, Layers<Conv2d<8, 1>, GlobalAvgPool>>>>>(
        "byot", "Be your own teacher", {"network"});
    matches<Collaboration<A, B, AdversarialFeatures<>>>("afd", "AFD", pair);
    matches<Collaboration<A, B, Frozen<0>, AckdReconstructed<conv1_x, mutual>>>(
        "ackd", "ACKD, a reconstruction", school);
    CHECK(pictures == 22);
}

TEST_CASE("a picture is well-formed, whatever the names") {
    const std::string s =
        diagram<Collaboration<A, B, MutualLearning<>>>("a < b & \"c\"", {"<first>", "second"});
    CHECK(s.starts_with("<svg "));
    CHECK(s.ends_with("</svg>\n"));
    CHECK(s.find("&lt;first&gt;") != std::string::npos);
    CHECK(s.find("<first>") == std::string::npos);
    std::size_t solid = 0;
    std::size_t constant = 0;
    for (std::size_t at = 0; (at = s.find("class=\"e\"", at)) != std::string::npos; ++at)
        ++solid;
    for (std::size_t at = 0; (at = s.find("class=\"e k\"", at)) != std::string::npos; ++at)
        ++constant;
    CHECK(solid == 2 + 2);  // networks to logits, logits to their own losses
    CHECK(constant == 2);   // the peers
}
