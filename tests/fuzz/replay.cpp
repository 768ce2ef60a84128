// SPDX-License-Identifier: Apache-2.0
// replay: what scripts/fuzz starts from goes through the readers in every test run, also cut at
// every byte and with every byte changed.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "readers.hpp"

namespace fs = std::filesystem;

TEST_CASE("readers answer every file of their corpus, cut anywhere and changed anywhere, with "
          "pictures or with a sentence") {
    for (const fuzz::Reader& reader : fuzz::readers) {
        CAPTURE(reader.name);
        int files = 0;
        for (const auto& entry :
             fs::directory_iterator(fs::path(COLLAB_TEST_DATA) / "fuzz" / reader.name)) {
            CAPTURE(entry.path().string());
            std::ifstream file(entry.path(), std::ios::binary);
            const std::string text(std::istreambuf_iterator<char>(file), {});
            const std::basic_string<std::uint8_t> whole(text.begin(), text.end());
            REQUIRE(whole.size() > 0);
            CHECK_MESSAGE(whole.size() < 1500, "a corpus is kept small");
            CHECK_NOTHROW(reader.run(whole));
            for (std::size_t n = 0; n < whole.size(); ++n) {
                CHECK_NOTHROW(reader.run(whole.substr(0, n)));
                std::basic_string<std::uint8_t> changed = whole;
                changed[n] = static_cast<std::uint8_t>(changed[n] ^ (1u << n % 8));
                CHECK_NOTHROW(reader.run(changed));
            }
            ++files;
        }
        CHECK(files > 0);
    }
}

TEST_CASE("every corpus belongs to a reader") {
    for (const auto& entry : fs::directory_iterator(fs::path(COLLAB_TEST_DATA) / "fuzz"))
        CHECK_MESSAGE(fuzz::find(entry.path().filename().string()), entry.path().string());
}
