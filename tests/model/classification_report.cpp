// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>

#include <collab/model/classification_report.hpp>

#include "data/temporary.hpp"

using namespace collab;

TEST_CASE("logits are scored by rank, by class and by what was taken for what") {
    const std::vector<double> z{3, 2, 1,   // label 0: right
                                1, 3, 2,   // label 2: second
                                1, 3, 2,   // label 0: third
                                2, 2, 2,   // label 1: a tie, which class 0 wins
                                0, 0, 5};  // label 2: right
    const ClassificationReport s = classification_report(z, {0, 2, 0, 1, 2}, 3);
    CHECK(s.samples == 5);
    CHECK(s.top(1) == doctest::Approx(2 / 5.0));
    CHECK(s.top(2) == doctest::Approx(4 / 5.0));
    CHECK(s.top(3) == 1);
    CHECK(s.top(5) == 1);
    CHECK(s.confusion == std::vector<long>{1, 1, 0, 1, 0, 0, 0, 1, 1});
    CHECK(s.accuracy(0) == 0.5);
    CHECK(s.accuracy(1) == 0);
    CHECK(s.accuracy(2) == 0.5);
    CHECK(s.precision(0) == 0.5);
    CHECK(s.precision(1) == 0);
    CHECK(s.precision(2) == 1);
    double loss = 0;
    for (std::size_t i = 0; i < 5; ++i) {
        const int label[] = {0, 2, 0, 1, 2};
        loss += (std::log(std::exp(z[3 * i]) + std::exp(z[3 * i + 1]) + std::exp(z[3 * i + 2])) -
                 z[3 * i + std::size_t(label[i])]) /
                5;
    }
    CHECK(s.loss == doctest::Approx(loss).epsilon(1e-12));
}

TEST_CASE("a logit that is not a number has no rank") {
    for (const std::size_t at : {std::size_t(3), std::size_t(5)}) {
        std::vector<float> z{3, 2, 1, 1, 3, 2};
        z[at] = std::nanf("");
        CHECK_THROWS_WITH(
            classification_report(z, {0, 0}, 3),
            doctest::Contains(
                sentence("the logit of class ", at - 3, " of sample 1 is nan").c_str()));
    }
}

TEST_CASE("a class without samples has no accuracy, and logits that do not fit are refused") {
    const ClassificationReport s = classification_report(std::vector<float>{1, 0}, {0}, 2);
    CHECK(std::isnan(s.accuracy(1)));
    CHECK(std::isnan(s.precision(1)));
    CHECK(error_of([] { classification_report(std::vector<float>{1, 0, 1}, {0}, 2); }) ==
          "1 labels and 2 classes need 2 logits, not 3");
    CHECK(error_of([] { classification_report(std::vector<float>{1, 0}, {2}, 2); }) ==
          "label 2 of sample 0 lies outside [0, 2)");
    CHECK(error_of([&] { s.top(0); }) == "top-0 accuracy; expected at least top-1");
    CHECK(error_of([&] { s.accuracy(2); }) == "class 2 of a score; expected 0 to 1");
    CHECK(error_of([&] { s.precision(-1); }) == "class -1 of a score; expected 0 to 1");
    CHECK(classification_report(std::vector<float>{1000, -1000}, {1}, 2).loss == 2000);
}
