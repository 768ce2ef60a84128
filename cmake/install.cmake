# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` lays out: headers, and a package for find_package(collab). Include directories of imported targets
# are system directories for whoever uses them, so our headers never warn in other people's builds.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)
set(package_dir ${CMAKE_INSTALL_DATADIR}/cmake/collab)

# Relative where it can be: CMake writes an absolute folder of a file set behind the prefix once more.
set(header_dir ${CMAKE_INSTALL_INCLUDEDIR})
cmake_path(IS_PREFIX CMAKE_INSTALL_PREFIX "${CMAKE_INSTALL_FULL_INCLUDEDIR}" NORMALIZE inside)
if(IS_ABSOLUTE "${header_dir}" AND inside)
  file(RELATIVE_PATH header_dir "${CMAKE_INSTALL_PREFIX}" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
endif()
install(TARGETS collab collab_report EXPORT collabTargets FILE_SET HEADERS DESTINATION ${header_dir})
install(EXPORT collabTargets NAMESPACE collab:: DESTINATION ${package_dir})
if(TARGET collab_data)
  install(TARGETS collab_data EXPORT collabDataTargets)
  install(EXPORT collabDataTargets NAMESPACE collab:: DESTINATION ${package_dir})
endif()
if(TARGET collab_images)
  install(TARGETS collab_images EXPORT collabImagesTargets)
  install(EXPORT collabImagesTargets NAMESPACE collab:: DESTINATION ${package_dir})
endif()

configure_package_config_file(cmake/collabConfig.cmake.in collabConfig.cmake INSTALL_DESTINATION ${package_dir}
  NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may break programs; headers are the same for every architecture.
write_basic_package_version_file(collabConfigVersion.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/collabConfig.cmake ${PROJECT_BINARY_DIR}/collabConfigVersion.cmake
  DESTINATION ${package_dir})
install(FILES cmake/precompiled.cmake cmake/cuda.cmake DESTINATION ${package_dir})
install(DIRECTORY cmake/precompiled DESTINATION ${package_dir})
# From where collab.pc lies to the headers, unless one of the two lies outside the prefix.
set(pkgconfig_dir ${CMAKE_INSTALL_FULL_DATADIR}/pkgconfig)
set(pkgconfig_includedir ${CMAKE_INSTALL_FULL_INCLUDEDIR})
cmake_path(IS_PREFIX CMAKE_INSTALL_PREFIX "${pkgconfig_dir}" NORMALIZE data_inside)
cmake_path(IS_PREFIX CMAKE_INSTALL_PREFIX "${pkgconfig_includedir}" NORMALIZE headers_inside)
if(data_inside AND headers_inside)
  file(RELATIVE_PATH pkgconfig_includedir "${pkgconfig_dir}" "${pkgconfig_includedir}")
  string(PREPEND pkgconfig_includedir "\${pcfiledir}/")
endif()
configure_file(cmake/collab.pc.in collab.pc @ONLY)   # finds its prefix from where it lies, so a prefix may be moved
install(FILES ${PROJECT_BINARY_DIR}/collab.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)
install(FILES LICENSE CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
