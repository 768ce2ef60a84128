# A port of collab for vcpkg, as an overlay: vcpkg install collab --overlay-ports=packaging
# It packages the tree that it lies in.
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)

vcpkg_cmake_configure(
  SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS
    -DCOLLAB_BUILD_TESTS=OFF
    -DCOLLAB_BUILD_EXAMPLES=OFF
    -DCOLLAB_BUILD_BENCHMARKS=OFF
    -DCOLLAB_INSTALL=ON)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(PACKAGE_NAME collab CONFIG_PATH share/cmake/collab)
vcpkg_fixup_pkgconfig()
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug" "${CURRENT_PACKAGES_DIR}/lib")   # headers only
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
