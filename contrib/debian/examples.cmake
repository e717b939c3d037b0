# Builds the examples against the installed library: cmake -B /tmp/examples && cmake --build /tmp/examples
cmake_minimum_required(VERSION 3.22)
project(im_examples LANGUAGES C CXX)

find_package(im REQUIRED)
foreach(example login listen send roster)
  add_executable(${example} ${example}.cpp)
  target_link_libraries(${example} PRIVATE im::im)
endforeach()
