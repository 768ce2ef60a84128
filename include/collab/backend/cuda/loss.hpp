// SPDX-License-Identifier: Apache-2.0
// loss: the cross entropy of softmax and labels.
#pragma once
#include <cmath>
#include <limits>

#include <collab/backend/cuda/channels.hpp>
#include <collab/backend/operands.hpp>

namespace collab::backend::device {

/// See CrossEntropyBackend. A label outside of [0, classes) gives a loss and a gradient of NaN: a
/// GPU cannot stop for it.
template <class S, class T>
void softmax_cross_entropy(S& system, const LabeledLogits<T>& labeled, T scale, View<T> dlogits,
                           T* losses, T* hits) {
    const int classes = labeled.classes;
    const View<const T> logits = labeled.logits;
    const int* const labels = labeled.labels;
    for_rows(system, labeled.rows, [=] COLLAB_HD(int b) {
        const T* const z = pixel(logits, b);
        const int label = labels[b];
        const bool known = label >= 0 && label < classes;
        const T unknown = std::numeric_limits<T>::quiet_NaN();
        int first = 0;
        for (int c = 1; c < classes; ++c)
            if (beats(z[c], z[first]))
                first = c;
        const T largest = z[first];  // subtracted, so that no exponential overflows
        T sum = 0;
        for (int c = 0; c < classes; ++c)
            sum += std::exp(z[c] - largest);
        losses[b] = known ? std::log(sum) - (z[label] - largest) : unknown;
        // a NaN beats every number, so that a row with one is never a hit
        hits[b] = T(first == label && largest == largest);
        if (dlogits)
            for (int c = 0; c < classes; ++c)
                pixel(dlogits, b)[c] =
                    known ? scale * (std::exp(z[c] - largest) / sum - T(c == label)) : unknown;
    });
}

}  // namespace collab::backend::device
