# Finds the C++ Actor Framework. Debian's package brings neither a CMake package nor a pkg-config
# file, so we look for the headers and libraries ourselves.
#
#   find_package(CAF 0.17 REQUIRED COMPONENTS core io openssl)
#
# defines CAF::core, CAF::io and CAF::openssl for the components asked for.

include(FindPackageHandleStandardArgs)

find_path(CAF_INCLUDE_DIR NAMES caf/config.hpp)
mark_as_advanced(CAF_INCLUDE_DIR)

if(CAF_INCLUDE_DIR)
  # CAF_VERSION is one number: 1706 means 0.17.6.
  file(STRINGS "${CAF_INCLUDE_DIR}/caf/config.hpp" _caf_line REGEX "#define CAF_VERSION ")
  if(_caf_line MATCHES "CAF_VERSION ([0-9]+)")
    math(EXPR _caf_major "${CMAKE_MATCH_1} / 10000")
    math(EXPR _caf_minor "${CMAKE_MATCH_1} / 100 % 100")
    math(EXPR _caf_patch "${CMAKE_MATCH_1} % 100")
    set(CAF_VERSION "${_caf_major}.${_caf_minor}.${_caf_patch}")
  endif()
endif()

foreach(_component IN LISTS CAF_FIND_COMPONENTS)
  find_library(CAF_${_component}_LIBRARY NAMES caf_${_component})
  mark_as_advanced(CAF_${_component}_LIBRARY)
  if(CAF_INCLUDE_DIR AND CAF_${_component}_LIBRARY)
    set(CAF_${_component}_FOUND TRUE)
  endif()
endforeach()

find_package_handle_standard_args(CAF
  REQUIRED_VARS CAF_INCLUDE_DIR
  VERSION_VAR CAF_VERSION
  HANDLE_COMPONENTS)

if(CAF_FOUND)
  set(_caf_core_needs Threads::Threads)
  set(_caf_io_needs CAF::core)
  set(_caf_openssl_needs CAF::io OpenSSL::SSL)
  if("core" IN_LIST CAF_FIND_COMPONENTS)
    find_package(Threads REQUIRED)
  endif()
  if("openssl" IN_LIST CAF_FIND_COMPONENTS)
    find_package(OpenSSL REQUIRED)
  endif()
  foreach(_component IN LISTS CAF_FIND_COMPONENTS)
    if(CAF_${_component}_FOUND AND NOT TARGET CAF::${_component})
      add_library(CAF::${_component} UNKNOWN IMPORTED)
      set_target_properties(CAF::${_component} PROPERTIES
        IMPORTED_LOCATION "${CAF_${_component}_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${CAF_INCLUDE_DIR}"
        INTERFACE_LINK_LIBRARIES "${_caf_${_component}_needs}")
    endif()
  endforeach()
endif()
