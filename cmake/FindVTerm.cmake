# Finds libvterm, which brings no CMake package: defines VTerm::vterm.

include(FindPackageHandleStandardArgs)

find_path(VTerm_INCLUDE_DIR NAMES vterm.h)
find_library(VTerm_LIBRARY NAMES vterm)
mark_as_advanced(VTerm_INCLUDE_DIR VTerm_LIBRARY)

find_package_handle_standard_args(VTerm REQUIRED_VARS VTerm_LIBRARY VTerm_INCLUDE_DIR)

if(VTerm_FOUND AND NOT TARGET VTerm::vterm)
  add_library(VTerm::vterm UNKNOWN IMPORTED)
  set_target_properties(VTerm::vterm PROPERTIES
    IMPORTED_LOCATION "${VTerm_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${VTerm_INCLUDE_DIR}")
endif()
