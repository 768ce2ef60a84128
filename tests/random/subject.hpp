// SPDX-License-Identifier: Apache-2.0
// subject: a network or a collaboration on some backend, behind ordinary functions of doubles, so
// that everything but it is compiled once.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <collab/model/named_tensors.hpp>

#include "exact.hpp"
#include "onnx_file.hpp"

namespace collab::random {

using Numbers = std::vector<double>;

/// Images (NHWC), class numbers, and how many of them.
struct Batch {
    std::vector<float> images;
    std::vector<int> labels;
    int samples = 0;
};
/// What a list of layers makes of an input and of the gradient of its output, in training.
struct Pass {
    Numbers output, input_gradient, gradients;
};

/// A deployed network for other programs, or the sentence by which the library refuses it.
struct Files {
    std::string onnx;                      ///< the bytes of the file
    std::map<std::string, Array> weights;  ///< under PyTorch's names
    std::vector<int> order;                ///< output k of PyTorch is output order[k] here
    std::string refused_onnx, refused_weights;
};

class Subject {
public:
    virtual ~Subject() = default;
    virtual const NamedTensors& tensors() const = 0;
    virtual void set(const Numbers& parameters, const Numbers& state) = 0;
    virtual void compute_gradients(const Batch& batch) = 0;
    virtual void step(const Batch& batch, double rate) = 0;
    virtual void evaluate(const Batch& batch) = 0;
    virtual Numbers parameters() const = 0;
    virtual Numbers gradients() const = 0;
    virtual Numbers state() const = 0;
    virtual Numbers logits(int network) const = 0;
    /// Of every network: classification, metric, verification, coupling.
    virtual Numbers losses() const = 0;
    /// The logits of a network, deployed.
    virtual Numbers deployed(int network, const Batch& batch) = 0;
    /// A network, deployed, as it is written; `folder`: and its files. Nothing where the program
    /// was compiled without files.
    virtual Files files(int network, const std::string& folder) = 0;
    /// The first network by itself; parameters and states are those of the subject.
    virtual Pass pass(const Numbers& images, const Numbers& gradient, int samples) = 0;
};

/// One way to compute a case. `epsilon`: half the distance from 1 to the next number of its type.
struct Way {
    std::string name;
    double epsilon;
    std::function<std::unique_ptr<Subject>()> make;
};

/// A case, however it is computed.
struct Case {
    std::string name, text;
    Dims input, output;
    int networks = 1;
    int batch = 1;                 ///< room for so many samples
    int samples = 1;               ///< of every step but the last
    bool alone = true;             ///< a network, not a collaboration
    bool refuses_weights = false;  ///< PyTorch has no order for some network's weights
    std::function<std::unique_ptr<Subject>(Rounding)> exact;
    std::vector<Way> ways;
    /// Writes it for other programs (exchange.hpp).
    std::function<void(const Case&, const std::string&)> write;
};

/// All cases of a program.
std::vector<Case>& cases();

}  // namespace collab::random
