# SPDX-License-Identifier: Apache-2.0
# The precompiled library but for its kernels in double, compiled and linked by clang: what it keeps of an object file differs from what g++ does.
#   cmake -D compiler=CLANG -D top=FOLDER -D eigen=FOLDER -D folder=FOLDER -P clang.cmake
foreach(source IN ITEMS cmake/precompiled/cpu.cpp cmake/precompiled/cpu_float.cpp
    cmake/precompiled/glue.cpp tests/link/constructed.cpp)
  list(APPEND sources ${top}/${source})
endforeach()
execute_process(COMMAND ${compiler} -std=c++20 -O0 -DCOLLAB_PRECOMPILED -I${top}/include -isystem ${eigen} ${sources} -ltbb -o ${folder}/constructed_by_clang
  COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${folder}/constructed_by_clang COMMAND_ERROR_IS_FATAL ANY)
