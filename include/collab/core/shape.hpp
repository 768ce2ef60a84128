// SPDX-License-Identifier: Apache-2.0
// shape: the extents of a feature map, as a value for computing and as a type for interfaces and
// messages.
#pragma once
#include <concepts>

#include <collab/core/text.hpp>

namespace collab {

/// Channels, height and width of one sample. A vector of n features is {n, 1, 1}.
struct Dims {
    int channels = 1;
    int height = 1;
    int width = 1;
    constexpr int area() const { return height * width; }
    constexpr int size() const { return channels * height * width; }
    constexpr bool operator==(const Dims&) const = default;
};

/// A shape as a type: compilers print `Shape<3, 32, 32>` where they would print a value as codes.
template <int Channels, int Height = 1, int Width = 1>
struct Shape {
    static constexpr Dims dims{Channels, Height, Width};
    constexpr operator Dims() const { return dims; }
};

template <class S>
concept StaticShape =
    requires {
        { S::dims } -> std::convertible_to<Dims>;
    } && because<"every extent is positive">(S::dims.channels > 0 && S::dims.height > 0 &&
                                             S::dims.width > 0);

template <class A, class B>
concept SameShape =
    StaticShape<A> && StaticShape<B> && because<"both shapes are the same">(A::dims == B::dims);

}  // namespace collab
