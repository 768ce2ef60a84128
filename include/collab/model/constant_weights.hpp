// SPDX-License-Identifier: Apache-2.0
// constant_weights: tells a backend while weights do not change, so that it may keep what it makes
// of them.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace collab::detail {

/// As long as it lives, operations round as they do with constant weights: inference in the middle
/// of a training has the bits of the deployed network. Does nothing on backends that round the same
/// way anyhow.
template <class B>
class RoundAsDeployed {
    static constexpr bool differs = requires(B& b) { b.choose_as_if_constant(true); };

public:
    explicit RoundAsDeployed(B& backend) : backend_(backend) {
        if constexpr (differs)
            backend_.choose_as_if_constant(true);
    }
    RoundAsDeployed(const RoundAsDeployed&) = delete;
    ~RoundAsDeployed() {
        if constexpr (differs)
            backend_.choose_as_if_constant(false);
    }

private:
    B& backend_;
};

/// One state of the weights of one model. Does nothing on backends that have no `constant_weights`.
template <class B>
class ConstantWeights {
    static constexpr bool keeps = requires(B& b) {
        b.constant_weights(std::uint64_t(1));
        b.forget_weights(std::uint64_t(1));
    };

public:
    explicit ConstantWeights(std::shared_ptr<B> backend) : backend_(std::move(backend)) {}
    ConstantWeights(ConstantWeights&& other) noexcept
        : backend_(std::move(other.backend_)),
          version_(std::exchange(other.version_, 0)) {}
    ConstantWeights& operator=(ConstantWeights&& other) noexcept {
        if (this != &other) {
            changed();
            backend_ = std::move(other.backend_);
            version_ = std::exchange(other.version_, 0);
        }
        return *this;
    }
    ~ConstantWeights() { changed(); }

    /// What was made of the weights so far is void.
    void changed() {
        if constexpr (keeps)
            if (backend_ && version_ != 0)
                backend_->forget_weights(version_);
        version_ = 0;
    }
    /// As long as the result lives, operations use the weights of this state.
    auto use() {
        static std::atomic<std::uint64_t> versions{0};
        if (version_ == 0)
            version_ = ++versions;
        if constexpr (keeps)
            backend_->constant_weights(version_);
        struct Use {
            B* backend;
            explicit Use(B* b) : backend(b) {}
            Use(const Use&) = delete;
            ~Use() {
                if constexpr (keeps)
                    backend->constant_weights(0);
            }
        };
        return Use(backend_.get());
    }

private:
    std::shared_ptr<B> backend_;
    std::uint64_t version_ = 0;
};

}  // namespace collab::detail
