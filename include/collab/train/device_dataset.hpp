// SPDX-License-Identifier: Apache-2.0
// device_dataset: a set of pictures as bytes in a backend's memory, where its batches are cut,
// mirrored and normalized.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <collab/backend/concepts.hpp>
#include <collab/core/config.hpp>
#include <collab/core/random.hpp>
#include <collab/data/images.hpp>
#include <collab/data/transform_params.hpp>
#include <collab/data/transforms.hpp>

namespace collab::detail {

/// Pixel i of a batch, counted over samples, rows and columns: what Augmenter writes there.
template <class T>
struct FormPixel {
    PictureFrame frame;
    std::uint64_t seed;
    int epoch;
    bool training;
    const std::uint8_t* pictures;
    const int* indices;
    const T* values;  ///< [channel][byte]
    T* batch;

    COLLAB_HD void operator()(std::size_t i) const {
        const int area = frame.out.height * frame.out.width;
        const int channels = frame.out.channels;
        const int sample = int(i / std::size_t(area));
        const int y = int(i % std::size_t(area)) / frame.out.width;
        const int x = int(i % std::size_t(area)) % frame.out.width;
        const int index = indices[sample];
        const PictureChoice c = choose(frame, sample_random(seed, epoch, index), training);
        const bool hole =
            y >= c.hole_top && y < c.hole_bottom && x >= c.hole_left && x < c.hole_right;
        int row = c.top + y;
        int column = c.left + (c.mirrored ? frame.out.width - 1 - x : x);
        if (frame.reflect) {
            row = reflected(row, frame.in.height);
            column = reflected(column, frame.in.width);
        }
        const bool inside =
            row >= 0 && row < frame.in.height && column >= 0 && column < frame.in.width;
        const std::uint8_t* from =
            inside ? pictures +
                         ((std::size_t(index) * std::size_t(frame.in.height) + std::size_t(row)) *
                              std::size_t(frame.in.width) +
                          std::size_t(column)) *
                             std::size_t(channels)
                   : nullptr;
        T* to = batch + i * std::size_t(channels);
        for (int k = 0; k < channels; ++k)
            to[k] = hole ? T(0) : values[k * 256 + (inside ? from[k] : 0)];
    }
};

/// For backends whose memory is not the host's: the set is copied once, and of each batch only the
/// indices of its pictures.
template <PictureBackend B>
class DeviceDataset {
    using T = typename B::Scalar;

public:
    /// Where sizes and colors stay as they are and the set is not too large to be kept.
    static bool takes(const Images& images, const Transform& t) {
        return t.resize == 0 && t.resized_crop == 0 && !t.color.any() && t.erase.probability == 0 &&
               !t.alternating_flip && images.pixels.size() <= (std::size_t(1) << 30);
    }
    DeviceDataset(B& backend, const Images& images, const Transform& transform, int batch,
                  std::uint64_t seed, bool training)
        : backend_(&backend),
          form_{{images.dims, transform.dims(images.dims), transform.pad + transform.crop_padding,
                 transform.flip, transform.cutout, transform.reflect},
                seed,
                0,
                training,
                nullptr,
                nullptr,
                nullptr,
                nullptr},
          pictures_(backend.template allocate<std::uint8_t>(images.pixels.size())),
          indices_(backend.template allocate<int>(std::size_t(batch))),
          values_(backend.template allocate<T>(std::size_t(images.dims.channels) * 256)) {
        const auto table = value_table(transform.normalize, images.dims.channels);
        std::vector<T> values;
        for (const std::array<float, 256>& channel : table)
            values.insert(values.end(), channel.begin(), channel.end());
        backend.upload(images.pixels.data(), images.pixels.size(), pictures_.data());
        backend.upload(values.data(), values.size(), values_.data());
        form_.pictures = pictures_.data();
        form_.indices = indices_.data();
        form_.values = values_.data();
    }
    void begin_epoch(int epoch) { form_.epoch = epoch; }
    /// Writes the pictures with these indices (on the host), at most a batch, to `to` (of the
    /// backend): NHWC.
    void form(const int* indices, int samples, T* to) {
        backend_->upload(indices, std::size_t(samples), indices_.data());
        form_.batch = to;
        backend_->for_each(std::size_t(samples) * std::size_t(form_.frame.out.area()), form_);
    }

private:
    B* backend_;
    FormPixel<T> form_;
    decltype(std::declval<B&>().template allocate<std::uint8_t>(1)) pictures_;
    decltype(std::declval<B&>().template allocate<int>(1)) indices_;
    decltype(std::declval<B&>().template allocate<T>(1)) values_;
};

}  // namespace collab::detail
