# The functions that every CMakeLists.txt below uses: one folder, one library, one test binary.

# mahavishnu_library(NAME [INTERNAL] SOURCES ... [PUBLIC ...] [PRIVATE ...])
#
# The static library of the folder src/NAME. PUBLIC and PRIVATE are what it links: this is the layer
# table of ARCHITECTURE.md. INTERNAL ones are not installed.
function(mahavishnu_library name)
  cmake_parse_arguments(ARG "INTERNAL" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  set(target mahavishnu_${name})
  add_library(${target} STATIC ${ARG_SOURCES})
  add_library(mahavishnu::${name} ALIAS ${target})
  target_include_directories(${target}
    PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
           $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
    PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${target}
    PUBLIC ${ARG_PUBLIC}
    PRIVATE ${ARG_PRIVATE} $<BUILD_INTERFACE:mahavishnu_flags>)
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  if(ARG_INTERNAL)
    return()
  endif()
  install(TARGETS ${target} EXPORT mahavishnu ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
endfunction()

# mahavishnu_test(NAME SOURCES ... [LINK ...] [TIMEOUT seconds])
#
# The test binary of the folder tests/NAME; every Catch2 case becomes one CTest test with the label
# NAME. A case that says "SKIPPED: " and why is shown as skipped.
function(mahavishnu_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LINK" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  set(target test_${name})
  add_executable(${target} ${ARG_SOURCES})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${target} PRIVATE ${ARG_LINK} mahavishnu_test_main mahavishnu_flags)
  catch_discover_tests(${target}
    TEST_PREFIX "${name}: "
    PROPERTIES LABELS ${name} TIMEOUT ${ARG_TIMEOUT} SKIP_REGULAR_EXPRESSION "SKIPPED: ")
endfunction()
