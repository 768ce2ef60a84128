// SPDX-License-Identifier: Apache-2.0
// json-inl: the bodies of json.
#pragma once
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <locale>
#include <sstream>

#include <collab/core/error.hpp>
#include <collab/io/format.hpp>
#include <collab/io/json.hpp>

namespace collab {
namespace detail {
class JsonReader {
public:
    JsonReader(std::string_view text, std::string_view source) : text_(text), source_(source) {}
    Json all() {
        Json value = read(0);
        space();
        if (at_ < text_.size())
            wrong("the end");
        return value;
    }

private:
    static constexpr int deepest = 64;  // each level is a call

    [[noreturn]] void wrong(std::string_view expected) const {
        fail(source_, ": no JSON at byte ", at_, "; expected ", expected);
    }
    void space() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' ||
                                      text_[at_] == '\n' || text_[at_] == '\r'))
            ++at_;
    }
    bool take(char c) {
        if (at_ >= text_.size() || text_[at_] != c)
            return false;
        ++at_;
        return true;
    }
    bool word(std::string_view w) {
        if (text_.substr(at_, w.size()) != w)
            return false;
        at_ += w.size();
        return true;
    }
    Json read(int depth) {
        if (depth > deepest)
            wrong("at most 64 levels of arrays and objects");
        space();
        Json j;
        if (take('{')) {
            j.kind = Json::Kind::object;
            space();
            if (take('}'))
                return j;
            do {
                space();
                if (at_ >= text_.size() || text_[at_] != '"')
                    wrong("the name of a member");
                j.keys.push_back(string());
                space();
                if (!take(':'))
                    wrong("a colon");
                j.items.push_back(read(depth + 1));
                space();
            } while (take(','));
            if (!take('}'))
                wrong("a comma or }");
        } else if (take('[')) {
            j.kind = Json::Kind::array;
            space();
            if (take(']'))
                return j;
            do {
                j.items.push_back(read(depth + 1));
                space();
            } while (take(','));
            if (!take(']'))
                wrong("a comma or ]");
        } else if (at_ < text_.size() && text_[at_] == '"') {
            j.kind = Json::Kind::text;
            j.text = string();
        } else if (word("true") || word("false")) {
            j.kind = Json::Kind::boolean;
            j.boolean = text_[at_ - 2] == 'u';
        } else if (!word("null")) {
            j.kind = Json::Kind::number;
            j.number = number();
        }
        return j;
    }
    double number() {
        // from_chars also reads "inf" and "nan", which are no JSON.
        if (at_ >= text_.size() || !(text_[at_] == '-' || (text_[at_] >= '0' && text_[at_] <= '9')))
            wrong("a value");
        double value = 0;
#ifdef __cpp_lib_to_chars
        const char* const begin = text_.data() + at_;
        const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
        if (error != std::errc{} || !std::isfinite(value))
            wrong("a number");
        at_ += std::size_t(end - begin);
#else  // libc++ 14 reads no floating-point numbers so
        const std::size_t end = text_.find_first_not_of("+-.0123456789eE", at_);
        std::istringstream in(std::string(text_.substr(at_, end - at_)));
        in.imbue(std::locale::classic());
        if (!(in >> value) || !std::isfinite(value) ||
            in.peek() != std::istringstream::traits_type::eof())
            wrong("a number");
        at_ = std::min(end, text_.size());
#endif
        return value;
    }
    std::uint32_t hex4() {
        std::uint32_t v = 0;
        if (at_ + 4 > text_.size())
            wrong("four hexadecimal digits");
        const auto [end, error] =
            std::from_chars(text_.data() + at_, text_.data() + at_ + 4, v, 16);
        if (error != std::errc{} || end != text_.data() + at_ + 4)
            wrong("four hexadecimal digits");
        at_ += 4;
        return v;
    }
    std::string string() {
        std::string s;
        ++at_;
        while (!take('"')) {
            if (at_ >= text_.size())
                wrong("the end of a text");
            const char c = text_[at_];
            if (static_cast<unsigned char>(c) < 0x20)
                wrong("no control character in a text");
            ++at_;
            if (c != '\\') {
                s += c;
                continue;
            }
            if (at_ >= text_.size())
                wrong("an escaped character");
            switch (text_[at_++]) {
            case '"':
                s += '"';
                break;
            case '\\':
                s += '\\';
                break;
            case '/':
                s += '/';
                break;
            case 'b':
                s += '\b';
                break;
            case 'f':
                s += '\f';
                break;
            case 'n':
                s += '\n';
                break;
            case 'r':
                s += '\r';
                break;
            case 't':
                s += '\t';
                break;
            case 'u':
                append_code_point(s);
                break;
            default:
                --at_, wrong("an escaped character");
            }
        }
        return s;
    }
    void append_code_point(std::string& s) {
        std::uint32_t v = hex4();
        if (v >= 0xD800 && v < 0xDC00) {  // the first of a pair
            if (!word("\\u"))
                wrong("the second half of a pair");
            const std::uint32_t low = hex4();
            if (low < 0xDC00 || low >= 0xE000)
                wrong("the second half of a pair");
            v = 0x10000 + ((v - 0xD800) << 10) + (low - 0xDC00);
        } else if (v >= 0xDC00 && v < 0xE000) {
            wrong("the first half of a pair");
        }
        const auto put = [&](std::uint32_t byte) { s += static_cast<char>(byte); };
        if (v < 0x80)
            put(v);
        else if (v < 0x800) {
            put(0xC0 | v >> 6);
            put(0x80 | (v & 63));
        } else if (v < 0x10000) {
            put(0xE0 | v >> 12);
            put(0x80 | (v >> 6 & 63));
            put(0x80 | (v & 63));
        } else {
            put(0xF0 | v >> 18);
            put(0x80 | (v >> 12 & 63));
            put(0x80 | (v >> 6 & 63));
            put(0x80 | (v & 63));
        }
    }

    std::string_view text_, source_;
    std::size_t at_ = 0;
};
}  // namespace detail
}  // namespace collab

namespace collab {
COLLAB_COMPILED COLLAB_COLD Json parse_json(std::string_view text, std::string_view source) {
    return detail::JsonReader(text, source).all();
}
COLLAB_COMPILED COLLAB_COLD std::string json_text(std::string_view text) {
    std::string s = "\"";
    while (!text.empty()) {
        const auto c = detail::first_code_point(text);
        if (!c.valid)
            s += "\xEF\xBF\xBD";
        else if (c.value == '"')
            s += "\\\"";
        else if (c.value == '\\')
            s += "\\\\";
        else if (c.value == '\n')
            s += "\\n";
        else if (c.value < 0x20) {
            constexpr const char* digits = "0123456789abcdef";
            s += sentence("\\u00", digits[c.value >> 4], digits[c.value & 15]);
        } else
            s += text.substr(0, std::size_t(c.bytes));
        text.remove_prefix(std::size_t(c.bytes));
    }
    return s + '"';
}
COLLAB_COMPILED COLLAB_COLD std::string json_number(double value) {
    if (!std::isfinite(value))
        return "null";
    char buffer[40];
    return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}
}  // namespace collab
