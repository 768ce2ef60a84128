# SPDX-License-Identifier: Apache-2.0
# Every header that with COLLAB_PRECOMPILED gives declarations only is among those that the library is made of: else its functions would be nowhere.
#   cmake -D include=FOLDER -P bodies.cmake
file(READ ${include}/collab/precompiled.hpp list)
file(GLOB_RECURSE headers RELATIVE ${include} ${include}/collab/*.hpp)
set(found 0)
foreach(header IN LISTS headers)
  file(STRINGS ${include}/${header} lines REGEX "^#ifdef COLLAB_BODIES$")
  if(lines)
    math(EXPR found "${found} + 1")
    string(FIND "${list}" "#include <${header}>" at)
    if(at EQUAL -1)
      message(SEND_ERROR "${header} has a part under COLLAB_BODIES; expected it among the headers of collab/precompiled.hpp")
    endif()
  endif()
endforeach()
if(found EQUAL 0)
  message(FATAL_ERROR "no header under ${include} has a part under COLLAB_BODIES")
endif()
