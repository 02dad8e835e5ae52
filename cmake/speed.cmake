# Uses ccache and mold when the machine has them.
find_program(MAHAVISHNU_CCACHE ccache)
if(MAHAVISHNU_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Paths count from the source tree, so that another clone finds what this one has compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${MAHAVISHNU_CCACHE})
endif()

find_program(MAHAVISHNU_MOLD mold)
if(MAHAVISHNU_MOLD AND NOT CMAKE_CXX_FLAGS MATCHES "-fuse-ld")
  add_link_options(-fuse-ld=mold)
endif()
