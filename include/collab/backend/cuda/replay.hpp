// SPDX-License-Identifier: Apache-2.0
// replay: when a step's operations are asked for plainly, when they are captured, and when what was
// captured is launched again.
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

namespace collab::backend::device {

/// Thrown by a system that captures, when it is asked to wait, to copy from the host or for memory:
/// none of that can be launched again.
struct NotCapturable {};

/// Decides. What captures is a `Tape`:
///  - `capture(f)`: f(), whose operations are kept and not done; false where f threw NotCapturable.
///  - `launch()`: does what was captured last.
///  - `forget()`.
class Replay {
public:
    /// f(), plainly the first time for whoever the signature's first number names: memory is taken,
    /// and kernels are loaded, before anything is captured. The second time it is captured, and
    /// from then on launched; captured anew when `signature` is another than the last time, or the
    /// operations said that they vary. A step that cannot be captured remains plain.
    template <class Tape, class F>
    void run(Tape& tape, std::vector<std::uint64_t> signature, F&& f) {
        if (signature_.empty() || signature.front() != signature_.front()) {
            tape.forget();
            signature_ = std::move(signature);
            captured_ = plain_ = false;
            return f();
        }
        if (plain_)
            return f();
        if (!captured_ || varies_ || signature != signature_) {
            captured_ = varies_ = false;
            captured_ = tape.capture(f);
            plain_ = !captured_;
            if (plain_) {
                tape.forget();
                return f();
            }
            signature_ = std::move(signature);
        }
        tape.launch();
    }
    /// Called by an operation whose numbers will be others the next time: random ones.
    void vary() { varies_ = true; }

private:
    std::vector<std::uint64_t> signature_;
    bool captured_ = false;
    bool varies_ = false;
    bool plain_ = false;
};

}  // namespace collab::backend::device
