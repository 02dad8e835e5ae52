# Finds ncurses for wide characters and its libtinfo, for which CMake has only a list of libraries:
# defines NCursesW::ncursesw and NCursesW::tinfo.

include(FindPackageHandleStandardArgs)

find_path(NCursesW_INCLUDE_DIR NAMES curses.h)
find_library(NCursesW_LIBRARY NAMES ncursesw)
find_library(NCursesW_TINFO_LIBRARY NAMES tinfow tinfo)
mark_as_advanced(NCursesW_INCLUDE_DIR NCursesW_LIBRARY NCursesW_TINFO_LIBRARY)

find_package_handle_standard_args(NCursesW
  REQUIRED_VARS NCursesW_LIBRARY NCursesW_TINFO_LIBRARY NCursesW_INCLUDE_DIR)

if(NCursesW_FOUND AND NOT TARGET NCursesW::ncursesw)
  add_library(NCursesW::tinfo UNKNOWN IMPORTED)
  set_target_properties(NCursesW::tinfo PROPERTIES IMPORTED_LOCATION "${NCursesW_TINFO_LIBRARY}")
  add_library(NCursesW::ncursesw UNKNOWN IMPORTED)
  set_target_properties(NCursesW::ncursesw PROPERTIES
    IMPORTED_LOCATION "${NCursesW_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${NCursesW_INCLUDE_DIR}"
    INTERFACE_LINK_LIBRARIES NCursesW::tinfo)
endif()
