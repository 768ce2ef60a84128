// SPDX-License-Identifier: Apache-2.0
// loss: the reference meaning of softmax and cross entropy in one.
#pragma once
#include <cmath>

#include <collab/backend/operands.hpp>
#include <collab/backend/reference/memory.hpp>
#include <collab/core/error.hpp>
#include <collab/memory/view.hpp>

namespace collab::backend {

/// See CrossEntropyBackend in backend/concepts.hpp. Throws Error for a label outside [0, classes).
template <class T>
struct ReferenceCrossEntropy {
    void softmax_cross_entropy(const LabeledLogits<T>& labeled, T scale, View<T> dlogits, T* losses,
                               T* hits) const {
        const auto& [rows, classes, logits, labels] = labeled;
        for (int b = 0; b < rows; ++b) {
            const T* z = collab::detail::pixel(logits, b);
            const int label = labels[b];
            if (label < 0 || label >= classes)
                fail("the label of row ", b, " is ", label, ": expected one in [0, ", classes, ")");
            int first = 0;
            for (int c = 1; c < classes; ++c)
                if (collab::detail::beats(z[c], z[first]))
                    first = c;
            const T largest = z[first];  // subtracted, so that no exponential overflows
            T sum = 0;
            for (int c = 0; c < classes; ++c)
                sum += std::exp(z[c] - largest);
            losses[b] = std::log(sum) - (z[label] - largest);
            // a NaN beats every number, so that a row with one is never a hit
            hits[b] = T(first == label && largest == largest);
            if (dlogits)
                for (int c = 0; c < classes; ++c)
                    collab::detail::pixel(dlogits, b)[c] =
                        scale * (std::exp(z[c] - largest) / sum - T(c == label));
        }
    }
};

}  // namespace collab::backend
