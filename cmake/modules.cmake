# SPDX-License-Identifier: Apache-2.0
# Tells the program `collab` how it is compiled, because it compiles networks in the same way.

# collab_write_build(target folder): program_build.hpp, of the target's compiler, flags and include directories. `folder` has the
# headers that modules include.
function(collab_write_build target folder)
  string(TOUPPER "${CMAKE_BUILD_TYPE}" config)
  separate_arguments(flags UNIX_COMMAND "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${config}}")
  set(arguments -std=c++20 ${flags})
  # Warnings are for those who wrote the code, and the level of optimization is the module's own.
  set(options "$<FILTER:$<TARGET_PROPERTY:${target},COMPILE_OPTIONS>,EXCLUDE,^-W|^/W>")
  set(definitions "$<TARGET_PROPERTY:${target},COMPILE_DEFINITIONS>")
  set(includes "$<TARGET_PROPERTY:${target},INCLUDE_DIRECTORIES>")
  set(PROGRAM_COMPILER "${CMAKE_CXX_COMPILER}")
  string(JOIN "\n" PROGRAM_ARGUMENTS ${arguments} "$<JOIN:${options},\n>" "$<$<BOOL:${definitions}>:-D$<JOIN:${definitions},\n-D>>"
    "-I${folder}" "$<$<BOOL:${includes}>:-I$<JOIN:${includes},\n-I>>")
  configure_file(${folder}/build.hpp.in ${CMAKE_CURRENT_BINARY_DIR}/program_build.hpp.in @ONLY)
  file(GENERATE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/program_build.hpp INPUT ${CMAKE_CURRENT_BINARY_DIR}/program_build.hpp.in)
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
endfunction()
