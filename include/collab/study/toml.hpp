// SPDX-License-Identifier: Apache-2.0
// toml: the part of TOML that a grid of trainings is written in: tables, arrays of tables, texts,
// numbers, booleans and arrays.
#pragma once
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>

#include <collab/core/error.hpp>
#include <collab/io/json.hpp>

namespace collab {
namespace detail {

class TomlReader {
public:
    TomlReader(std::string_view text, std::string_view source) : text_(text), source_(source) {}

    Json all() {
        root_.kind = Json::Kind::object;
        table_ = &root_;
        if (text_.starts_with("\xEF\xBB\xBF"))  // a byte-order mark, as some editors write
            at_ = 3;
        while (true) {
            skip(true);
            if (at_ >= text_.size())
                return std::move(root_);
            if (peek() == '[')
                header();
            else
                assign();
            skip(false);
            if (at_ < text_.size() && peek() != '\n')
                wrong("the end of the line");
        }
    }

private:
    [[noreturn]] void wrong(std::string_view expected) const {
        int line = 1;
        for (std::size_t i = 0; i < at_ && i < text_.size(); ++i)
            line += text_[i] == '\n';
        fail(source_, ", line ", line, ": expected ", expected);
    }
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    bool take(char c) {
        if (peek() != c || at_ >= text_.size())
            return false;
        ++at_;
        return true;
    }
    /// Spaces and comments, and with `lines` the ends of lines.
    void skip(bool lines) {
        while (at_ < text_.size()) {
            const char c = peek();
            if (c == '#')
                while (at_ < text_.size() && peek() != '\n')
                    ++at_;
            else if (c == ' ' || c == '\t' || c == '\r' || (lines && c == '\n'))
                ++at_;
            else
                return;
        }
    }
    std::string name() {
        skip(false);
        if (peek() == '"' || peek() == '\'')
            return quoted();
        const std::size_t from = at_;
        while ((peek() >= 'a' && peek() <= 'z') || (peek() >= 'A' && peek() <= 'Z') ||
               (peek() >= '0' && peek() <= '9') || peek() == '_' || peek() == '-')
            ++at_;
        if (at_ == from)
            wrong("a name");
        return std::string(text_.substr(from, at_ - from));
    }
    static Json* member(Json& of, const std::string& name) {
        for (std::size_t k = 0; k < of.keys.size(); ++k)
            if (of.keys[k] == name)
                return &of.items[k];
        return nullptr;
    }
    static Json* add(Json& to, const std::string& name, Json value) {
        to.keys.push_back(name);
        to.items.push_back(std::move(value));
        return &to.items.back();
    }
    static Json empty(Json::Kind kind) {
        Json j;
        j.kind = kind;
        return j;
    }
    void header() {
        ++at_;
        const bool many = take('[');
        const std::string named = name();
        skip(false);
        if (!take(']') || (many && !take(']')))
            wrong(many ? "]] behind the name" : "] behind the name");
        Json* known = member(root_, named);
        if (many) {
            if (!known)
                known = add(root_, named, empty(Json::Kind::array));
            if (!known->is(Json::Kind::array))
                wrong(sentence("another name: '", named, "' is no array of tables"));
            known->items.push_back(empty(Json::Kind::object));
            table_ = &known->items.back();
            return;
        }
        if (known)
            wrong(sentence("another name: '", named, "' stands there twice"));
        table_ = add(root_, named, empty(Json::Kind::object));
    }
    void assign() {
        std::string named = name();
        Json* table = table_;
        for (skip(false); take('.'); skip(false)) {  // a.b = 1 is b of the table a
            Json* inner = member(*table, named);
            table = inner ? inner : add(*table, named, empty(Json::Kind::object));
            if (!table->is(Json::Kind::object))
                wrong(sentence("another name: '", named, "' is no table"));
            named = name();
        }
        if (member(*table, named))
            wrong(sentence("another name: '", named, "' stands there twice"));
        if (!take('='))
            wrong("= behind the name");
        add(*table, named, value(0));
    }
    bool word(std::string_view w) {
        if (text_.substr(at_, w.size()) != w)
            return false;
        at_ += w.size();
        return true;
    }
    Json value(int depth) {
        skip(false);
        if (depth > 8)
            wrong("at most eight arrays in each other");
        Json j;
        if (peek() == '"' || peek() == '\'') {
            j.kind = Json::Kind::text;
            j.text = quoted();
        } else if (take('[')) {
            j.kind = Json::Kind::array;
            skip(true);
            while (!take(']')) {
                j.items.push_back(value(depth + 1));
                skip(true);
                if (!take(',') && peek() != ']')
                    wrong("a comma or ]");
                skip(true);
            }
        } else if (word("true") || word("false")) {
            j.kind = Json::Kind::boolean;
            j.boolean = text_[at_ - 2] == 'u';
        } else {
            j.kind = Json::Kind::number;
            j.number = number();
        }
        return j;
    }
    double number() {
        const auto digit = [](char c) { return c >= '0' && c <= '9'; };
        std::string digits;
        const std::size_t first = at_ + (peek() == '-' || peek() == '+');
        while (digit(peek()) || peek() == '.' || peek() == '-' || peek() == '+' || peek() == 'e' ||
               peek() == 'E' || peek() == '_') {
            const char next = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
            if (peek() == '_' && (digits.empty() || !digit(digits.back()) || !digit(next)))
                wrong("a digit on both sides of _");
            if (at_ == first && peek() == '0' && (digit(next) || next == '_'))
                wrong("a number without zeros in front");
            if (peek() != '_')
                digits += peek();
            ++at_;
        }
        if (digits.starts_with('+'))
            digits.erase(0, 1);
        double v = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), v);
        if (error != std::errc{} || end != digits.data() + digits.size() || !std::isfinite(v))
            wrong("a value: \"text\", a number, true, false or [an array]");
        return v;
    }
    /// A text between quotes. Between ' and ', every sign means itself.
    std::string quoted() {
        const char quote = text_[at_++];
        std::string s;
        while (!take(quote)) {
            if (at_ >= text_.size() || peek() == '\n')
                wrong("the end of the text");
            if (quote == '"' && take('\\'))
                escape(s);
            else
                s += text_[at_++];
        }
        return s;
    }
    void escape(std::string& s) {
        static constexpr std::string_view signs = "\"\\ntrbf";
        static constexpr std::string_view meant = "\"\\\n\t\r\b\f";
        const char c = peek();
        const std::size_t k = at_ < text_.size() ? signs.find(c) : signs.npos;
        if (k != signs.npos)
            s += meant[k];
        else if (c == 'u' || c == 'U')
            return code_point(s, c == 'u' ? 4 : 8);
        else
            wrong("one of \\\" \\\\ \\n \\t \\r \\b \\f \\uXXXX \\UXXXXXXXX");
        ++at_;
    }
    /// As UTF-8.
    void code_point(std::string& s, std::size_t digits) {
        const std::string_view text = text_.substr(at_ + 1, digits);
        unsigned v = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v, 16);
        if (error != std::errc{} || end != text.data() + digits || v > 0x10FFFF ||
            (v >= 0xD800 && v < 0xE000))
            wrong("a code point in hexadecimal digits");
        at_ += 1 + digits;
        if (v < 0x80)
            s += char(v);
        else if (v < 0x800)
            s += {char(0xC0 | v >> 6), char(0x80 | (v & 63))};
        else if (v < 0x10000)
            s += {char(0xE0 | v >> 12), char(0x80 | (v >> 6 & 63)), char(0x80 | (v & 63))};
        else
            s += {char(0xF0 | v >> 18), char(0x80 | (v >> 12 & 63)), char(0x80 | (v >> 6 & 63)),
                  char(0x80 | (v & 63))};
    }

    std::string_view text_, source_;
    std::size_t at_ = 0;
    Json root_{};
    Json* table_ = nullptr;
};

}  // namespace detail

/// The tables of a TOML text as an object. Dates and texts of several lines are not read, nor are
/// tables in tables. What cannot be read is an error naming `source` and the line.
inline Json parse_toml(std::string_view text, std::string_view source) {
    return detail::TomlReader(text, source).all();
}

}  // namespace collab
