// SPDX-License-Identifier: Apache-2.0
// spelled: a network as the Python expression that builds it, in the words of odd_networks.py.
#pragma once
#include <string>

#include <collab/layer/channel_split.hpp>

#include "odd_networks.hpp"

namespace collab::exchange {

template <class L>
struct Spelled {
    static std::string text(Dims) { return L::describe() + "()"; }
};

/// The layers of a list, which begin at a map of these extents.
template <class P>
struct SpelledList;
template <class... Ls>
struct SpelledList<Pack<Ls...>> {
    static std::string text(Dims in) {
        std::string s;
        [[maybe_unused]] const auto add = [&](const std::string& layer, Dims out) {
            s += (s.empty() ? "" : ", ") + layer;
            in = out;
        };
        (add(Spelled<Ls>::text(in), Ls::output(in)), ...);
        return "S(" + s + ")";
    }
};
inline std::string both(backend::Extent e) {
    return sentence("(", e.height, ", ", e.width, ")");
}
inline std::string word(bool b) {
    return b ? "True" : "False";
}
inline std::string window_of(const detail::WindowOptions& w) {
    return sentence(both(w.kernel), ", ", both(w.stride), ", ", both(w.pad));
}

template <class Name>
struct Spelled<Cut<Name>> {
    static std::string text(Dims) { return "nn.Identity()"; }
};
template <int P, int Q>
struct Spelled<Dropout<P, Q>> : Spelled<Cut<mutual>> {};
template <int P, int Q>
struct Spelled<LeakyRelu<P, Q>> {
    static std::string text(Dims) { return sentence("nn.LeakyReLU(", P, " / ", Q, ")"); }
};
template <>
struct Spelled<BatchNorm> {
    static std::string text(Dims in) { return sentence("BatchNorm(", in.channels, ")"); }
};
template <int Out, class... Os>
struct Spelled<Linear<Out, Os...>> {
    static std::string text(Dims in) {
        return sentence("Linear(", in.channels, ", ", Out, ", ", word(Linear<Out, Os...>::has_bias),
                        ")");
    }
};
template <int N>
struct Spelled<ParameterLayer<N>> {
    static std::string text(Dims) { return sentence("ParameterLayer(", N, ")"); }
};
template <int Out, int K, class... Os>
struct Spelled<Conv2d<Out, K, Os...>> {
    static std::string text(Dims in) {
        constexpr detail::WindowOptions w = Conv2d<Out, K, Os...>::window;
        return sentence("Conv(", in.channels, ", ", Out, ", ", window_of(w), ", ", w.groups, ", ",
                        word(w.bias), ")");
    }
};
template <int K, class... Os>
struct Spelled<DepthwiseConv2d<K, Os...>> {
    static std::string text(Dims in) {
        constexpr detail::WindowOptions w = DepthwiseConv2d<K, Os...>::window;
        return sentence("Conv(", in.channels, ", ", in.channels, ", ", window_of(w), ", ",
                        in.channels, ", ", word(w.bias), ")");
    }
};
template <int Out, int K, class... Os>
struct Spelled<ConvTranspose2d<Out, K, Os...>> {
    static std::string text(Dims in) {
        constexpr detail::WindowOptions w = ConvTranspose2d<Out, K, Os...>::window;
        return sentence("ConvTranspose(", in.channels, ", ", Out, ", ", window_of(w), ", ",
                        both(w.output_pad), ", ", word(w.bias), ")");
    }
};
template <int K, class... Os>
struct Spelled<MaxPool<K, Os...>> {
    static std::string text(Dims) {
        constexpr detail::WindowOptions w = MaxPool<K, Os...>::window;
        return sentence("MaxPool(", window_of(w), ", ", word(w.ceil_mode), ")");
    }
};
template <int K, class... Os>
struct Spelled<AvgPool<K, Os...>> {
    static std::string text(Dims) {
        constexpr detail::WindowOptions w = AvgPool<K, Os...>::window;
        return sentence("AvgPool(", window_of(w), ", ", word(w.ceil_mode), ", ",
                        word(!w.exclude_padding), ")");
    }
};
template <int H, int W>
struct Spelled<AdaptiveAvgPool<H, W>> {
    static std::string text(Dims) { return sentence("AdaptiveAvgPool(", H, ", ", W, ")"); }
};
template <>
struct Spelled<GlobalAvgPool> : Spelled<AdaptiveAvgPool<1>> {};
template <int Pieces>
struct Spelled<Maxout<Pieces>> {
    static std::string text(Dims) { return sentence("Maxout(", Pieces, ")"); }
};
template <int Groups>
struct Spelled<ChannelShuffle<Groups>> {
    static std::string text(Dims) { return sentence("ChannelShuffle(", Groups, ")"); }
};
template <int Channels>
struct Spelled<PadChannels<Channels>> {
    static std::string text(Dims) { return sentence("PadChannels(", Channels, ")"); }
};
template <class Body, class Shortcut>
struct Spelled<Residual<Body, Shortcut>> {
    using L = Residual<Body, Shortcut>;
    static std::string text(Dims in) {
        const Dims out = L::output(in);
        const std::string pad = L::pads ? sentence(", PadShortcut(", in.height / out.height, ", ",
                                                   in.width / out.width, ", ", out.channels, ")")
                                        : ", " + SpelledList<typename L::shortcut_layers>::text(in);
        return "Residual(" + SpelledList<typename L::body_layers>::text(in) + pad + ")";
    }
};
/// Branches; `next` says at which map the one behind this begins.
template <class P>
struct SpelledBranches;
template <class... Lists>
struct SpelledBranches<Pack<Lists...>> {
    template <class Next>
    static std::string text(const char* name, Dims in, Next next) {
        std::string s;
        const auto add = [&](const std::string& list, Dims out) {
            s += (s.empty() ? "" : ", ") + list;
            in = next(in, out);
        };
        (add(SpelledList<Lists>::text(in), inferred_shapes<Lists>(in).output()), ...);
        return sentence(name, "(", s, ")");
    }
};
template <class... Bs>
struct Spelled<Concat<Bs...>> {
    static std::string text(Dims in) {
        return SpelledBranches<typename Concat<Bs...>::parts>::text(
            "Concat", in, [](Dims from, Dims) { return from; });
    }
};
template <class... Bs>
struct Spelled<ChannelSplit<Bs...>> {
    static std::string text(Dims in) {
        return SpelledBranches<typename ChannelSplit<Bs...>::parts>::text(
            "Split", ChannelSplit<Bs...>::source(in), [](Dims from, Dims) { return from; });
    }
};
template <class... Ls>
struct Spelled<DenseBlock<Ls...>> {
    static std::string text(Dims in) {
        return SpelledBranches<typename DenseBlock<Ls...>::parts>::text(
            "Dense", in, [](Dims from, Dims out) {
                from.channels += out.channels;
                return from;
            });
    }
};
template <class E, class T, class D, class M>
struct Spelled<MutualKnowledge<E, T, D, M>> {
    static std::string text(Dims in) {
        return SpelledBranches<typename MutualKnowledge<E, T, D, M>::parts>::text(
            "Knowledge", in, [](Dims, Dims out) { return out; });
    }
};

template <class N>
std::string spelled() {
    return SpelledList<flat_layers<N>>::text(input_of<N>::dims);
}

}  // namespace collab::exchange
