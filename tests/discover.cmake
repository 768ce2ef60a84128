# SPDX-License-Identifier: Apache-2.0
# Writes the ctest entries of one test program, one for each of its test cases. Runs after the program is linked.
# (doctest's own doctest_discover_tests goes through CMake lists, which break at the bracket of a name like
# "uniform lies in [0, 1)" and at every semicolon.)
#   cmake -D folder=NAME -D program=PATH -D entries=FILE -P discover.cmake
execute_process(COMMAND ${program} --list-test-cases --no-colors=true OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
set(script "")
while(output MATCHES "^([^\n]*)\n(.*)$")
  set(name "${CMAKE_MATCH_1}")
  set(output "${CMAKE_MATCH_2}")
  if(name STREQUAL "" OR name MATCHES "^(\\[doctest\\]|=====)")
    continue()
  endif()
  string(REPLACE "," "\\," filter "${name}")   # a comma separates filters
  string(APPEND script "add_test([===[${folder}/${name}]===] [===[${program}]===] [===[--test-case=${filter}]===])\n"
    "set_tests_properties([===[${folder}/${name}]===] PROPERTIES TIMEOUT 600)\n")
endwhile()
file(WRITE ${entries} "${script}")
