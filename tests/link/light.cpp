// SPDX-License-Identifier: Apache-2.0
// light: with COLLAB_PRECOMPILED a program does not parse what only bodies need; each of these
// costs it a second or half of one. (The include guards of Eigen 3.4 and of libstdc++.)
#include <collab/collab.hpp>

#ifdef EIGEN_CORE_H
#error "collab.hpp includes Eigen with COLLAB_PRECOMPILED, too"
#endif
#ifdef __TBB_parallel_for_H
#error "collab.hpp includes oneTBB with COLLAB_PRECOMPILED, too"
#endif
#ifdef _GLIBCXX_FILESYSTEM
#error "collab.hpp includes <filesystem> with COLLAB_PRECOMPILED, too"
#endif
#ifdef _GLIBCXX_THREAD
#error "collab.hpp includes <thread> with COLLAB_PRECOMPILED, too"
#endif
