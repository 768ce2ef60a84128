# SPDX-License-Identifier: Apache-2.0
# The GPU backend, where the CUDA Toolkit is found:
#   collab::cuda     collab::collab with what a file needs that nvcc compiles and that includes <collab/cuda.cuh>; enable_language(CUDA) is the project's
#   collab::cuda_precompiled   the same with the operations compiled once into a library, and those of the CPU backend, too; it
#                    exists where CUDA is one of the project's languages before the library is added, and is built when something links it
#   collab::thrust   Thrust's headers for other compilers: the GPU backend's operations on host threads (backend/cuda/thrust_host.hpp)
# COLLAB_WITH_CUDA=OFF leaves both out.
option(COLLAB_WITH_CUDA "Define collab::cuda and collab::thrust where the CUDA Toolkit is found" ON)
if(COLLAB_WITH_CUDA AND NOT TARGET collab_cuda)
  find_package(CUDAToolkit 12 QUIET)
  if(CUDAToolkit_FOUND)
    add_library(collab_cuda INTERFACE)
    add_library(collab::cuda ALIAS collab_cuda)
    target_link_libraries(collab_cuda INTERFACE collab::collab CUDA::cublas CUDA::cudart)
    # The standard as a plain option: CMake 3.25.1 does not know that nvcc 13 has C++20. 20012: nvcc's remark on Eigen's defaulted functions.
    target_compile_options(collab_cuda INTERFACE "$<$<COMPILE_LANGUAGE:CUDA>:SHELL:-std=c++20 --extended-lambda --expt-relaxed-constexpr -diag-suppress=20012>")

    if(CMAKE_CUDA_COMPILER)
      add_library(collab_cuda_precompiled STATIC EXCLUDE_FROM_ALL ${CMAKE_CURRENT_LIST_DIR}/precompiled/cuda_float.cu
        ${CMAKE_CURRENT_LIST_DIR}/precompiled/cuda_double.cu)
      add_library(collab::cuda_precompiled ALIAS collab_cuda_precompiled)
      target_link_libraries(collab_cuda_precompiled PUBLIC collab::cuda collab::precompiled)
      target_compile_definitions(collab_cuda_precompiled INTERFACE COLLAB_PRECOMPILED_CUDA)
      set_target_properties(collab_cuda_precompiled PROPERTIES POSITION_INDEPENDENT_CODE ON UNITY_BUILD OFF)
    endif()
  endif()

  find_path(COLLAB_THRUST_INCLUDE_DIR thrust/version.h HINTS ${CUDAToolkit_INCLUDE_DIRS} PATH_SUFFIXES cccl)
  mark_as_advanced(COLLAB_THRUST_INCLUDE_DIR)
  if(COLLAB_THRUST_INCLUDE_DIR)
    add_library(collab_thrust INTERFACE)
    add_library(collab::thrust ALIAS collab_thrust)
    target_link_libraries(collab_thrust INTERFACE collab::collab)
    target_include_directories(collab_thrust SYSTEM INTERFACE ${COLLAB_THRUST_INCLUDE_DIR} ${CUDAToolkit_INCLUDE_DIRS})
    target_compile_definitions(collab_thrust INTERFACE THRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_CPP)
  endif()
endif()
