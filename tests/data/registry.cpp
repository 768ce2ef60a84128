// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <collab/data/registry.hpp>

#include "temporary.hpp"

using namespace collab;

static std::string opening(std::string_view spec) {
    return error_of([&] { open_data(spec); });
}

TEST_CASE("a made-up set is opened by name and number") {
    const Splits set = open_data("synthetic:50");
    CHECK(set.train.size() == 50);
    CHECK(set.test.size() == 10);
    CHECK(set.train.dims == Dims{3, 32, 32});
    CHECK(set.train.name == "synthetic train");
    CHECK(set.train.pixels[0] != set.test.pixels[0]);
    CHECK(open_data("synthetic").train.size() == 2000);
    CHECK(open_data("synthetic:1").test.size() == 1);
}

TEST_CASE("a number that is none is refused") {
    for (const std::string bad :
         {"", "0", "-5", "12x", " 12", "1e3", "99999999999999999999", "100001"})
        CHECK(opening("synthetic:" + bad) ==
              "data \"synthetic:" + bad + "\": \"" + bad +
                  "\" is not a number of images; expected synthetic:N with N from 1 to 100000");
}

TEST_CASE("the kind decides the reader") {
    const Folder folder;
    const std::string where = folder.path.string();
    CHECK(has(opening("mnist:" + where), where + ": no file of MNIST train images; tried "));
    CHECK(has(opening("fashion:" + where),
              where + ": no file of Fashion-MNIST train images; tried "));
    CHECK(has(opening("cifar10:" + where), where + ": no file of CIFAR-10; tried "));
    CHECK(has(opening("cifar100:" + where), where + ": no file of CIFAR-100; tried "));
    CHECK(has(opening("stl10:" + where), where + ": no file of STL-10; tried "));
    CHECK(has(opening("npy:" + where), where + "/x_train.npy: no such file"));
    CHECK(has(opening("cifar10:" + where + "/with:colon"), where + "/with:colon: no such folder"));
}

TEST_CASE("a kind without its folder is refused") {
    CHECK(opening("mnist") == "data \"mnist\": names no folder; expected mnist:FOLDER");
    CHECK(opening("cifar10:") == "data \"cifar10:\": names no folder; expected cifar10:FOLDER");
}

TEST_CASE("an unknown kind lists the known ones, and says which was meant if one is near") {
    CHECK(opening("minst:data") ==
          "data \"minst:data\": \"minst\" is not a known kind (was mnist meant?); "
          "expected mnist:FOLDER, fashion:FOLDER, cifar10:FOLDER, cifar100:FOLDER, stl10:FOLDER, "
          "npy:FOLDER, synthetic or synthetic:N");
    CHECK(has(opening("CIFAR-10:data"), "(was cifar10 meant?)"));
    CHECK(has(opening("cifar:data"), "(was cifar10 meant?)"));
    CHECK(has(opening("CIFAR-100:data"), "(was cifar100 meant?)"));
    CHECK(has(opening("STL-10:data"), "(was stl10 meant?)"));
    CHECK(has(opening("Fashion-MNIST:data"), "(was fashion meant?)"));
    CHECK(has(opening("sythetic"), "(was synthetic meant?)"));
    CHECK(
        has(opening("imagenet:data"), "\"imagenet\" is not a known kind; expected mnist:FOLDER, "));
    CHECK(has(opening(""), "\"\" is not a known kind; expected"));
}
