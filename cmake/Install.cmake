# What `cmake --install` gives to other programs: the library, its public headers, a CMake package
# (find_package(im) and im::im) and libim.pc; and the tools.  Manuals and systemd units install
# themselves.
# Components: index, clients, dev, the three packages of cmake/Package.cmake.
# The public surface is libim/node/client.hpp and what it includes; the rest may change any day.
include(CMakePackageConfigHelpers)

install(TARGETS imindex RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT index)
install(TARGETS imlogin imlisten RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT clients)

install(TARGETS im EXPORT imTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev)
install(FILES ${PROJECT_SOURCE_DIR}/libim/node/client.hpp
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/libim/node COMPONENT dev)
file(GLOB base_headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/libim/base/*.hpp)
install(FILES ${base_headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/libim/base COMPONENT dev)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/im)
install(EXPORT imTargets NAMESPACE im:: DESTINATION ${package_dir} COMPONENT dev)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/imConfig.cmake.in
  ${PROJECT_BINARY_DIR}/imConfig.cmake INSTALL_DESTINATION ${package_dir})
# Before 1.0 a minor version may break.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/imConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/imConfig.cmake ${PROJECT_BINARY_DIR}/imConfigVersion.cmake
  DESTINATION ${package_dir} COMPONENT dev)

# Relative to where libim.pc lies, so that `cmake --install --prefix` elsewhere stays right.
set(pc_dir ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH pc_libdir ${pc_dir} ${CMAKE_INSTALL_FULL_LIBDIR})
file(RELATIVE_PATH pc_includedir ${pc_dir} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
configure_file(${CMAKE_CURRENT_LIST_DIR}/libim.pc.in ${PROJECT_BINARY_DIR}/libim.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/libim.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
  COMPONENT dev)
