// SPDX-License-Identifier: Apache-2.0
// mixing: two pictures that become one, with targets in the same shares.
#pragma once
#include <concepts>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>

#include <collab/core/config.hpp>
#include <collab/core/expect.hpp>
#include <collab/core/number_text.hpp>
#include <collab/core/random.hpp>
#include <collab/core/shape.hpp>

namespace collab {

namespace detail {
/// A number of Beta(alpha, alpha).
double symmetric_beta(double alpha, Random random);
}  // namespace detail

/// image <- l image + (1 - l) other with l of Beta(alpha, alpha) (Zhang et al. 2018).
struct Mixup {
    double alpha = 0.2;

    void check() const { Expect{"Mixup"}.positive("alpha", alpha); }
    std::string words() const { return "Mixup " + detail::number_text(alpha); }
    double operator()(Random random, Dims dims, float* image, const float* other) const;
};

/// A rectangle of `other` in its place in `image`: of the shape of the picture, its area 1 - l of
/// it with l of Beta(alpha, alpha), around a random pixel and cut at the edges. The share of the
/// first picture is what is left of it (Yun et al. 2019).
struct CutMix {
    double alpha = 1;

    void check() const { Expect{"CutMix"}.positive("alpha", alpha); }
    std::string words() const { return "CutMix " + detail::number_text(alpha); }
    double operator()(Random random, Dims dims, float* image, const float* other) const;
};

/// What mixes two pictures: `double mix(Random random, Dims dims, float* image, const float*
/// other)` changes `image` (rows, columns, channels, as a network sees it) with a look at `other`,
/// and returns the share of `image` in the result: its target becomes share target + (1 - share)
/// other target. Choices come from `random`; several threads call it at once. `words()`, where it
/// has them, tell it from others in a checkpoint.
class PictureMixer {
public:
    PictureMixer() = default;
    template <class F>
        requires(!std::same_as<F, PictureMixer> &&
                 std::is_invocable_r_v<double, const F&, Random, Dims, float*, const float*>)
    PictureMixer(F mix) : words_("unnamed") {
        detail::check_settings(mix);
        if constexpr (requires { mix.words(); })
            words_ = mix.words();
        mix_ = std::move(mix);
    }
    explicit operator bool() const { return bool(mix_); }
    double operator()(Random random, Dims dims, float* image, const float* other) const {
        return mix_(random, dims, image, other);
    }
    const std::string& words() const { return words_; }

private:
    std::function<double(Random, Dims, float*, const float*)> mix_;
    std::string words_ = "none";
};

}  // namespace collab

#ifdef COLLAB_BODIES
#include <collab/data/mixing-inl.hpp>
#endif
