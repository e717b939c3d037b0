# im_floor(NAME SOURCES...): one folder of libim.  Its objects go into the one archive libim.a,
# from which a program takes only the members it uses: that is how imsend stays free of POCO.
# Who may include whom is held by tests/architecture, not by link order.
function(im_floor name)
  set(sources)
  foreach(source IN LISTS ARGN)
    list(APPEND sources ${CMAKE_CURRENT_SOURCE_DIR}/${source})
  endforeach()
  set_property(GLOBAL APPEND PROPERTY IM_FLOOR_SOURCES ${sources})
endfunction()
