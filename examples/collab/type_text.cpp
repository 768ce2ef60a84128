// SPDX-License-Identifier: Apache-2.0
// type_text: see type_text.hpp.
#include "type_text.hpp"

#include <algorithm>
#include <array>

#include <collab/core/error.hpp>

namespace program {

namespace {
constexpr std::size_t longest_type = 4000;

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
/// Words that begin an expression or a declaration, which no type needs.
bool is_reserved(std::string_view word) {
    static constexpr std::array<std::string_view, 20> reserved{
        "asm",      "auto",  "alignas", "alignof", "class",    "const",    "decltype",
        "delete",   "enum",  "goto",    "new",     "noexcept", "operator", "sizeof",
        "template", "throw", "typeid",  "union",   "typename", "using"};
    return word.starts_with("__") ||
           std::find(reserved.begin(), reserved.end(), word) != reserved.end();
}
std::string trimmed(std::string_view s) {
    const auto begin = s.find_first_not_of(' ');
    if (begin == s.npos)
        return {};
    return std::string(s.substr(begin, s.find_last_not_of(' ') - begin + 1));
}

/// Reads a list of types and remembers where it is.
class TypeReader {
public:
    TypeReader(std::string_view text, const std::string& what) : text_(text), what_(what) {}

    void list() {
        do
            type();
        while (take(","));
    }
    void end() {
        skip();
        if (at_ < text_.size())
            wrong();
    }

private:
    void type() {
        skip();
        const std::size_t begin = at_;
        if (at_ < text_.size() && text_[at_] == '-')
            ++at_;
        if (at_ < text_.size() && is_digit(text_[at_])) {
            while (at_ < text_.size() && is_digit(text_[at_]))
                ++at_;
            if (at_ < text_.size() && is_letter(text_[at_]))
                wrong();
            return;
        }
        at_ = begin;
        take("::");
        do {
            word();
            if (take("<") && !take(">")) {
                if (++depth_ > 40)
                    wrong();
                list();
                --depth_;
                if (!take(">"))
                    wrong();
            }
        } while (take("::"));
    }
    void word() {
        skip();
        const std::size_t begin = at_;
        while (at_ < text_.size() &&
               (is_letter(text_[at_]) || (at_ > begin && is_digit(text_[at_]))))
            ++at_;
        if (at_ == begin || is_reserved(text_.substr(begin, at_ - begin))) {
            at_ = begin;
            wrong();
        }
    }
    bool take(std::string_view sign) {
        skip();
        if (!text_.substr(at_).starts_with(sign))
            return false;
        at_ += sign.size();
        return true;
    }
    void skip() {
        while (at_ < text_.size() && text_[at_] == ' ')
            ++at_;
    }
    [[noreturn]] void wrong() const {
        collab::fail(what_, " \"", std::string(text_), "\": ",
                     at_ < text_.size() ? collab::sentence("\"", std::string(text_.substr(at_, 12)),
                                                           "\" is no part of a type")
                                        : std::string("the type has no end"),
                     "; expected names, whole numbers and < > , :: as in ResNet<20>");
    }

    std::string_view text_;
    const std::string& what_;
    std::size_t at_ = 0;
    int depth_ = 0;
};
}  // namespace

void check_type_text(std::string_view text, const std::string& what) {
    if (text.size() > longest_type)
        collab::fail(what, ": a type of ", text.size(), " characters; expected at most ",
                     longest_type);
    TypeReader reader(text, what);
    reader.list();
    reader.end();
}

bool is_type(const std::string& word) {
    return word.find('<') != word.npos || (!word.empty() && word[0] >= 'A' && word[0] <= 'Z');
}

std::vector<std::string> type_list(std::string_view text) {
    std::vector<std::string> all;
    int depth = 0;
    std::size_t begin = 0;
    for (std::size_t at = 0; at <= text.size(); ++at) {
        const char c = at < text.size() ? text[at] : ',';
        depth += (c == '<') - (c == '>');
        if (c != ',' || depth > 0)
            continue;
        all.push_back(trimmed(text.substr(begin, at - begin)));
        begin = at + 1;
    }
    if (all.size() == 1 && all[0].empty())
        all.clear();
    return all;
}

TypeParts type_parts(std::string_view text) {
    const std::size_t open = text.find('<');
    if (open == text.npos)
        return {trimmed(text), {}};
    const std::size_t close = text.rfind('>');
    return {trimmed(text.substr(0, open)), type_list(text.substr(open + 1, close - open - 1))};
}

}  // namespace program
