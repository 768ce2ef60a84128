// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include <doctest/doctest.h>

#include <collab/io/json.hpp>
#include <collab/io/safetensors.hpp>

#include "data/temporary.hpp"

using namespace collab;

namespace {
Tensors some() {
    Tensors t;
    t.say("format", "a test");
    t.say("said", "a \"word\"");
    const float a[] = {1.5f, -2, 3, 4, 5, 6};
    t.add<float>("a", {2, 3}, a);
    t.add<std::int64_t>("n", {1, -2});
    t.add<double>("nothing", std::vector<double>{});
    const std::uint8_t one = 7;
    t.add<std::uint8_t>("scalar", {}, &one);
    return t;
}
std::string foreign(std::string_view header, std::string_view values) {
    std::string s(8, '\0');
    s[0] = char(header.size() & 255);
    s[1] = char(header.size() >> 8);
    return s + std::string(header) + std::string(values);
}
std::string no(std::string_view file) {
    return error_of([&] { Tensors::decode(file, "it"); });
}
}  // namespace

TEST_CASE("tensors and words are written and read back") {
    const Tensors t = Tensors::decode(some().encode(), "it");
    CHECK(t.checked);
    CHECK(t.values<float>("a") == std::vector<float>{1.5f, -2, 3, 4, 5, 6});
    CHECK(t.find("a")->extents == std::vector<std::int64_t>{2, 3});
    CHECK(t.values<std::int64_t>("n") == std::vector<std::int64_t>{1, -2});
    CHECK(t.values<double>("nothing").empty());
    CHECK(t.find("scalar")->extents.empty());
    CHECK(t.values<std::uint8_t>("scalar") == std::vector<std::uint8_t>{7});
    REQUIRE(t.word("said"));
    CHECK(*t.word("said") == "a \"word\"");
    CHECK(t.word("crc32c") == nullptr);
    CHECK(t.word("unsaid") == nullptr);
}

TEST_CASE("the file is laid out as the format says") {
    const std::string file = some().encode();
    const std::size_t length = std::size_t(static_cast<unsigned char>(file[0])) |
                               std::size_t(static_cast<unsigned char>(file[1])) << 8;
    CHECK(file.substr(2, 6) == std::string(6, '\0'));
    CHECK(length % 8 == 0);
    CHECK(file.size() == 8 + length + 24 + 16 + 1);
    const Json header = parse_json(std::string_view(file).substr(8, length), "it");
    const Json* a = header.find("a");
    REQUIRE(a);
    CHECK(a->find("dtype")->text == "F32");
    CHECK(a->find("shape")->items[1].number == 3);
    CHECK(a->find("data_offsets")->items[1].number == 24);
    CHECK(file.substr(8 + length, 4) == std::string("\0\0\xC0\x3F", 4));  // 1.5f
}

TEST_CASE("a file of another program is read without a checksum") {
    const Tensors t = Tensors::decode(
        foreign(
            R"({"w":{"dtype":"U8","shape":[2],"data_offsets":[1,3]},"v":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}})",
            "abc"),
        "it");
    CHECK_FALSE(t.checked);
    CHECK(t.values<std::uint8_t>("w") == std::vector<std::uint8_t>{'b', 'c'});
}

TEST_CASE("every flipped bit and every cut is seen") {
    const std::string file = some().encode();
    for (std::size_t i = 0; i < file.size(); ++i) {
        for (int bit = 0; bit < 8; ++bit) {
            std::string changed = file;
            changed[i] = char(changed[i] ^ 1 << bit);
            bool seen = false;
            try {
                // the flip hit what says that there is a checksum
                seen = !Tensors::decode(changed, "it").checked;
            } catch (const Error& e) {
                seen = std::string(e.what()).starts_with("it: ");
            }
            CHECK_MESSAGE(seen, "byte ", i, " bit ", bit);
        }
        CHECK(no(std::string_view(file).substr(0, i)).starts_with("it: is"));
    }
    CHECK(no(file + "x").starts_with("it: is damaged: its checksum is "));
}

