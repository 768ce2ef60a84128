// SPDX-License-Identifier: Apache-2.0
// conv_backward: both gradients of a 3x3 convolution of stride 1 in one sweep over the batch: what
// they read is read, and formed, once.
#pragma once
#include <algorithm>
#include <cstddef>

#include <collab/backend/cpu/convolution.hpp>
#include <collab/backend/cpu/dense_weight_gradient.hpp>

namespace collab::backend::detail {

/// The tiles of the weight gradient, if both gradients go by Winograd's tiles over maps of one
/// size; none otherwise.
template <class T>
WinogradParts backward_in_one_sweep(const CpuContext& threads, const Convolution& g) {
    if (g.groups != 1 || g.in.height != g.out.height || g.in.width != g.out.width ||
        winograd_edge<T>(ConvGeometry(g, true), threads.winograd()) == 0)
        return {};
    return winograd_parts<T>(ConvGeometry(g, false), threads.winograd());
}

/// Both gradients by Winograd's tiles. What the geometry decides is decided first; `run` does the
/// work, a function for each step.
template <class T>
class DenseBackward {
public:
    COLLAB_COLD DenseBackward(const CpuContext& threads, const Convolution& g,
                              WinogradParts winograd, const InputTransform<T>& x,
                              const InputTransform<T>& dy, Epilogue<T>& after)
        : back_(g, true),
          x_(x),
          dy_(dy),
          after_(after),
          edge_(winograd.edge),
          back_edge_(winograd_edge<T>(back_, threads.winograd())),
          in_(g.in.channels),
          out_(g.out.channels),
          height_(g.in.height),
          width_(g.in.width),
          blocks_(in_),
          window_(back_.window()),
          x_row_(std::ptrdiff_t(window_.width()) * in_),
          dy_row_(std::ptrdiff_t(window_.width()) * out_),
          units_(g.batch, height_,
                 sizeof(T) * std::size_t(window_.height(height_)) * std::size_t(x_row_ + dy_row_),
                 sizeof(T) * std::size_t(x_row_ + dy_row_), g.out.area(),
                 winograd_outputs(std::max(edge_, back_edge_))),
          x_image_(window_.height(units_.most_rows) * x_row_),
          dy_image_(window_.height(units_.most_rows) * dy_row_),
          parts_(std::min(winograd.parts, units_.count())),
          sums_size_(winograd_sums_size<T>(edge_, in_, out_)) {}

    /// Adds to dw and writes after.y. Returns the number of parts that have sums in `after`.
    COLLAB_COLD int run(CpuContext& threads, const T* w, T* dw) {
        pack(threads, w);
        if (after_.run)
            after_.zero_sums(threads, parts_);
        threads.run(parts_, [&](int part) { run_part(threads, part); });
        const int jobs = std::min(in_, 16);
        threads.run(jobs, [&](int job) {
            winograd_weight_gradient_finish(
                edge_, WinogradSums<T>{sums_, parts_, sums_size_, in_, out_},
                part_begin(in_, jobs, job), part_begin(in_, jobs, job + 1),
                WeightPlace<T>{dw, std::ptrdiff_t(in_) * out_, std::ptrdiff_t(out_)});
        });
        return parts_;
    }

private:
    /// Memory of a part: windows of x and of dy, and tiles.
    struct Room {
        T *x, *dy, *tiles;
    };

