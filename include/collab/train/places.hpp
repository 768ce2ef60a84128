// SPDX-License-Identifier: Apache-2.0
// places: where the tensors of each part of a collaboration lie among all of them, and whose they
// are.
#pragma once
#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include <collab/collaboration/method_graph.hpp>
#include <collab/core/error.hpp>
#include <collab/model/named_tensors.hpp>
#include <collab/train/traits.hpp>

namespace collab::detail {

/// Where the parameters and the running statistics of one part begin.
struct Place {
    std::size_t parameters = 0;
    std::size_t state = 0;
};

/// The transfer's parameters belong to all networks, its running statistics to one each: features
/// of different networks are distributed differently, and inference must normalize as training did.
template <class C>
struct Places {
    template <class V>
    using PerBase = std::array<V, std::size_t(C::bases) + 1>;
    template <class V>
    using PerBranch = std::array<PerBase<V>, std::size_t(C::size)>;
    std::array<Place, std::size_t(C::size)> network{};
    PerBranch<Place> encoder{};
    PerBranch<Place> decoder{};
    PerBranch<std::size_t> transfer_state{};
    PerBranch<std::size_t> embedding_state{};
    PerBase<std::size_t> transfer{};
    PerBase<std::size_t> embedding{};
    PerBase<std::size_t> verification{};
};

/// Lists the tensors of the networks, then those of the MKBs, and the ranges of one owner.
template <class C>
class TensorLister {
    using X = Traits<C>;

public:
    TensorLister(NamedTensors& tensors, std::vector<ParameterRange>& ranges,
                 const std::vector<std::string>& names)
        : tensors_(tensors),
          ranges_(ranges),
          names_(names) {}

    COLLAB_COLD Places<C> list() {
        static_for<X::networks>([&](auto i) COLLAB_COLD {
            places_.network[i] = here();
            tensors_.template add<bound<typename X::template Net<i>>>(names_[i]);
            range(places_.network[i].parameters, i, false);
        });
        static_for<X::bases>([&](auto k) COLLAB_COLD {
            list_shared<k>();
            static_for<X::networks>([&](auto i) COLLAB_COLD { list_own<i, k>(); });
        });
        return places_;
    }

private:
    template <int I, int K>
    using Branch = typename X::template Branch<I, K>;

    Place here() const { return {tensors_.parameter_count, tensors_.state_count}; }
    void range(std::size_t from, int owner, bool mkb) {
        if (tensors_.parameter_count > from)
            ranges_.push_back({from, tensors_.parameter_count - from, owner, mkb});
    }
    template <int K>
    COLLAB_COLD void list_shared() {
        using R = Branch<0, K>;
        const std::string mkb = sentence("mkb", K);
        places_.transfer[K] = tensors_.parameter_count;
        tensors_.template add_parameters<typename R::Way::Carry>(mkb + ".transfer");
        places_.embedding[K] = tensors_.parameter_count;
        tensors_.template add_parameters<typename R::Embed>(mkb + ".embedding");
        places_.verification[K] = tensors_.parameter_count;
        tensors_.template add_parameters<typename R::Verify>(mkb + ".verification");
        range(places_.transfer[K], Owner::shared, true);
    }
    template <int I, int K>
    COLLAB_COLD void list_own() {
        using R = Branch<I, K>;
        const std::string own = sentence("mkb", K, ".", names_[I]);
        places_.encoder[I][K] = here();
        tensors_.template add<typename R::Way::Encode>(own + ".encoder");
        places_.transfer_state[I][K] = tensors_.state_count;
        tensors_.template add_states<typename R::Way::Carry>(own + ".transfer");
        places_.embedding_state[I][K] = tensors_.state_count;
        tensors_.template add_states<typename R::Embed>(own + ".embedding");
        places_.decoder[I][K] = here();
        tensors_.template add<typename R::Way::Decode>(own + ".decoder");
        range(places_.encoder[I][K].parameters, I, true);
    }

    NamedTensors& tensors_;
    std::vector<ParameterRange>& ranges_;
    const std::vector<std::string>& names_;
    Places<C> places_{};
};

}  // namespace collab::detail
