// SPDX-License-Identifier: Apache-2.0
// muon: momenta of matrices made orthogonal before the step; AdamW for all that is no matrix.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>

#include <collab/backend/concepts.hpp>
#include <collab/backend/sum_to.hpp>
#include <collab/core/config.hpp>
#include <collab/core/expect.hpp>
#include <collab/core/number_text.hpp>
#include <collab/layer/concepts.hpp>
#include <collab/memory/arena.hpp>
#include <collab/optim/adam.hpp>
#include <collab/optim/optimizer.hpp>

namespace collab {

namespace detail {
/// The momentum, what is to be made orthogonal, and its squares.
template <class T>
struct MuonMomentum {
    WeightRange<T> r;
    T* matrix;
    T* squares;
    T momentum;
    bool nesterov;
    COLLAB_HD COLLAB_INLINE void operator()(std::size_t i) const {
        const T g = r.gradients[i];
        T& m = r.slots[0][i];
        m = momentum * m + (1 - momentum) * g;
        const T u = nesterov ? momentum * m + (1 - momentum) * g : m;
        matrix[i] = u;
        squares[i] = u * u;
    }
};
template <class T>
struct MuonNormalize {
    T* matrix;
    const T* square;  ///< of its norm
    COLLAB_HD COLLAB_INLINE void operator()(std::size_t i) const {
        matrix[i] /= std::sqrt(*square) + T(1e-7);
    }
};
/// y = a x + b y
template <class T>
struct MuonCombine {
    T a, b;
    const T* x;
    T* y;
    COLLAB_HD COLLAB_INLINE void operator()(std::size_t i) const { y[i] = a * x[i] + b * y[i]; }
};
template <class T>
struct MuonStep {
    WeightRange<T> r;
    const T* direction;
    T rate, weight_decay;
    COLLAB_HD COLLAB_INLINE void operator()(std::size_t i) const {
        r.weights[i] -= r.learning_rate * weight_decay * r.weights[i] + rate * direction[i];
    }
};

/// A matrix that becomes nearly orthogonal: its singular values come near 1 (0.7 to 1.2), its
/// singular vectors stay (Jordan et al. 2024: Newton and Schulz's iteration with a quintic).
template <ProductBackend B>
class NewtonSchulz {
    using T = typename B::Scalar;

public:
    NewtonSchulz(B& backend, int rows, int columns, Arena<T>& room)
        : backend_(backend),
          rows_(rows),
          columns_(columns),
          matrix(room.take(size())),
          other(room.take(size())),
          gram_(room.take(gram_size())),
          polynomial_(room.take(gram_size())),
          square_(room.take(1)) {}

    /// `matrix` divided by its norm; `other` holds the squares of its elements.
    void normalize() {
        sum_to(backend_, size(), other, square_);
        backend_.for_each(size(), MuonNormalize<T>{matrix, square_});
    }
    void run(int steps) {
        for (int s = 0; s < steps; ++s)
            step();
    }

    std::size_t size() const { return std::size_t(rows_) * std::size_t(columns_); }

private:
    int side() const { return std::min(rows_, columns_); }
    std::size_t gram_size() const { return std::size_t(side()) * std::size_t(side()); }

    /// X <- a X + (b A + c A^2) X with A = X X^T; or from the right with X^T X, where that is
    /// smaller.
    void step() {
        const int n = side();
        const View<T> gram{gram_, n};
        const View<T> polynomial{polynomial_, n};
        const View<T> x{matrix, columns_};
        const View<T> y{other, columns_};
        if (rows_ <= columns_) {
            backend_.linear_input_gradient({rows_, rows_, columns_}, View<const T>(x), matrix,
                                           gram);
        } else {
            backend_.fill(gram_size(), T(0), gram_);
            backend_.linear_weight_gradient({rows_, columns_, columns_}, View<const T>(x),
                                            View<const T>(x), gram_);
        }
        backend_.linear({n, n, n}, View<const T>(gram), gram_, nullptr, polynomial);
        backend_.for_each(gram_size(), MuonCombine<T>{T(b), T(c), gram_, polynomial_});
        if (rows_ <= columns_)
            backend_.linear({rows_, rows_, columns_}, View<const T>(polynomial), matrix, nullptr,
                            y);
        else
            backend_.linear({rows_, columns_, columns_}, View<const T>(x), polynomial_, nullptr, y);
        backend_.for_each(size(), MuonCombine<T>{T(a), T(1), matrix, other});
        std::swap(matrix, other);
    }

