// SPDX-License-Identifier: Apache-2.0
// collaborations: the spelling that users write, and the soft side of its checks. Compiling is the
// test.
#include <collab/collab.hpp>

// A program of its own that gives the library's words short names.
namespace user {
struct NetA : collab::Sequential<collab::Shape<3, 32, 32>, collab::Conv2d<8, 3>, collab::BatchNorm,
                                 collab::Elu, collab::MaxPool<2>, collab::Cut<collab::mutual>,
                                 collab::Flatten, collab::Linear<10>> {};
using NetB = collab::zoo::ResNet<20>;
using Encoder = collab::Encoder<64>;
using Transfer = collab::Transfer<64>;
using Decoder = collab::Decoder;
using Metric = collab::CosineDistance;
template <class... Items>
using Collaboration = collab::Collaboration<Items...>;
template <class... Parts>
using MKB = collab::MKB<Parts...>;

using Pair = Collaboration<NetA, NetB, MKB<Encoder, Transfer, Decoder>, Metric>;
static_assert(Pair::ok && Pair::size == 2 && Pair::bases == 1);
using Training = collab::Training<Pair, collab::Cpu<float>>;
static_assert(Training::networks == 2 && Training::input == collab::Dims{3, 32, 32});
}  // namespace user

namespace direct {
using collab::Collaboration;
using collab::MKB;
struct NetA : collab::Sequential<collab::Shape<1, 8, 8>, collab::Conv2d<4, 3>,
                                 collab::Cut<collab::mutual>, collab::Flatten, collab::Linear<2>> {
};
struct NetB : NetA {};
struct Encoder : collab::Layers<collab::Conv2d<4, 3>, collab::BatchNorm, collab::Elu> {};
struct Transfer : collab::Layers<collab::Conv2d<4, 3>, collab::BatchNorm> {};
struct Decoder : collab::Layers<collab::ConvTranspose2d<4, 3>, collab::BatchNorm> {};
using Metric = collab::SquaredEuclidean;
static_assert(Collaboration<NetA, NetB, MKB<Encoder, Transfer, Decoder>, Metric>::ok);
}  // namespace direct

namespace {
using namespace collab;
struct other;
struct A
    : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Cut<mutual>, Relu, Cut<other>, Flatten, Linear<3>> {
};
struct Four : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Cut<mutual>, Flatten, Linear<4>> {};
struct Color : Sequential<Shape<3, 8, 8>, Conv2d<4, 3>, Cut<mutual>, Flatten, Linear<3>> {};
struct Wrong : Sequential<Shape<1, 8, 8>, Conv2d<4, 3>, Cut<mutual>, Linear<3>> {};
using Base = MKB<Encoder<4>, Transfer<4>, Decoder>;
struct OfLogits : CosineDistance {
    static constexpr Domain domain = Domain::logits;
};

// What a collaboration would say, without saying it.
template <class Networks, class Mkbs = Pack<>, class M = CosineDistance>
using wrong = detail::first_wrong<typename detail::CollaborationChecks<Networks, Mkbs, M>::type>;
template <class Check, template <int, class, class> class Sentence>
inline constexpr bool says = false;
template <int I, class X, class Y, template <int, class, class> class Sentence>
inline constexpr bool says<Sentence<I, X, Y>, Sentence> = true;

static_assert(wrong<Pack<A, A>, Pack<Base>>::holds && wrong<Pack<A>>::holds &&
              wrong<Pack<A, A, A>, Pack<Base>, NegativeDot>::holds);
static_assert(!wrong<Pack<>>::holds && !wrong<Pack<A, Wrong>>::holds &&
              !wrong<Pack<A, A>, Pack<Base>, int>::holds);
static_assert(says<wrong<Pack<A, Four>, Pack<Base>>::sentence, detail::CheckClasses> &&
              says<wrong<Pack<A, Color>, Pack<Base>>::sentence, detail::CheckInput>);
static_assert(
    says<wrong<Pack<A, A>, Pack<MKB<Encoder<4>, Transfer<4>, Layers<Conv2d<3, 1>>>>>::sentence,
         detail::CheckDecoder>);
static_assert(says<wrong<Pack<A, A>,
                         Pack<MKB<Encoder<4>, Transfer<4>, Decoder, At<struct nowhere>>>>::sentence,
                   detail::CheckCut>);
static_assert(
    says<wrong<Pack<A, A>, Pack<MKB<Each<Encoder<4>, Encoder<5>>, Transfer<4>, Decoder>>>::sentence,
         detail::CheckEncoder>);
static_assert(wrong<Pack<A, A>, Pack<>, OfLogits>::holds &&
              !wrong<Pack<A, A>, Pack<Base>, OfLogits>::holds &&
              !wrong<Pack<A, A>, Pack<>, Relu>::holds);
static_assert(
    wrong<Pack<A, A>, Pack<Base, MKB<Encoder<4>, Transfer<4>, Decoder, At<other>>>>::holds);
static_assert(
    !wrong<Pack<A, A>, Pack<MKB<Encoder<4>, Transfer<4>, Decoder, At<other>>, Base>>::holds &&
    !wrong<Pack<A, A>, Pack<Base, Base>>::holds);
}  // namespace
