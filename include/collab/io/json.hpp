// SPDX-License-Identifier: Apache-2.0
// json: values of JSON read from text, and text and numbers written as JSON.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include <collab/core/config.hpp>

namespace collab {

/// A value of JSON (RFC 8259). Members of an object keep their order: the k-th has the name keys[k]
/// and the value items[k].
struct Json {
    enum class Kind { null, boolean, number, text, array, object };
    Kind kind = Kind::null;
    bool boolean = false;
    double number = 0;
    std::string text{};
    std::vector<std::string> keys{};
    std::vector<Json> items{};

    /// The member of this name, or null.
    const Json* find(std::string_view name) const {
        for (std::size_t k = 0; k < keys.size(); ++k)
            if (keys[k] == name)
                return &items[k];
        return nullptr;
    }
    bool is(Kind k) const { return kind == k; }
};

/// The value that `text` is. What is no JSON is an error naming `source` and the place.
Json parse_json(std::string_view text, std::string_view source);

/// `text` in quotes. Malformed UTF-8 becomes U+FFFD, so that the result is always JSON.
std::string json_text(std::string_view text);

/// The shortest decimal that reads back as the same double; null for what is no finite number,
/// which JSON cannot say.
std::string json_number(double value);

}  // namespace collab

#ifdef COLLAB_BODIES
#include <collab/io/json-inl.hpp>
#endif
