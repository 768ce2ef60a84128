# SPDX-License-Identifier: Apache-2.0
# The target `docs`: the reference made from the headers, in the build folder under docs/html.
find_package(Doxygen 1.9.2 REQUIRED)   # the first to read C++20 concepts
set(DOXYGEN_MAIN_PAGE "")
if(EXISTS ${PROJECT_SOURCE_DIR}/README.md)
  set(DOXYGEN_MAIN_PAGE ${PROJECT_SOURCE_DIR}/README.md)
endif()
configure_file(docs/Doxyfile.in docs/Doxyfile @ONLY)
add_custom_target(docs
  COMMAND Doxygen::doxygen ${PROJECT_BINARY_DIR}/docs/Doxyfile
  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
  COMMENT "Writing the reference to ${PROJECT_BINARY_DIR}/docs/html/index.html"
  VERBATIM)
