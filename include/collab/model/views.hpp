// SPDX-License-Identifier: Apache-2.0
// views: a network asked several times about each picture, mirrored and moved, and the mean of what
// it says.
#pragma once
#include <algorithm>
#include <cstddef>
#include <vector>

#include <collab/core/config.hpp>
#include <collab/core/error.hpp>
#include <collab/data/images.hpp>
#include <collab/model/model.hpp>

namespace collab {

/// A picture mirrored, and moved by so many pixels; what comes in at an edge is the picture
/// reflected there.
struct PictureView {
    bool mirrored = false;
    int down = 0;
    int right = 0;
};

/// The same pictures, seen so.
Images viewed(const Images& images, const PictureView& view);

/// As it is, and mirrored.
std::vector<PictureView> mirror_views();

/// The mean of a Model's logits over views of each picture: [image][class]. The model prepares the
/// views as it prepares pictures.
template <class M>
auto predict_views(M& model, const Images& images,
                   const std::vector<PictureView>& views = mirror_views()) {
    if (views.empty())
        fail("predictions over views: there are none; expected at least one");
    auto mean = model.predict(viewed(images, views[0]));
    using T = typename decltype(mean)::value_type;
    for (std::size_t k = 1; k < views.size(); ++k) {
        const auto more = model.predict(viewed(images, views[k]));
        for (std::size_t i = 0; i < mean.size(); ++i)
            mean[i] += more[i];
    }
    for (T& z : mean)
        z /= T(views.size());
    return mean;
}

/// The share of pictures whose largest mean logit, the first of several, is that of their label.
template <class M>
double accuracy_views(M& model, const Images& images,
                      const std::vector<PictureView>& views = mirror_views()) {
    if (images.target_size > 0)
        fail(images.name, ": its targets are values; an accuracy needs class numbers");
    const auto z = predict_views(model, images, views);
    const std::size_t classes = z.size() / static_cast<std::size_t>(images.size());
    int right = 0;
    for (int i = 0; i < images.size(); ++i) {
        const auto row =
            z.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(i) * classes);
        const auto best = std::max_element(row, row + static_cast<std::ptrdiff_t>(classes)) - row;
        right += best == images.labels[static_cast<std::size_t>(i)];
    }
    return static_cast<double>(right) / images.size();
}

}  // namespace collab

#ifdef COLLAB_BODIES
#include <collab/model/views-inl.hpp>
#endif
