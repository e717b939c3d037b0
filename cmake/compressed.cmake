# im_compressed(SOURCE NAME RESULT): SOURCE compressed as Debian wants its documentation (no name, no
# time, best), as NAME in the build directory; RESULT is its path.  Follows a change of SOURCE.
function(im_compressed source name result)
  set(made ${CMAKE_CURRENT_BINARY_DIR}/${name})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  execute_process(COMMAND gzip -9nc ${source} OUTPUT_FILE ${made} COMMAND_ERROR_IS_FATAL ANY)
  set(${result} ${made} PARENT_SCOPE)
endfunction()
