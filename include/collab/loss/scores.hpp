// SPDX-License-Identifier: Apache-2.0
// scores: figures of an evaluation beside the loss.
#pragma once
#include <array>
#include <cstddef>

#include <collab/core/config.hpp>
#include <collab/loss/mean_absolute_error.hpp>

namespace collab {

/// The share of samples whose first largest logit is that of their class.
struct Accuracy {
    static constexpr const char* name = "accuracy";
    static constexpr bool higher_is_better = true;
    template <class T>
    COLLAB_HD T value(int d, const T* z, int label) const {
        for (int c = 0; c < d; ++c)
            if (!(z[c] <= z[label]) || (z[c] == z[label] && c < label))
                return T(0);
        return T(1);
    }
};

/// The share of samples whose class is among the K largest logits. Ties count for the class of the
/// smaller number.
template <int K>
struct TopAccuracy {
    static_assert(K >= 1 && K <= 999, "collab: top-K accuracy takes K from 1 to 999");

private:
    static constexpr auto letters = [] {
        std::array<char, 16> all{'t', 'o', 'p'};
        std::size_t at = 3;
        for (int unit = K >= 100 ? 100 : K >= 10 ? 10 : 1; unit > 0; unit /= 10)
            all[at++] = char('0' + K / unit % 10);
        for (const char c : {'_', 'a', 'c', 'c', 'u', 'r', 'a', 'c', 'y'})
            all[at++] = c;
        return all;
    }();

public:
    static constexpr const char* name = letters.data();  ///< "top5_accuracy"
    static constexpr bool higher_is_better = true;
    template <class T>
    COLLAB_HD T value(int d, const T* z, int label) const {
        int above = 0;
        for (int c = 0; c < d; ++c)
            above += !(z[c] <= z[label]) || (z[c] == z[label] && c < label);
        return T(above < K && z[label] == z[label]);
    }
};

/// The share of labels that a logit's sign tells rightly: z > 0 means that the label is there
/// (target above 1/2).
struct LabelAccuracy {
    static constexpr const char* name = "label_accuracy";
    static constexpr bool higher_is_better = true;
    template <class T>
    COLLAB_HD T value(int d, const T* z, const T* target) const {
        int right = 0;
        for (int i = 0; i < d; ++i)
            right += (z[i] > T(0)) == (target[i] > T(0.5)) && z[i] == z[i];
        return T(right) / T(d);
    }
};

/// The share of samples whose first largest logit is that of the first most probable class.
struct MostProbable {
    static constexpr const char* name = "accuracy";
    static constexpr bool higher_is_better = true;
    template <class T>
    COLLAB_HD T value(int d, const T* z, const T* target) const {
        int label = 0;
        for (int c = 1; c < d; ++c)
            if (target[c] > target[label])
                label = c;
        return Accuracy{}.value(d, z, label);
    }
};

}  // namespace collab
