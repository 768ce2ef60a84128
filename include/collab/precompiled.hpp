// SPDX-License-Identifier: Apache-2.0
// precompiled: the headers whose functions the library of the CMake target collab::precompiled has.
// With COLLAB_PRECOMPILED they give declarations only.
#pragma once
#include <collab/core/crc32c.hpp>
#include <collab/core/error.hpp>
#include <collab/core/expect.hpp>
#include <collab/core/number_text.hpp>
#include <collab/data/cifar.hpp>
#include <collab/data/color_jitter.hpp>
#include <collab/data/file.hpp>
#include <collab/data/images.hpp>
#include <collab/data/loader.hpp>
#include <collab/data/npy.hpp>
#include <collab/data/preparation.hpp>
#include <collab/data/resize.hpp>
#include <collab/data/sampler.hpp>
#include <collab/data/stl10.hpp>
#include <collab/data/transforms.hpp>
#include <collab/io/channel_orders.hpp>
#include <collab/io/format.hpp>
#include <collab/io/json.hpp>
#include <collab/io/replace_file.hpp>
#include <collab/io/safetensors.hpp>
#include <collab/io/weights.hpp>
#include <collab/model/named_tensors.hpp>
#include <collab/optim/sgd.hpp>
#include <collab/train/check_images.hpp>
#include <collab/train/checkpoint.hpp>
#include <collab/train/checkpoint_manager.hpp>
#include <collab/train/checkpoint_options.hpp>
#include <collab/train/cpu_instantiations.hpp>
#include <collab/train/fit_loop.hpp>
#include <collab/train/fit_options.hpp>
#include <collab/train/fit_state.hpp>
#include <collab/train/log.hpp>
#include <collab/train/settings.hpp>
#include <collab/train/training_checks.hpp>
