// SPDX-License-Identifier: Apache-2.0
// reference: the backend that defines what every operation means, by loops that one can check by
// reading.
#pragma once
#include <memory>
#include <string>
#include <type_traits>

#include <collab/backend/reference/channels.hpp>
#include <collab/backend/reference/convolution.hpp>
#include <collab/backend/reference/loss.hpp>
#include <collab/backend/reference/memory.hpp>
#include <collab/backend/reference/normalization.hpp>
#include <collab/backend/reference/pooling.hpp>

namespace collab {

/// Every operation of backend/concepts.hpp on one thread of the host, with the standard library
/// alone. Clear, not fast: for gradient checks, for small networks, and to say what another backend
/// should have computed. It has no state.
///
///     Reference<double> backend;
///     auto y = backend.allocate(map.size());
///     backend.activate(map, ReluFunction{}, x, View<double>{y.data(), map.dims.channels});
template <class T = float>
class Reference : public backend::ReferenceMemory<T>,
                  public backend::ReferenceConvolution<T>,
                  public backend::ReferenceProduct<T>,
                  public backend::ReferenceActivation<T>,
                  public backend::ReferenceNormalization<T>,
                  public backend::ReferencePooling<T>,
                  public backend::ReferenceDropout<T>,
                  public backend::ReferenceShortcut<T>,
                  public backend::ReferenceChannels<T>,
                  public backend::ReferenceCrossEntropy<T> {
    static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>,
                  "collab: the reference backend computes in float or in double");

public:
    using Scalar = T;
    static constexpr const char* name = "Reference";

    /// A backend of the same kind: the two may run at once.
    std::shared_ptr<Reference> another() const { return std::make_shared<Reference>(); }
    std::string describe() const {
        return std::string(name) + (std::is_same_v<T, float> ? ", float" : ", double") +
               ", one thread";
    }
};

}  // namespace collab
