# Debian packages, by `cpack` in a build of the preset "package"; scripts/package does it in one
# command.  imindex, im-clients and libim-dev are the components index, clients and dev.
if(NOT IM_DEBIAN)
  return()
endif()
include(cmake/compressed.cmake)

set(IM_DEBIAN_MAINTAINER "The authors of im <im@packages.invalid>" CACHE STRING
  "who answers for the packages: NAME <ADDRESS>")
set(IM_DEBIAN_VERSION ${PROJECT_VERSION}-1)

# What every package has in /usr/share/doc.  TIMESTAMP knows SOURCE_DATE_EPOCH.
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
set(debian ${PROJECT_SOURCE_DIR}/contrib/debian)
set(made ${PROJECT_BINARY_DIR}/debian)
configure_file(${debian}/changelog.in ${made}/changelog @ONLY)
im_compressed(${made}/changelog debian/changelog.Debian.gz changelog)
im_compressed(${PROJECT_SOURCE_DIR}/CHANGELOG.md debian/changelog.gz news)
foreach(pair index:imindex clients:im-clients dev:libim-dev)
  string(REPLACE ":" ";" pair ${pair})
  list(GET pair 0 component)
  list(GET pair 1 package)
  set(doc ${CMAKE_INSTALL_DATADIR}/doc/${package})
  install(FILES ${debian}/copyright ${changelog} ${news} DESTINATION ${doc} COMPONENT ${component})
  install(FILES ${debian}/lintian/${package} DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides
    COMPONENT ${component})
  string(TOUPPER ${component} upper)
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${package})
endforeach()
file(GLOB examples ${PROJECT_SOURCE_DIR}/doc/examples/*.cpp)
install(FILES ${examples} DESTINATION ${doc}/examples COMPONENT dev)
install(FILES ${debian}/examples.cmake RENAME CMakeLists.txt DESTINATION ${doc}/examples COMPONENT dev)
file(GLOB monitoring ${PROJECT_SOURCE_DIR}/contrib/prometheus/*.yml ${PROJECT_SOURCE_DIR}/contrib/grafana/*.json)
install(FILES ${monitoring} DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/imindex/examples COMPONENT index)
im_compressed(${PROJECT_SOURCE_DIR}/doc/protocol.md debian/protocol.md.gz protocol)
install(FILES ${protocol} DESTINATION ${doc} COMPONENT dev)

# im_built_using(RESULT ARCHIVES...): "SOURCE (= VERSION), ..." of the Debian source packages of the
# compiler's archives: what a static program has inside is what Built-Using names (policy 7.8).
function(im_built_using result)
  foreach(archive IN LISTS ARGN)
    execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=${archive}
      OUTPUT_VARIABLE file OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    file(REAL_PATH ${file} file)
    execute_process(COMMAND dpkg-query -S ${file}
      OUTPUT_VARIABLE owner OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX REPLACE ": .*" "" owner ${owner})
    execute_process(COMMAND dpkg-query -W -f "\${source:Package} (= \${source:Version})" ${owner}
      OUTPUT_VARIABLE source COMMAND_ERROR_IS_FATAL ANY)
    list(APPEND sources ${source})
  endforeach()
  list(REMOVE_DUPLICATES sources)
  list(SORT sources)
  list(JOIN sources ", " sources)
  set(${result} ${sources} PARENT_SCOPE)
endfunction()

set(CPACK_GENERATOR DEB)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL index clients dev)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_PACKAGE_NAME im)
# The first line of each description is its summary.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SOURCE im)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER ${IM_DEBIAN_MAINTAINER})
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)

set(CPACK_DEBIAN_INDEX_PACKAGE_SECTION net)
set(CPACK_DEBIAN_INDEX_PACKAGE_RECOMMENDS im-clients)
set(CPACK_DEBIAN_INDEX_PACKAGE_CONTROL_EXTRA
  ${debian}/index/postinst ${debian}/index/prerm ${debian}/index/postrm)
set(CPACK_DEBIAN_INDEX_DESCRIPTION "index of an instant messenger for pipes
The index knows who is online and tells everybody; text goes from peer to
peer and never through it.  It speaks the protocol of a published .NET chat
byte for byte, keeps its users in an embedded database over restarts, and
needs 160 bytes of memory a user.

The service starts when the package is installed, serves UDP and TCP port
4649, and takes users from loopback, private and link-local addresses only.")

set(CPACK_DEBIAN_CLIENTS_PACKAGE_SECTION net)
set(CPACK_DEBIAN_CLIENTS_DESCRIPTION "instant messaging from the shell
imlogin registers a user and prints who is online, imlisten prints every
incoming message and presence event as one line, and imsend sends straight to
the peer and ends with an exit status that can be trusted.  What a peer sends
can neither forge a line nor drive the terminal.

Completions for bash, zsh and fish are included.  The index that the users
meet at is in the package imindex; one in a network is enough.")
set(CPACK_DEBIAN_CLIENTS_PACKAGE_SUGGESTS imindex)
if(IM_STATIC_IMSEND AND IM_CAN_LINK_STATIC_PIE)
  im_built_using(built_using libc.a libstdc++.a libgcc.a)
  # cpack has no variable for Built-Using, and writes a field's value as it is.
  string(APPEND CPACK_DEBIAN_CLIENTS_PACKAGE_SUGGESTS "\nBuilt-Using: ${built_using}")
endif()

set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "libpoco-dev (>= 1.11), libsodium-dev")
set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS "cmake, pkg-config")
set(CPACK_DEBIAN_DEV_DESCRIPTION "instant messaging for pipes - library for C++20
The library behind imindex, imlogin, imlisten and imsend, as an archive, with
its public headers, a CMake package, a pkg-config file and examples: log in,
listen, send, ask who is online.")
include(CPack)
