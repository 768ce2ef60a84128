// SPDX-License-Identifier: Apache-2.0
// constructed: makes an object of each class whose constructor lies in the precompiled library.
// (Compilers have two symbols for a constructor, and some give an inline function's object file
// only the one that derived classes call.)
#include <collab/collab.hpp>

#include <cstdio>

#include <collab/data/file.hpp>
#include <collab/data/loader.hpp>
#include <collab/data/transforms.hpp>
#include <collab/loss/wasserstein.hpp>
#include <collab/train/checkpoint_manager.hpp>
#include <collab/train/parameter_groups.hpp>

int main() {
    using namespace collab;
    const Images images = synthetic({1, 8, 8}, 2, 8, 4).train;
    const Loader loader(images, Transform{.flip = true}, {.batch = 4});
    const detail::CheckpointFolder folder(Checkpoints{});
    const backend::CpuContext threads(1);
    const ParameterGroups groups{without_decay()};
    const EntropicDistance distance(0.1);
    std::printf("%d samples, %d thread, %d group, %s\n", loader.samples(), threads.count(),
                int(ParameterGroups(groups).size()), distance.name);
    try {
        const detail::InputFile file("no such file");
    } catch (const Error&) {
        return 0;
    }
    return 1;
}
