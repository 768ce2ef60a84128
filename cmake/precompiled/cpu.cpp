// SPDX-License-Identifier: Apache-2.0
#include <collab/backend/cpu/thread_pool.hpp>
