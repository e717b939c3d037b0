# im_warnings: linked privately by all our code, never by what is installed or not ours.
# Warnings are errors for us (the presets say so), not for a packager with another compiler.
option(IM_WERROR "treat warnings as errors" OFF)

add_library(im_warnings INTERFACE)
target_compile_options(im_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Woverloaded-virtual -Wnon-virtual-dtor
  $<$<BOOL:${IM_WERROR}>:-Werror>)
