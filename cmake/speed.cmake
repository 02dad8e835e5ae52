# Uses ccache and mold when the machine has them.
find_program(MAHAVISHNU_CCACHE ccache)
if(MAHAVISHNU_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${MAHAVISHNU_CCACHE})
endif()

find_program(MAHAVISHNU_MOLD mold)
if(MAHAVISHNU_MOLD AND NOT CMAKE_CXX_FLAGS MATCHES "-fuse-ld")
  add_link_options(-fuse-ld=mold)
endif()
