// SPDX-License-Identifier: Apache-2.0
// Everything that is neither a kernel nor a template: reading and preparing data, files, checkpoints.
#define COLLAB_PRECOMPILING
#include <collab/precompiled.hpp>