    static constexpr double a = 3.4445;
    static constexpr double b = -4.7750;
    static constexpr double c = 2.0315;
    B& backend_;
    int rows_, columns_;

public:
    T* matrix;
    T* other;

private:
    T* gram_;
    T* polynomial_;
    T* square_;
};
}  // namespace detail

/// For weights of convolutions and products, as matrices [all inputs][outputs]: m <- momentum m +
/// (1 - momentum) gradient;  u <- nesterov ? momentum m + (1 - momentum) gradient : m;  w <- w -
/// rate (weight_decay w + sqrt(max(1, outputs / inputs)) O(u)) with O(u) the nearest orthogonal
/// matrix, nearly, by `steps` iterations of Newton and Schulz (Jordan et al. 2024). For all else
/// AdamW, whose learning rate is `adam_rate` times that of the training. Jordan et al. leave the
/// last layer to AdamW, too: `.groups = {{.names = "*.9.*", .elementwise = true}}`.
struct Muon {
    static constexpr int slots = AdamW::slots;
    static constexpr int scalars = AdamW::scalars;
    double momentum = 0.95;
    bool nesterov = true;
    int steps = 5;
    double weight_decay = 0;
    double adam_rate = 0.015;
    AdamW adam{};

    void write_scalars(long step, double* to) const { adam.write_scalars(step, to); }
    void check() const {
        const Expect expect{"Muon"};
        expect.below_one("momentum", momentum);
        expect.at_least("steps", steps, 1);
        expect.not_negative("weight_decay", weight_decay);
        expect.not_negative("adam_rate", adam_rate);
        adam.check();
    }
    Facts facts() const {
        using detail::number_text;
        Facts all{{"optimizer", "Muon"},
                  {"momentum", number_text(momentum)},
                  {"Nesterov", nesterov ? "yes" : "no"},
                  {"iterations", std::to_string(steps)},
                  {"weight decay", number_text(weight_decay)},
                  {"AdamW's rate", number_text(adam_rate)}};
        for (const auto& [name, value] : adam.facts())
            if (name != "optimizer")
                all.push_back({"AdamW's " + name, value});
        return all;
    }
    Muon with_decay(double factor) const {
        Muon other = *this;
        other.weight_decay *= factor;
        other.adam.weight_decay *= factor;
        return other;
    }

    /// Of what is no matrix.
    template <class T>
    auto update(WeightRange<T> r) const {
        r.learning_rate *= T(adam_rate);
        return adam.update(r);
    }
    /// Numbers that a tensor needs room for; 0 for what is no matrix.
    static std::size_t room(const Parameter& tensor) {
        if (!is_matrix(tensor))
            return 0;
        const auto n = std::size_t(tensor.size);
        const auto s = std::size_t(std::min(rows(tensor), columns(tensor)));
        Arena<char> measure;
        for (const std::size_t part : {n, n, s * s, s * s, std::size_t(1)})
            measure.take(part);
        return measure.used();
    }
    template <class B, class T = typename B::Scalar>
    void move(B& backend, const Parameter& tensor, const WeightRange<T>& r, T* room) const {
        Arena<T> arena(room);
        detail::NewtonSchulz<B> o(backend, rows(tensor), columns(tensor), arena);
        backend.for_each(o.size(),
                         detail::MuonMomentum<T>{r, o.matrix, o.other, T(momentum), nesterov});
        o.normalize();
        o.run(steps);
        const double scale = std::sqrt(std::max(1.0, double(columns(tensor)) / rows(tensor)));
        backend.for_each(o.size(), detail::MuonStep<T>{r, o.matrix, r.learning_rate * T(scale),
                                                       T(weight_decay)});
    }

private:
    static int columns(const Parameter& t) { return t.extents[std::size_t(t.rank - 1)]; }
    static int rows(const Parameter& t) { return t.size / columns(t); }
    static bool is_matrix(const Parameter& t) {
        return t.role == Role::weight && t.rank > 1 && columns(t) > 1 && rows(t) > 1 &&
               rows(t) * columns(t) == t.size;
    }
};

}  // namespace collab
