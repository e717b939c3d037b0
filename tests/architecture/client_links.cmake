# Fails when a client needs a library that its start cannot afford (doc/decisions/0002).
# Run with -DREADELF=PROGRAM -DPROGRAM=FILE -P.
cmake_minimum_required(VERSION 3.22)
execute_process(COMMAND ${READELF} --dynamic --wide ${PROGRAM}
  OUTPUT_VARIABLE said RESULT_VARIABLE result)
if(NOT result EQUAL 0 OR NOT said MATCHES "[Dd]ynamic section")
  message(FATAL_ERROR "${READELF} says nothing of ${PROGRAM}")
endif()
string(REGEX MATCHALL "Shared library: \\[[^]]+" needed "${said}")
foreach(library IN LISTS needed)
  string(REPLACE "Shared library: [" "" library "${library}")
  if(NOT library MATCHES "^(libc|ld-linux[-a-z0-9_]*)\\.so")
    message(SEND_ERROR "${PROGRAM} needs ${library}")
  endif()
endforeach()
