# Has the program write its manual pages and what teaches shells to complete its commands.
#
#   cmake -DPROGRAM=<mahavishnu> -DTO=<directory> -P guide.cmake
#
# A program that cannot run here, for whatever reason, is no reason not to build it.
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE ${TO})
file(MAKE_DIRECTORY ${TO}/man/man1 ${TO}/bash-completion/completions ${TO}/zsh/site-functions
  ${TO}/fish/vendor_completions.d)
execute_process(COMMAND ${PROGRAM} docs man --directory ${TO}/man/man1
  RESULT_VARIABLE code OUTPUT_QUIET ERROR_VARIABLE problem)
set(bash bash-completion/completions/mahavishnu)
set(zsh zsh/site-functions/_mahavishnu)
set(fish fish/vendor_completions.d/mahavishnu.fish)
foreach(shell bash zsh fish)
  if(code EQUAL 0)
    execute_process(COMMAND ${PROGRAM} completion ${shell}
      RESULT_VARIABLE code OUTPUT_FILE ${TO}/${${shell}} ERROR_VARIABLE problem)
  endif()
endforeach()
if(NOT code EQUAL 0)
  message(WARNING "no manual pages and no completion: ${PROGRAM} ended with ${code}: ${problem}")
  file(REMOVE_RECURSE ${TO})
endif()
