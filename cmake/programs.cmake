# SPDX-License-Identifier: Apache-2.0
# How our own programs are built: flags that users of the library must never inherit, so nothing here is exported.

if(COLLAB_CUDA_PROGRAMS AND NOT TARGET collab::cuda)
  message(STATUS "nvcc was found and collab::cuda was left out, or has not all it needs: nothing for the GPU is compiled")
  set(COLLAB_CUDA_PROGRAMS OFF)
endif()

add_library(collab_warnings INTERFACE)
target_compile_options(collab_warnings INTERFACE
  $<$<CXX_COMPILER_ID:GNU,Clang,AppleClang>:-Wall -Wextra -Wpedantic -Wshadow>
  # Loops over double that call std::expm1 or std::exp stay scalar (ELU and sigmoid in backend/cpu/activation_loops.hpp, softmax in
  # backend/cpu/loss.hpp), and clang remarks on each. In float all become vector code, which tests/vectorized sees to.
  $<$<CXX_COMPILER_ID:Clang,AppleClang>:-Wno-pass-failed>
  $<$<CXX_COMPILER_ID:MSVC>:/W4>)
if(COLLAB_WERROR)
  target_compile_options(collab_warnings INTERFACE
    $<$<CXX_COMPILER_ID:GNU,Clang,AppleClang>:-Werror>
    $<$<CXX_COMPILER_ID:MSVC>:/WX>)
endif()

# The kernels are written for the widest registers there are, so programs that run where they are built use them. It stays
# out of `collab` and out of what is installed: a binary for one machine dies with an illegal instruction on another.
add_library(collab_build INTERFACE)
target_link_libraries(collab_build INTERFACE collab_warnings)
if(COLLAB_NATIVE)
  include(CheckCXXCompilerFlag)
  check_cxx_compiler_flag(-march=native COLLAB_HAS_MARCH_NATIVE)
  if(COLLAB_HAS_MARCH_NATIVE)
    target_compile_options(collab_build INTERFACE -march=native)
  endif()
endif()

# collab_program(name SOURCES file... [LINK target...]): one of our own executables.
function(collab_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE collab::collab collab_build ${arg_LINK})
endfunction()

# collab_cuda_program(name SOURCES file... [LINK target...]): one of our own executables for the GPU. Sources of any ending are compiled by nvcc.
function(collab_cuda_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  set_source_files_properties(${arg_SOURCES} PROPERTIES LANGUAGE CUDA)
  target_link_libraries(${name} PRIVATE collab::cuda ${arg_LINK})
  target_compile_options(${name} PRIVATE -Xcompiler=-Wall,-Wextra)
endfunction()
