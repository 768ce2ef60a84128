# SPDX-License-Identifier: Apache-2.0
# The target collab::precompiled: collab::collab with the kernels of the CPU backend compiled once into a static library instead of
# into every source file that uses them. It is built when something links it, with the compiler flags of the project that does.
if(NOT TARGET collab_precompiled)
  add_library(collab_precompiled STATIC EXCLUDE_FROM_ALL
    ${CMAKE_CURRENT_LIST_DIR}/precompiled/cpu.cpp
    ${CMAKE_CURRENT_LIST_DIR}/precompiled/cpu_float.cpp
    ${CMAKE_CURRENT_LIST_DIR}/precompiled/cpu_double.cpp
    ${CMAKE_CURRENT_LIST_DIR}/precompiled/glue.cpp)
  add_library(collab::precompiled ALIAS collab_precompiled)
  # It may end up in a shared library. Its files define the same functions in different ways on purpose,
  # so a unity build must leave them apart.
  set_target_properties(collab_precompiled PROPERTIES POSITION_INDEPENDENT_CODE ON UNITY_BUILD OFF)
  target_link_libraries(collab_precompiled PUBLIC collab::collab)
  target_compile_definitions(collab_precompiled PUBLIC COLLAB_PRECOMPILED)
  # Behind the flags of the build type: the kernels are worth it in a debugging build, too.
  target_compile_options(collab_precompiled PRIVATE $<$<CXX_COMPILER_ID:GNU,Clang,AppleClang>:-O3>)
endif()
