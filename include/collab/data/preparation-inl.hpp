// SPDX-License-Identifier: Apache-2.0
// preparation-inl: the bodies of preparation.
#pragma once
#include <locale>
#include <sstream>

#include <collab/core/error.hpp>
#include <collab/core/number_text.hpp>
#include <collab/data/preparation.hpp>

namespace collab {
COLLAB_COMPILED COLLAB_COLD std::string preparation_text(const Transform& transform) {
    std::string text;
    const auto say = [&](const char* name, double value) {
        text += (text.empty() ? "" : " ") + std::string(name) + " " + detail::number_text(value);
    };
    const auto say_unless_0 = [&](const char* name, int value) {
        if (value != 0)
            say(name, value);
    };
    say_unless_0("resize", transform.resize);
    say_unless_0("resized_crop", transform.resized_crop);
    say_unless_0("pad", transform.pad);
    say_unless_0("crop_padding", transform.crop_padding);
    say_unless_0("crop", transform.crop);
    say_unless_0("reflect", transform.pad > 0 && transform.reflect);
    for (const double v : transform.normalize.mean)
        say("mean", v);
    for (const double v : transform.normalize.stddev)
        say("stddev", v);
    return text;
}
COLLAB_COMPILED COLLAB_COLD Transform preparation_of(std::string_view text,
                                                     std::string_view source) {
    Transform t;
    std::istringstream in{std::string(text)};
    in.imbue(std::locale::classic());
    std::string name;
    double value = 0;
    while (in >> name) {
        if (!(in >> value))
            fail(source, ": its preparation says '", name, "' without a number: \"", text, "\"");
        if (name == "mean")
            t.normalize.mean.push_back(value);
        else if (name == "stddev")
            t.normalize.stddev.push_back(value);
        else if (name == "reflect")
            t.reflect = value != 0;
        else if (int* const to = name == "resize"         ? &t.resize
                                 : name == "resized_crop" ? &t.resized_crop
                                 : name == "pad"          ? &t.pad
                                 : name == "crop_padding" ? &t.crop_padding
                                 : name == "crop"         ? &t.crop
                                                          : nullptr)
            *to = int(value);
        else
            fail(source, ": its preparation says '", name,
                 "', which this version does not know: \"", text, "\"");
    }
    if (t.normalize.mean.size() != t.normalize.stddev.size())
        fail(source, ": its preparation has ", t.normalize.mean.size(), " means and ",
             t.normalize.stddev.size(), " standard deviations");
    return t;
}
}  // namespace collab
