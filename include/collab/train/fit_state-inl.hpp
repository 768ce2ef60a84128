// SPDX-License-Identifier: Apache-2.0
// fit_state-inl: the bodies of fit_state.
#pragma once
#include <cmath>
#include <utility>

#include <collab/core/crc32c.hpp>
#include <collab/io/json.hpp>
#include <collab/train/fit_state.hpp>

namespace collab::detail {
COLLAB_COMPILED COLLAB_COLD void FitState::note(const Record& r, bool higher_is_better) {
    double mean = 0;
    for (const NetworkRecord& k : r.networks)
        mean += k.test_score() / double(r.networks.size());
    if (history.best_step == 0 || (higher_is_better ? mean > history.best : mean < history.best)) {
        history.best = mean;
        history.best_step = step;
    }
}
COLLAB_COMPILED COLLAB_COLD Record FitState::means(double seconds) const {
    Record r = running;
    r.seconds = seconds;
    const double c = double(counted ? counted : 1);
    for (auto& k : r.networks) {
        k.task /= c;
        k.metric /= c;
        k.verification /= c;
        for (double& score : k.scores)
            score /= c;
        k.coupling /= c;
        k.test_loss = std::nan("");
        k.test_scores.fill(k.test_loss);
    }
    return r;
}
COLLAB_COMPILED COLLAB_COLD void FitState::save(Tensors& file) const {
    for (const auto& [name, value] : {std::pair<const char*, long>{"epoch", epoch},
                                      {"epochs", epochs},
                                      {"batch of the epoch", batch},
                                      {"step", step},
                                      {"counted", counted},
                                      {"images trained on", trained},
                                      {"best step", history.best_step}})
        file.say(name, std::to_string(value));
    file.say("finished", finished ? "yes" : "no");
    file.add<double>(".fit.numbers", {errors, learning_rate, wall, history.seconds, history.best,
                                      running.learning_rate});
    file.add<double>(".fit.past", past);
    std::vector<double> rows;
    append(rows, running);
    file.add<double>(".fit.running", rows);
    rows.clear();
    for (const Record& r : history.records)
        append(rows, r);
    file.add<double>(".fit.records", rows);
}
COLLAB_COMPILED COLLAB_COLD void FitState::load(const Tensors& file) {
    epoch = int(number_in(file, "epoch"));
    epochs = int(number_in(file, "epochs"));
    batch = number_in(file, "batch of the epoch");
    step = number_in(file, "step");
    counted = number_in(file, "counted");
    trained = number_in(file, "images trained on");
    history.best_step = number_in(file, "best step");
    const std::string* const end = file.word("finished");
    finished = end && *end == "yes";
    const auto numbers = file.values<double>(".fit.numbers");
    past = file.values<double>(".fit.past");
    const auto now = file.values<double>(".fit.running");
    const auto records = file.values<double>(".fit.records");
    const std::size_t n = running.networks.size();
    // Seven figures of each network, and two for every further score, which older files lack.
    const std::size_t few = 4 + 7 * n;
    const std::size_t all = few + 2 * std::size_t(most_scores - 1) * n;
    const bool more = now.size() == all;
    const std::size_t width = more ? all : few;
    if (numbers.size() != 6 || now.size() != width || records.size() % width != 0 ||
        past.size() != std::size_t(epoch) || epoch < 0 || batch < 0 || step < 0)
        fail(file.source, ": what it says of the course of the training does not fit together");
    errors = numbers[0];
    learning_rate = numbers[1];
    wall = numbers[2];
    history.seconds = numbers[3];
    history.best = numbers[4];
    running = record(now.data(), n, more);
    running.learning_rate = numbers[5];
    history.records.clear();
    for (std::size_t at = 0; at < records.size(); at += width)
        history.records.push_back(record(records.data() + at, n, more));
    history.resumed = step;
}
COLLAB_COMPILED COLLAB_COLD void FitState::append(std::vector<double>& to, const Record& r) {
    to.insert(to.end(), {double(r.epoch), double(r.step), r.learning_rate, r.seconds});
    for (const NetworkRecord& k : r.networks)
        to.insert(to.end(), {k.task, k.metric, k.verification, k.score(), k.coupling, k.test_loss,
                             k.test_score()});
    // The scores behind the first one stand at the end: files without them are still read.
    for (const NetworkRecord& k : r.networks)
        for (std::size_t s = 1; s < k.scores.size(); ++s)
            to.insert(to.end(), {k.scores[s], k.test_scores[s]});
}
COLLAB_COMPILED COLLAB_COLD Record FitState::record(const double* v, std::size_t networks,
                                                    bool more) {
    Record r{int(v[0]), long(v[1]), v[2], v[3], {}};
    for (v += 4; r.networks.size() < networks; v += 7)
        r.networks.push_back({v[0], v[1], v[2], {v[3]}, v[4], v[5], {v[6]}});
    for (NetworkRecord& k : r.networks)
        for (std::size_t s = 1; s < k.scores.size() && more; ++s, v += 2) {
            k.scores[s] = v[0];
            k.test_scores[s] = v[1];
        }
    return r;
}
COLLAB_COMPILED COLLAB_COLD std::string set_words(const Pictures& set) {
    if (!set.images)
        return set.words;
    const Images& images = *set.images;
    const std::string_view labels(reinterpret_cast<const char*>(images.labels.data()),
                                  images.labels.size() * sizeof(int));
    const std::string_view values(reinterpret_cast<const char*>(images.targets.data()),
                                  images.targets.size() * sizeof(float));
    const std::string_view pixels(reinterpret_cast<const char*>(images.pixels.data()),
                                  images.pixels.size());
    return sentence(images.size(), " images of ", images.dims.channels, " x ", images.dims.height,
                    " x ", images.dims.width, ", checksum ",
                    crc32c(pixels, crc32c(values, crc32c(labels))));
}
COLLAB_COMPILED COLLAB_COLD std::string transform_words(const Transform& t) {
    std::string s;
    const auto add = [&](const char* name, double v) {
        s += sentence(s.empty() ? "" : " ", name, " ", json_number(v));
    };
    add("resize", t.resize);
    add("resized_crop", t.resized_crop);
    add("min_area", t.min_area);
    add("pad", t.pad);
    add("crop_padding", t.crop_padding);
    add("crop", t.crop);
    add("flip", t.flip);
    add("brightness", t.color.brightness);
    add("contrast", t.color.contrast);
    add("saturation", t.color.saturation);
    add("hue", t.color.hue);
    add("cutout", t.cutout);
    // only where they are asked for: earlier checkpoints know nothing of them
    if (t.reflect)
        add("reflect", 1);
    if (t.alternating_flip)
        add("alternating flip", 1);
    if (t.erase.probability > 0) {
        add("erase", t.erase.probability);
        add("from", t.erase.min_area);
        add("to", t.erase.max_area);
        add("ratio", t.erase.min_ratio);
        add("noise", t.erase.noise);
    }
    for (const auto v : t.normalize.mean)
        add("mean", double(v));
    for (const auto v : t.normalize.stddev)
        add("stddev", double(v));
    return s;
}
}  // namespace collab::detail