    void pack(CpuContext& threads, const T* w) {
        const std::size_t size = whole_lines<T>(winograd_weights_size<T>(back_edge_, out_, in_));
        packed_ = threads.shared<T>(size + std::size_t(parts_) * sums_size_);
        sums_ = packed_ + size;
        threads.run(blocks_.count(), [&](int b) {
            winograd_weights(back_edge_, back_, w, 0, b,
                             packed_ + winograd_block<T>(back_edge_, out_, b));
        });
    }
    Room room(CpuContext& threads) const {
        const std::size_t x_size =
            whole_lines<T>(std::size_t(units_.most_images * x_image_ + lanes<T>));
        const std::size_t dy_size =
            whole_lines<T>(std::size_t(units_.most_images * dy_image_ + lanes<T>));
        const std::size_t tile_size =
            std::max(winograd_gradient_scratch<T>(edge_, in_, out_,
                                                  winograd_tiles_in(units_, width_, edge_)),
                     winograd_scratch<T>(back_edge_, out_, in_,
                                         winograd_tiles_in(units_, width_, back_edge_)));
        T* const x = threads.scratch<T>(x_size + dy_size + tile_size);
        return {x, x + x_size, x + x_size + dy_size};
    }
    COLLAB_COLD void run_part(CpuContext& threads, int part) const {
        const Room r = room(threads);
        const int first = part_begin(units_.count(), parts_, part);
        const int last = part_begin(units_.count(), parts_, part + 1);
        PrefetcherPair fetching;
        for (int u = first; u < last; ++u) {
            const BatchTiling::Unit unit = units_[u];
            fetch(u, fetching);
            load_unit(unit, r);
            winograd_weight_gradient(weight_gradient_job(unit, r, part, u == first, fetching));
            winograd_tiles(input_gradient_job(unit, r, fetching));
            if (after_.run)
                after_.run(after_, part, (long(unit.image) * height_ + unit.row) * width_,
                           long(unit.images) * unit.rows * width_, 0, in_);
        }
    }
    void fetch(int u, PrefetcherPair& f) const {
        f.clear();
        // of the next part, too: a thread takes parts in their order
        if (u + 1 >= units_.count())
            return;
        const BatchTiling::Unit next = units_[u + 1];
        const long first = (long(next.image) * height_ + next.row) * width_;
        const long count = long(next.images) * next.rows * width_;
        f.ahead.add(dy_.x, first, count);
        f.ahead.add(dy_.raw, first, count);
        fetch_beside(f.later, x_, after_, first, count);
    }
    void load_unit(const BatchTiling::Unit& unit, const Room& r) const {
        for (int i = 0; i < unit.images; ++i) {
            const WindowPlace place{
                height_,      width_,         unit.row + window_.top, window_.height(unit.rows),
                window_.left, window_.width()};
            load_window(x_, unit.image + i, 0, in_, place, r.x + i * x_image_, x_row_);
            load_window(dy_, unit.image + i, 0, out_, place, r.dy + i * dy_image_, dy_row_);
        }
        std::fill_n(r.x + unit.images * x_image_, lanes<T>, T(0));
        std::fill_n(r.dy + unit.images * dy_image_, lanes<T>, T(0));
    }
    WinogradGradientJob<T> weight_gradient_job(const BatchTiling::Unit& unit, const Room& r,
                                               int part, bool set, PrefetcherPair& f) const {
        return {{r.x, in_, x_row_, x_image_, unit.images, unit.rows, width_, in_, edge_},
                out_,
                r.dy - window_.top * dy_row_ - window_.left * out_,
                out_,
                dy_row_,
                dy_image_,
                sums_ + std::size_t(part) * sums_size_,
                set,
                r.tiles,
                &f.ahead};
    }
    WinogradJob<T> input_gradient_job(const BatchTiling::Unit& unit, const Room& r,
                                      PrefetcherPair& f) const {
        const std::ptrdiff_t y_row = width_ * after_.y.pixel;
        const std::ptrdiff_t y_image = height_ * y_row;
        return {{r.dy, out_, dy_row_, dy_image_, unit.images, unit.rows, width_, out_, back_edge_},
                in_,
                packed_,
                nullptr,
                after_.y.data + unit.image * y_image + unit.row * y_row,
                after_.y.pixel,
                y_row,
                y_image,
                r.tiles,
                &f.later};
    }

    ConvGeometry back_;
    const InputTransform<T>&x_, &dy_;
    Epilogue<T>& after_;
    int edge_, back_edge_;
    int in_, out_, height_, width_;
    Blocks<T> blocks_;
    Window window_;  ///< that of x is the same
    std::ptrdiff_t x_row_, dy_row_;
    BatchTiling units_;
    std::ptrdiff_t x_image_, dy_image_;
    int parts_;
    std::size_t sums_size_;
    T* packed_ = nullptr;
    T* sums_ = nullptr;
};

}  // namespace collab::backend::detail
