# IM_SANITIZE is a list as the compiler takes it: "address,undefined", "thread", "fuzzer-no-link,...".
set(IM_SANITIZE "" CACHE STRING "sanitizers for everything that is built")
if(IM_SANITIZE)
  add_compile_options(-fsanitize=${IM_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${IM_SANITIZE})
  if(IM_SANITIZE MATCHES "undefined")
    # This check opens a pipe to see whether memory can be read, and cries wolf in the tests that
    # run out of descriptors.
    add_compile_options(-fno-sanitize=vptr)
  endif()
endif()
