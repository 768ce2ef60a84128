// SPDX-License-Identifier: Apache-2.0
// mkb_path: one network's way through a mutual knowledge base: H = merge(X,
// decode(transfer(encode(X)))).
#pragma once
#include <algorithm>

#include <collab/collaboration/merge.hpp>
#include <collab/layer/execution_plan.hpp>

namespace collab {

namespace detail {
template <class T>
struct MkbPathMemory {
    Memory<T> encoder, transfer, decoder;
    T* scratch = nullptr;  ///< MkbPath::scratch elements per sample
};

template <class M, class T>
struct MergeForward {
    M merge;
    const T *x, *u;
    T* h;
    COLLAB_HD COLLAB_INLINE void operator()(std::size_t i) const { h[i] = merge(x[i], u[i]); }
};
template <class M, class T>
struct MergeBackward {
    M merge;
    const T *x, *u, *dh;
    T *dx, *du;
    COLLAB_HD COLLAB_INLINE void operator()(std::size_t i) const {
        const T d = dh[i];
        dx[i] = d * merge.dx(x[i], u[i]);
        du[i] = d * merge.du(x[i], u[i]);
    }
};
template <class T>
struct AddTo {
    const T* x;
    T* y;
    COLLAB_HD COLLAB_INLINE void operator()(std::size_t i) const { y[i] += x[i]; }
};
/// The same on views with gaps between their pixels, as slices of a concatenation have.
template <class M, class T>
struct SlicedMergeForward {
    M merge;
    std::ptrdiff_t channels;
    View<const T> x, u;
    View<T> h;
    COLLAB_HD COLLAB_INLINE void operator()(std::size_t i) const {
        const std::ptrdiff_t p = std::ptrdiff_t(i) / channels;
        const std::ptrdiff_t c = std::ptrdiff_t(i) % channels;
        h.data[p * h.pixel + c] = merge(x.data[p * x.pixel + c], u.data[p * u.pixel + c]);
    }
};
template <class M, class T>
struct SlicedMergeBackward {
    M merge;
    std::ptrdiff_t channels;
    View<const T> x, u, dh;
    View<T> dx, du;
    COLLAB_HD COLLAB_INLINE void operator()(std::size_t i) const {
        const std::ptrdiff_t p = std::ptrdiff_t(i) / channels;
        const std::ptrdiff_t c = std::ptrdiff_t(i) % channels;
        const T a = x.data[p * x.pixel + c];
        const T b = u.data[p * u.pixel + c];
        const T d = dh.data[p * dh.pixel + c];
        dx.data[p * dx.pixel + c] = d * merge.dx(a, b);
        du.data[p * du.pixel + c] = d * merge.du(a, b);
    }
};
}  // namespace detail

/// Everything of a path that shapes decide. The transfer's parameters may be those of other
/// paths, too.
template <class EncoderLayers, class TransferLayers, class DecoderLayers, class M, StaticShape In>
struct MkbPath {
    using Encode = ExecutionPlan<EncoderLayers, In>;
    using Carry = ExecutionPlan<TransferLayers, typename Encode::Output>;
    using Decode = ExecutionPlan<DecoderLayers, typename Carry::Output>;
    using Map = typename Carry::Output;
    static constexpr long padded(long n) { return (n + 15) / 16 * 16; }
    static constexpr long feature = padded(In::dims.size());
    static constexpr long map = padded(Map::dims.size());
    static constexpr long code = padded(Encode::Output::dims.size());
    /// Elements per sample that backward needs: gradients of U, of the map, of the code, and the
    /// inside of the parts.
    static constexpr long scratch =
        feature + map + code +
        std::max({Encode::footprint.scratch, Carry::footprint.scratch, Decode::footprint.scratch});

