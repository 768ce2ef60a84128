// SPDX-License-Identifier: Apache-2.0
// compare: tensors against their digests.
#include "compare.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace collab::networks {

const char* weights_folder() {
    return std::getenv("COLLAB_WEIGHTS");
}

void place(oracle::Fixture& fixture, const std::string& network, const NamedTensors& named_tensors,
           std::vector<double>& parameters) {
    const bool up_only =
        network == "mobilenet" || network == "mobilenet_v2" || network == "shufflenet_v2";
    for (const Named& n : named_tensors.parameters) {
        double* const first = parameters.data() + n.offset;
        if (const std::string key = network + "/drawn/" + n.name; fixture.contains(key)) {
            // pairs of a channel and the draw that it takes its values from
            const std::vector<double>& drawn = fixture.at(key);
            const int channels = n.tensor.extents[std::size_t(n.tensor.rank) - 1];
            for (std::size_t k = 0; k + 1 < drawn.size(); k += 2) {
                Named other = n;
                other.name += "#" + std::to_string(int(drawn[k + 1]));
                const std::vector<double> values = oracle::initial<double>({other});
                for (int i = int(drawn[k]); i < n.tensor.size; i += channels)
                    first[i] = values[std::size_t(i)];
            }
        }
        if (n.tensor.role == Role::shift)
            for (int i = 0; i < n.tensor.size; ++i)
                first[i] += i % 8 == 1 && !up_only ? -1 : 1;
    }
}

std::vector<double> Digests::digest(const std::string& name, const std::vector<double>& tensor) {
    double squares = 0;
    for (const double v : tensor)
        squares += v * v;
    std::vector<double> digest{std::sqrt(squares)};
    for (int k = 0; k < directions; ++k) {
        const std::vector<double> direction =
            oracle::numbers(name + "~" + std::to_string(k), tensor.size(), std::sqrt(3.0));
        double product = 0;
        for (std::size_t i = 0; i < tensor.size(); ++i)
            product += direction[i] * tensor[i];
        digest.push_back(product);
    }
    return digest;
}

void Digests::judge(const std::string& key, const std::vector<double>& found) {
    const std::vector<double>& expected = fixture.at(key);
    const double scale = expected[0] > 1e-9 * largest ? expected[0] : largest;
    double error = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
        const double e = std::abs(found[i] - expected[i]) / scale;
        if (!(e <= error))
            error = e;  // lets a NaN in
    }
    if (!(error <= worst)) {
        worst = error;
        where = key;
    }
    const bool agrees = found.size() == expected.size() && error <= tolerance;
    CHECK_MESSAGE(agrees, key << " differs from PyTorch by " << error << " of its norm");
}

void Digests::each(const std::string& prefix, const std::vector<Named>& tensors,
                   const std::vector<double>& values) {
    for (const Named& n : tensors)
        largest = std::max(largest, fixture.at(prefix + n.name)[0]);
    for (const Named& n : tensors) {
        const auto first = values.begin() + std::ptrdiff_t(n.offset);
        judge(prefix + n.name, digest(n.name, {first, first + n.tensor.size}));
    }
}

}  // namespace collab::networks
