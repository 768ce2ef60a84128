// SPDX-License-Identifier: Apache-2.0
// type_text: C++ types as text, which people write on the command line and files hold. Only such
// text reaches a compiler: names, whole numbers, and the signs < > , ::.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace program {

/// Throws Error unless `text` is a list of types: `ResNet<20>`, `MKB<Encoder<64>, Transfer<64>,
/// Decoder>, CosineDistance`. `what` is for the message: "--networks".
void check_type_text(std::string_view text, const std::string& what);

/// Whether a word is meant as a type, not as a word of the command line: `MyLoss`, `my::Loss<2>`.
bool is_type(const std::string& word);

/// The parts between commas outside of < and >, without the spaces around them.
std::vector<std::string> type_list(std::string_view text);

/// `ResNet<20, Image>` in two: its name, and its arguments.
struct TypeParts {
    std::string name;
    std::vector<std::string> arguments;
};
TypeParts type_parts(std::string_view text);

}  // namespace program