    template <class B, class T = typename B::Scalar>
    static void forward(const Context<B>& c, const M& merge, const detail::MkbPathMemory<T>& m,
                        View<const T> x, View<T> h) {
        const View<const T> e = Encode::template forward<0, Encode::depth>(c.part(0), m.encoder, x);
        const View<const T> k = Carry::template forward<0, Carry::depth>(c.part(1), m.transfer, e);
        const View<const T> u = Decode::template forward<0, Decode::depth>(c.part(2), m.decoder, k);
        if (dense(x, u, h))
            c.backend.for_each(size(c), detail::MergeForward<M, T>{merge, x.data, u.data, h.data});
        else
            c.backend.for_each(size(c),
                               detail::SlicedMergeForward<M, T>{merge, In::dims.channels, x, u, h});
    }
    /// The map of the mutual space that the last forward left.
    template <class B, class T = typename B::Scalar>
    static View<const T> mutual_map(const Context<B>& c, const detail::MkbPathMemory<T>& m,
                                    View<const T> x) {
        return Carry::template result<0, Carry::depth>(
            c, m.transfer, Encode::template result<0, Encode::depth>(c, m.encoder, x));
    }
    /// dx from dh; `pull`, where given, is what metrics and verification add to the gradient of the
    /// mutual map.
    template <class B, class T = typename B::Scalar>
    static void backward(const Context<B>& c, const M& merge, const detail::MkbPathMemory<T>& m,
                         View<const T> x, View<const T> dh, View<const T> pull, View<T> dx) {
        T* const at = m.scratch;
        const View<T> du{at, In::dims.channels};
        const View<T> dk{at + c.capacity * feature, Map::dims.channels};
        const View<T> de{at + c.capacity * (feature + map), Encode::Output::dims.channels};
        T* const inner = at + c.capacity * (feature + map + code);
        const auto with = [&](Memory<T> part) {
            part.scratch = inner;
            return part;
        };
        const View<const T> e = Encode::template result<0, Encode::depth>(c, m.encoder, x);
        const View<const T> k = Carry::template result<0, Carry::depth>(c, m.transfer, e);
        const View<const T> u = Decode::template result<0, Decode::depth>(c, m.decoder, k);
        if (dense(x, u, dh, dx))
            c.backend.for_each(size(c), detail::MergeBackward<M, T>{merge, x.data, u.data, dh.data,
                                                                    dx.data, du.data});
        else
            c.backend.for_each(size(c), detail::SlicedMergeBackward<M, T>{merge, In::dims.channels,
                                                                          x, u, dh, dx, du});
        Decode::template backward<0, Decode::depth>(c.part(2), with(m.decoder), k,
                                                    View<const T>(du), dk);
        if (pull)
            c.backend.for_each(std::size_t(c.batch) * Map::dims.size(),
                               detail::AddTo<T>{pull.data, dk.data});
        Carry::template backward<0, Carry::depth>(c.part(1), with(m.transfer), e, View<const T>(dk),
                                                  de);
        const View<const T> back = Encode::template backward<0, Encode::depth>(
            c.part(0), with(m.encoder), x, View<const T>(de));
        c.backend.add({c.batch, In::dims}, back, dx);
    }

private:
    template <class B>
    static std::size_t size(const Context<B>& c) {
        return std::size_t(c.batch) * In::dims.size();
    }
    template <class... Views>
    static bool dense(const Views&... views) {
        return ((views.pixel == In::dims.channels) && ...);
    }
};

/// A path as a layer: what a network keeps of a mutual knowledge base once it is deployed alone.
/// A network with such a layer and no partner is the paper's "MKB without collaboration".
template <class EncoderLayers, class TransferLayers, class DecoderLayers, class M>
struct MutualKnowledge : LayerBase {
    using parts =
        Pack<flat_layers<EncoderLayers>, flat_layers<TransferLayers>, flat_layers<DecoderLayers>>;
    static constexpr bool restores(Dims in) {
        const inferred_shapes<flat_layers<EncoderLayers>> e(in);
        if (!e.fits())
            return false;
        const inferred_shapes<flat_layers<TransferLayers>> t(e.output());
        if (!t.fits())
            return false;
        const inferred_shapes<flat_layers<DecoderLayers>> d(t.output());
        return d.fits() && d.output() == in;
    }
    static constexpr bool accepts(Dims in) { return restores(in); }
    static constexpr Footprint footprint(Dims in) {
        const inferred_shapes<flat_layers<EncoderLayers>> e(in);
        const inferred_shapes<flat_layers<TransferLayers>> t(e.output());
        const inferred_shapes<flat_layers<DecoderLayers>> d(t.output());
        const Footprint a = e.footprint();
        const Footprint b = t.footprint();
        const Footprint f = d.footprint();
        const auto padded = [](Dims x) { return (long(x.size()) + 15) / 16 * 16; };
        return {a.parameters + b.parameters + f.parameters, a.state + b.state + f.state,
                a.saved + b.saved + f.saved, a.fixed + b.fixed + f.fixed,
                padded(in) + padded(t.output()) + padded(e.output()) +
                    std::max({a.scratch, b.scratch, f.scratch})};
    }
    static constexpr long multiply_adds(Dims in) {
        const inferred_shapes<flat_layers<EncoderLayers>> e(in);
        const inferred_shapes<flat_layers<TransferLayers>> t(e.output());
        return e.multiply_adds + t.multiply_adds +
               inferred_shapes<flat_layers<DecoderLayers>>(t.output()).multiply_adds;
    }
    static std::string describe() { return "MutualKnowledge"; }
    template <class In, class F>
    static void each_part(F&& f) {
        using Way = MkbPath<EncoderLayers, TransferLayers, DecoderLayers, M, In>;
        f(typename Way::Encode{}, "encoder");
        f(typename Way::Carry{}, "transfer");
        f(typename Way::Decode{}, "decoder");
    }

    template <class B, StaticShape In, class T = typename B::Scalar>
    static void forward(const Context<B>& c, In, const Forward<T>& f) {
        using Way = MkbPath<EncoderLayers, TransferLayers, DecoderLayers, M, In>;
        Way::forward(
            c, M{},
            memory<Way>(c, Memory<T>{f.parameters, nullptr, f.state, f.saved, f.fixed, nullptr}),
            f.x, f.y);
    }
    template <class B, StaticShape In, class T = typename B::Scalar>
    static void backward(const Context<B>& c, In, const Backward<T>& b) {
        using Way = MkbPath<EncoderLayers, TransferLayers, DecoderLayers, M, In>;
        Way::backward(c, M{},
                      memory<Way>(c, Memory<T>{b.parameters, b.gradients, nullptr, b.saved, b.fixed,
                                               b.scratch}),
                      b.x, b.dy, View<const T>{}, b.dx);
    }

private:
    template <class Way, class B, class T>
    static detail::MkbPathMemory<T> memory(const Context<B>& c, const Memory<T>& m) {
        constexpr Footprint e = Way::Encode::footprint;
        constexpr Footprint t = Way::Carry::footprint;
        const Memory<T> transfer = m.after(e, c.capacity);
        const Memory<T> decoder = transfer.after(t, c.capacity);
        return {m, transfer, decoder, m.scratch};
    }
};

}  // namespace collab
