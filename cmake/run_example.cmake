# SPDX-License-Identifier: Apache-2.0
# Runs an example and compares what it prints with the lines `// prints: <regex>` of its source. (ctest's
# PASS_REGULAR_EXPRESSION alone would also pass a program that prints the line and then fails.)
#   cmake -D program=PATH -D source=EXAMPLE.cpp -P run_example.cmake
execute_process(COMMAND ${program} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
message("${output}")
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${program} ended with: ${result}")
endif()

file(READ ${source} text)
set(expectations 0)
while(text MATCHES "(^|\n)// prints: ([^\n]+)(.*)")   # not a list of lines: expressions may hold brackets and semicolons
  set(expression "${CMAKE_MATCH_2}")
  set(text "${CMAKE_MATCH_3}")
  math(EXPR expectations "${expectations} + 1")
  if(NOT output MATCHES "${expression}")
    message(FATAL_ERROR "${source}: the output above does not match\n    ${expression}")
  endif()
endwhile()
if(expectations EQUAL 0)
  message(FATAL_ERROR "${source}: there is no line `// prints: <regex>`")
endif()
