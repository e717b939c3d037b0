# Fails when a folder includes what it may not see, or touches sockets, POCO, libsodium, option
# parsing or a clock outside their homes.  The tables are the architecture; ARCHITECTURE.md says
# why.  Run with -DROOT=DIR -P.
cmake_minimum_required(VERSION 3.22)

set(floors base wire noise net sealed index talk node app tools)
set(base_sees "")
set(wire_sees base)
set(noise_sees base)
set(net_sees base wire)  # wire: net::RosterFetch ends when a roster is whole
set(sealed_sees base wire noise)
set(index_sees base wire noise sealed)
set(talk_sees base wire noise sealed)
set(node_sees base wire noise net sealed index talk)
set(app_sees base)
set(tools_sees base wire noise net sealed index talk node app)

# What may be named where.  A regular expression of a source line, and the folders it belongs to.
set(rules
  "#include <sodium"                                       "noise"
  "#include <Poco/Net/"                                    "net"
  "#include <Poco/Util/"                                   "app|tools"
  "#include <Poco/Data/"                                   "node"
  "#include <Poco/"                                        "net|node|app|tools"
  "#include <(sys/socket|sys/epoll|sys/signalfd|netdb|netinet/[a-z0-9_]+)\\.h>" "net"
  "#include <arpa/inet\\.h>"                               "base|net"
  "#include <getopt\\.h>"                                  "app"
  "#include <(thread|mutex|atomic|condition_variable)>"    "net|node"
  "([Cc]lock::now|clock_gettime|gettimeofday|[^a-z_:.]time\\()" "net"
  "(sleep_for|sleep_until|[^a-z_]usleep\\(|nanosleep)"     "nobody"
  "(std::cout|std::cerr|std::cin|#include <iostream>)"     "nobody"
  "Application::instance"                                  "nobody"
  "using namespace "                            "literals-only")

function(complain source line)
  string(STRIP "${line}" line)
  message(SEND_ERROR "${source} may not say: ${line}")
endfunction()

function(check_includes source folder line)
  if(NOT line MATCHES "^#include \"(libim|tools|tests)/([a-z]+)/")
    if(line MATCHES "^#include \"")
      complain(${source} "${line}")  # includes are written from the root
    endif()
    return()
  endif()
  set(wanted ${CMAKE_MATCH_2})
  if(CMAKE_MATCH_1 STREQUAL "tests")
    complain(${source} "${line}")
  elseif(CMAKE_MATCH_1 STREQUAL "tools")
    if(NOT folder STREQUAL "tools")
      complain(${source} "${line}")
    endif()
  elseif(NOT folder STREQUAL wanted AND NOT wanted IN_LIST ${folder}_sees)
    complain(${source} "${line}")
  endif()
endfunction()

function(check_rules source folder line)
  list(LENGTH rules count)
  math(EXPR last "${count} - 1")
  foreach(i RANGE 0 ${last} 2)
    math(EXPR j "${i} + 1")
    list(GET rules ${i} pattern)
    list(GET rules ${j} homes)
    if(line MATCHES "${pattern}")
      if(homes STREQUAL "literals-only")
        # Literals anywhere; a program's own main.cpp is inside the project's namespace.
        if(NOT line MATCHES "using namespace std::(chrono_literals|string_view_literals|literals)" AND
           NOT (source MATCHES "^tools/[a-z]+/main\\.cpp$" AND line MATCHES "using namespace im;"))
          complain(${source} "${line}")
        endif()
      elseif(NOT folder MATCHES "^(${homes})$")
        complain(${source} "${line}")
      endif()
      if(pattern MATCHES "^#include <Poco")
        break()  # the narrower POCO rule has spoken
      endif()
    endif()
  endforeach()
endfunction()

file(GLOB_RECURSE sources RELATIVE ${ROOT} ${ROOT}/libim/*.[hc]pp ${ROOT}/tools/*.[hc]pp)
list(LENGTH sources found)
if(found EQUAL 0)
  message(FATAL_ERROR "no sources below ${ROOT}")
endif()
foreach(source IN LISTS sources)
  if(source MATCHES "^tools/")
    set(folder tools)
  else()
    string(REGEX REPLACE "^libim/([a-z]+)/.*" "\\1" folder ${source})
  endif()
  if(NOT folder IN_LIST floors)
    message(SEND_ERROR "${source}: ${folder} is no floor")
    continue()
  endif()
  # Only lines that one of the rules could mean; brackets and semicolons would break CMake lists.
  file(STRINGS ${ROOT}/${source} lines
    REGEX "#include|[Cc]lock::now|clock_gettime|gettimeofday|time\\(|sleep|std::c(out|err|in)|Application::instance|using namespace")
  foreach(line IN LISTS lines)
    if(line MATCHES "^ *//")
      continue()
    endif()
    if(line MATCHES "^#include \"")
      check_includes(${source} ${folder} "${line}")
    else()
      check_rules(${source} ${folder} "${line}")
    endif()
  endforeach()
  file(STRINGS ${ROOT}/${source} first LIMIT_COUNT 1)
  if(NOT first STREQUAL "// SPDX-License-Identifier: BSL-1.0")
    message(SEND_ERROR "${source}: the first line is not the licence")
  endif()
endforeach()
