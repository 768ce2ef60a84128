# SPDX-License-Identifier: Apache-2.0
# Checks one file that holds one mistake. Its first lines contain
#     // expect: a fragment of the sentence that the compiler must print
# and the mistake stands behind `#ifndef ACCEPT`, its correct twin behind `#else`: a case that fails for another reason,
# a typo for instance, fails in both forms. With -DACCEPT the file must compile; without, it must not, the first error must
# hold the sentence, and (g++) it must be the only error, readable at a glance.
#   cmake -D compiler=g++ -D compiler_id=GNU -D flags=FILE -D source=CASE.cpp [-D alone=ON] -P run.cmake
# With -D alone=ON it must be so for any compiler.
set(most_lines 20)

# Regular expressions on whole strings, never lists: messages are full of brackets and semicolons.
file(READ ${source} text)
if(NOT text MATCHES "(^|\n)// expect: ([^\n]+)")
  message(FATAL_ERROR "${source}: there is no line `// expect: <sentence>`")
endif()
set(sentence "${CMAKE_MATCH_2}")

set(ENV{LC_ALL} C)   # g++ translates the word `error`
set(compile ${compiler} @${flags} -fsyntax-only -fno-diagnostics-color)
execute_process(COMMAND ${compile} -DACCEPT ${source} RESULT_VARIABLE accepted OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT accepted EQUAL 0)
  message("${output}")
  message(FATAL_ERROR "${source}: the correct form (-DACCEPT) must compile and does not")
endif()

execute_process(COMMAND ${compile} ${source} RESULT_VARIABLE rejected OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(rejected EQUAL 0)
  message(FATAL_ERROR "${source}: the mistake compiles; expected the error: ${sentence}")
endif()
string(REGEX MATCH "[^\n]*error: [^\n]*" first "${output}")
string(FIND "${first}" "${sentence}" place)
if(place EQUAL -1)
  message("${output}")
  message(FATAL_ERROR "${source}: the first error must say\n    ${sentence}\nit says\n    ${first}")
endif()
string(REGEX MATCHALL " error: " errors "${output}")
list(LENGTH errors errors)
if((compiler_id STREQUAL "GNU" OR alone) AND errors GREATER 1)
  message("${output}")
  message(FATAL_ERROR "${source}: ${errors} errors, where the sentence should be the only one")
endif()
string(REGEX REPLACE "[^\n]" "" lines "${output}")
string(LENGTH "${lines}" lines)
if(compiler_id STREQUAL "GNU" AND lines GREATER most_lines)
  message("${output}")
  message(FATAL_ERROR "${source}: ${lines} lines of errors, at most ${most_lines} are allowed")
endif()
message(STATUS "rejected in ${lines} lines: ${first}")
