// SPDX-License-Identifier: Apache-2.0
// classification_report: what a network gets right and wrong: top-k accuracies, accuracy of each
// class, and which classes it takes for which.
#pragma once
#include <cmath>
#include <cstddef>
#include <optional>
#include <vector>

#include <collab/core/error.hpp>
#include <collab/data/images.hpp>
#include <collab/data/transforms.hpp>

namespace collab {

/// Answers of a network to labeled images.
struct ClassificationReport {
    int classes = 0;
    long samples = 0;
    double loss = 0;  ///< mean cross entropy
    /// within[k]: samples whose label has the (k + 1)-th largest logit or a larger one
    std::vector<long> within;
    std::vector<long> confusion;  ///< [label][answer]

    /// The share of samples whose label is among the k largest logits. Ties count for the class of
    /// the smaller number, as in training.
    double top(int k) const {
        if (k < 1)
            fail("top-", k, " accuracy; expected at least top-1");
        return samples == 0
                   ? 0
                   : double(within[std::size_t(k < classes ? k : classes) - 1]) / double(samples);
    }
    long count(int label) const {
        long n = 0;
        for (int a = 0; a < classes; ++a)
            n += taken_for(label, a);
        return n;
    }
    long taken_for(int label, int answer) const {
        for (const int c : {label, answer})
            if (c < 0 || c >= classes)
                fail("class ", c, " of a score; expected 0 to ", classes - 1);
        return confusion[std::size_t(label) * std::size_t(classes) + std::size_t(answer)];
    }
    /// The share of the class that was told rightly (its recall); nan for a class without samples.
    double accuracy(int label) const {
        const long n = count(label);
        return n == 0 ? std::nan("") : double(taken_for(label, label)) / double(n);
    }
    /// The share of such answers that was right; nan where it was never the answer.
    double precision(int answer) const {
        long n = 0;
        for (int l = 0; l < classes; ++l)
            n += taken_for(l, answer);
        return n == 0 ? std::nan("") : double(taken_for(answer, answer)) / double(n);
    }
};

/// The score of logits [sample][class].
template <class T>
ClassificationReport classification_report(const std::vector<T>& logits,
                                           const std::vector<int>& labels, int classes) {
    if (classes < 1 || logits.size() != labels.size() * std::size_t(classes))
        fail(labels.size(), " labels and ", classes, " classes need ",
             labels.size() * std::size_t(classes), " logits, not ", logits.size());
    ClassificationReport s{.classes = classes,
                           .samples = long(labels.size()),
                           .loss = 0,
                           .within = std::vector<long>(std::size_t(classes)),
                           .confusion =
                               std::vector<long>(std::size_t(classes) * std::size_t(classes))};
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const int label = labels[i];
        if (label < 0 || label >= classes)
            fail("label ", label, " of sample ", i, " lies outside [0, ", classes, ")");
        const T* z = logits.data() + i * std::size_t(classes);
        int above = 0;
        int answer = 0;
        double sum = 0;
        for (int c = 0; c < classes; ++c) {
            if (z[c] != z[c])
                fail("the logit of class ", c, " of sample ", i, " is nan; expected a number");
            if (z[c] > z[answer])
                answer = c;
            above += z[c] > z[label] || (z[c] == z[label] && c < label);
        }
        for (int c = 0; c < classes; ++c)
            sum += std::exp(double(z[c]) - double(z[answer]));
        s.loss += (double(z[answer]) - double(z[label]) + std::log(sum)) / double(labels.size());
        ++s.confusion[std::size_t(label) * std::size_t(classes) + std::size_t(answer)];
        for (int k = above; k < classes; ++k)
            ++s.within[std::size_t(k)];
    }
    return s;
}
/// The score of a Model on a set.
///
///     const ClassificationReport s = classification_report(training.deploy<0>(), data.test);
///     // s.top(1), s.top(5), s.accuracy(3), s.taken_for(3, 5)
template <class M>
    requires requires(M& m, const Images& i) { m.predict(i); }
ClassificationReport classification_report(M&& model, const Images& images,
                                           const std::optional<Transform>& transform = {}) {
    return classification_report(model.predict(images, transform), images.labels,
                                 std::remove_cvref_t<M>::output.size());
}

}  // namespace collab
