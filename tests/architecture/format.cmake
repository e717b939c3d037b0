# Every source is as clang-format 14 lays it out with .clang-format.
cmake_minimum_required(VERSION 3.22)
file(GLOB_RECURSE sources ${ROOT}/libim/*.[hc]pp ${ROOT}/tools/*.[hc]pp ${ROOT}/tests/*.[hc]pp
  ${ROOT}/doc/*.cpp)
execute_process(COMMAND ${CLANG_FORMAT} --dry-run --Werror --ferror-limit=1 ${sources}
  RESULT_VARIABLE result ERROR_VARIABLE said)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${said}")
endif()
