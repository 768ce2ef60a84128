// SPDX-License-Identifier: Apache-2.0
// merge: how decoded knowledge U enters a network's feature map X (Eq. 3 of Wang, Wang and Gao
// 2018).
#pragma once
#include <concepts>

#include <collab/backend/functor.hpp>

namespace collab {

/// A merge: `m(x, u)` and its partial derivatives `m.dx(x, u)` and `m.du(x, u)`, element by
/// element.
template <class M, class T = float>
concept Merge = requires(const M& m, T x, T u) {
    { m(x, u) } -> std::same_as<T>;
    { m.dx(x, u) } -> std::same_as<T>;
    { m.du(x, u) } -> std::same_as<T>;
};

/// H = (1 + elu(U)) X: the non-negative gate that the paper's words describe ("selects"); U = 0
/// leaves X as it is. The default.
struct ProductMerge {
    // Eq. 3, (+) read as a product
    template <class T>
    COLLAB_HD COLLAB_INLINE T operator()(T x, T u) const {
        return (T(1) + EluFunction{}(u)) * x;
    }
    template <class T>
    COLLAB_HD COLLAB_INLINE T dx(T, T u) const {
        return T(1) + EluFunction{}(u);
    }
    template <class T>
    COLLAB_HD COLLAB_INLINE T du(T x, T u) const {
        return x * EluFunction{}.slope(EluFunction{}(u));
    }
};
/// H = (1 + elu(U)) + X: Eq. 3 to the letter.
struct SumMerge {
    // Eq. 3
    template <class T>
    COLLAB_HD COLLAB_INLINE T operator()(T x, T u) const {
        return T(1) + EluFunction{}(u) + x;
    }
    template <class T>
    COLLAB_HD COLLAB_INLINE T dx(T, T) const {
        return T(1);
    }
    template <class T>
    COLLAB_HD COLLAB_INLINE T du(T, T u) const {
        return EluFunction{}.slope(EluFunction{}(u));
    }
};
/// H = X: nothing flows back into the network. With alpha = 0 every network trains as if alone.
struct IdentityMerge {
    template <class T>
    COLLAB_HD COLLAB_INLINE T operator()(T x, T) const {
        return x;
    }
    template <class T>
    COLLAB_HD COLLAB_INLINE T dx(T, T) const {
        return T(1);
    }
    template <class T>
    COLLAB_HD COLLAB_INLINE T du(T, T) const {
        return T(0);
    }
};

}  // namespace collab
