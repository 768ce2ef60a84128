// SPDX-License-Identifier: Apache-2.0
// gapped: maps whose channels lie in wider ones, so that a test sees who writes where he must not.
#pragma once
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include <collab/memory/view.hpp>

/// A map of `pixels` pixels whose channels lie in a wider one, with marks in the gaps.
struct Gapped {
    static constexpr float mark = 77;
    int channels, pixel;
    std::vector<float> data;
    Gapped(long pixels, int channels_, int gap, std::uint64_t seed)
        : channels(channels_),
          pixel(channels_ + gap),
          data(std::size_t(pixels * pixel), mark) {
        std::mt19937_64 random(seed);
        std::uniform_real_distribution<float> uniform(-1, 1);
        for (long p = 0; p < pixels; ++p)
            for (int c = 0; c < channels; ++c)
                (*this)(p, c) = uniform(random);
    }
    float operator()(long p, int c) const { return data[std::size_t(p * pixel + c)]; }
    float& operator()(long p, int c) { return data[std::size_t(p * pixel + c)]; }
    collab::View<float> view() { return {data.data(), pixel}; }
    collab::View<const float> view() const { return {data.data(), pixel}; }
    bool gaps_untouched() const {
        for (std::size_t i = 0; i < data.size(); ++i)
            if (int(i % std::size_t(pixel)) >= channels && data[i] != mark)
                return false;
        return true;
    }
};
