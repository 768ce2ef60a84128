// SPDX-License-Identifier: Apache-2.0
// expect: this layer cannot be written as ONNX; specialize collab::OnnxLayer for it
#include <collab/collab.hpp>
#include <collab/io/onnx.hpp>

struct Negative {
    template <class T>
    COLLAB_HD COLLAB_INLINE T operator()(T x) const {
        return -x;
    }
    template <class T>
    COLLAB_HD COLLAB_INLINE T slope(T) const {
        return T(-1);
    }
};
struct Negate : collab::detail::ActivationLayer<Negate> {
    static constexpr Negative function() { return {}; }
    static std::string describe() { return "Negate"; }
};

#ifdef ACCEPT
template <>
struct collab::OnnxLayer<Negate> {
    static std::string write(OnnxGraph& g, Dims, const std::string& x,
                             const std::vector<std::vector<float>>&) {
        return g.node("Neg", {x});
    }
};
#endif

struct Net : collab::Sequential<collab::Shape<4>, Negate, collab::Linear<2>> {};
std::string file() {
    return collab::onnx(collab::Model<Net, collab::Reference<float>>(1));
}