TEST_CASE("headers that do not fit are refused in words") {
    const auto entry = [](const char* e) {
        return foreign(std::string("{\"w\":") + e + "}", "abcd");
    };
    CHECK(no("abc") == "it: is no safetensors file, or is damaged: it has 3 bytes");
    CHECK(no("abcdefgh{}") == "it: is no safetensors file, or is damaged: its header should have "
                              "7523094288207667809 bytes, and behind its length there are 2");
    CHECK(no(foreign("[]", "")) ==
          "it: is no safetensors file, or is damaged: its header is no object");
    CHECK(no(entry("{}")) == "it: is damaged: tensor 'w' has no type, shape and place");
    CHECK(no(entry(R"({"dtype":"F8","shape":[4],"data_offsets":[0,4]})"))
              .starts_with("it: is damaged: tensor 'w' is of type 'F8'; expected "));
    CHECK(no(entry(R"({"dtype":"U8","shape":[3,1],"data_offsets":[0,4]})")) ==
          "it: is damaged: tensor 'w' has 4 bytes; its shape of 3 x 1 needs 3");
    CHECK(no(entry(R"({"dtype":"F32","shape":[1],"data_offsets":[4,8]})")) ==
          "it: is damaged: tensor 'w' lies at bytes 4 to 8 of 4");
    CHECK(no(entry(R"({"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,4]})")) ==
          "it: is damaged: tensor 'w' is larger than the file");
    CHECK(no(entry(R"({"dtype":"U8","shape":[-4],"data_offsets":[0,4]})")) ==
          "it: is damaged: tensor 'w' has an extent or a place that is no whole number");
    CHECK(no(entry(R"({"dtype":"U8","shape":[3],"data_offsets":[0,3]})")) ==
          "it: is damaged: its tensors need 3 bytes, and there are 4");
    CHECK(no(entry(R"({"dtype":"U8","shape":[3],"data_offsets":[1,4]})")) ==
          "it: is damaged: its tensors overlap or leave gaps at byte 0");
    CHECK(
        no(foreign(
            R"({"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})",
            "")) == "it: is damaged: tensor 'w' is there twice");
}

TEST_CASE("tensors without elements are read, whatever their other extents") {
    const Tensors t = Tensors::decode(
        foreign(
            R"({"a":{"dtype":"F32","shape":[1000,0],"data_offsets":[0,0]},"b":{"dtype":"F64","shape":[0,4294967296,4294967296],"data_offsets":[0,0]},"c":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
            "x"),
        "it");
    CHECK(t.find("a")->extents == std::vector<std::int64_t>{1000, 0});
    CHECK(t.values<float>("a").empty());
    CHECK(t.values<double>("b").empty());
    CHECK(t.values<std::uint8_t>("c") == std::vector<std::uint8_t>{'x'});
    CHECK(no(foreign(R"({"w":{"dtype":"F32","shape":[0,2],"data_offsets":[0,4]}})", "abcd")) ==
          "it: is damaged: tensor 'w' has 4 bytes; its shape of 0 x 2 needs 0");
}

TEST_CASE("a file that is handed over is kept, not copied, and can be added to") {
    std::vector<double> numbers(10000);
    for (std::size_t i = 0; i < numbers.size(); ++i)
        numbers[i] = double(i);
    Tensors made;
    made.add<double>("many", numbers);
    std::string file = made.encode();
    const char* const at = file.data();
    const std::size_t size = file.size();
    Tensors t = Tensors::decode(std::move(file), "it");
    CHECK(t.bytes().data() == at + (size - t.bytes().size()));
    std::vector<double> seen;
    std::size_t largest = 0;
    t.each_piece<double>("many", [&](const std::vector<double>& piece) {
        largest = std::max(largest, piece.size());
        seen.insert(seen.end(), piece.begin(), piece.end());
    });
    CHECK(seen == numbers);
    CHECK(largest < numbers.size());
    t.each_piece<double>("many", [](const std::vector<double>&) {});
    t.add<float>("one more", {1.5f});
    const Tensors again = Tensors::decode(t.encode(), "it");
    CHECK(again.values<double>("many") == numbers);
    CHECK(again.values<float>("one more") == std::vector<float>{1.5f});
}

TEST_CASE("tensors are asked for by name and type") {
    const Tensors t = Tensors::decode(some().encode(), "it");
    CHECK(error_of([&] { t.values<float>("b"); }) == "it: holds no tensor 'b'");
    CHECK(error_of([&] { t.values<double>("a"); }) == "it: 'a' is of type F32; expected F64");
    Tensors twice = some();
    CHECK(error_of([&] { twice.add<double>("a", {}); }) ==
          "these tensors: two tensors are called 'a'");
}
