# SPDX-License-Identifier: Apache-2.0
# The program 04_two_networks has no code for what it does not name: checkpoints, and kernels for layers that it has not. Compiling them
# took a quarter of its time.
#   cmake -D nm=PROGRAM -D objects=FILES -P lean.cmake
execute_process(COMMAND ${nm} -C ${objects} OUTPUT_VARIABLE symbols RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "${nm} failed: ${failed}")
endif()
foreach(wanted IN ITEMS "detail::dense<float>" "run_fit")
  if(NOT symbols MATCHES "${wanted}")
    message(SEND_ERROR "expected ${wanted} in the program")
  endif()
endforeach()
foreach(unwanted IN ITEMS "detail::depthwise" "detail::pointwise_backward" "detail::JsonReader" "detail::CheckpointFolder" "Tensors::encode")
  if(symbols MATCHES "[^\n]*${unwanted}[^\n]*")
    message(SEND_ERROR "the program has ${CMAKE_MATCH_0}, and names nothing that needs it")
  endif()
endforeach()
