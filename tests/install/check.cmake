# Installs the build into a new directory, builds the example against that and nothing else, runs it.
cmake_minimum_required(VERSION 3.25)

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE out)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "${ARGN} ended with ${code}:\n${out}")
  endif()
  set(output "${out}" PARENT_SCOPE)
endfunction()

set(prefix ${WORK}/prefix)
file(REMOVE_RECURSE ${prefix} ${WORK}/embed)
set(flags "")
if(SANITIZE)
  set(flags "-fsanitize=${SANITIZE}")
endif()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix})
run(${CMAKE_COMMAND} -G Ninja -S ${EXAMPLE} -B ${WORK}/embed -DCMAKE_PREFIX_PATH=${prefix}
    -DCMAKE_CXX_FLAGS=${flags}
    -DCMAKE_BUILD_TYPE=${BUILD_TYPE})
run(${CMAKE_COMMAND} --build ${WORK}/embed)
run(${WORK}/embed/embed)
if(NOT output MATCHES "completed: hello from process [0-9]+ of pool_")
  message(FATAL_ERROR "the example said:\n${output}")
endif()
run(${prefix}/bin/mahavishnu version)
foreach(file man/man1/mahavishnu.1 man/man1/mahavishnu-pool.1 bash-completion/completions/mahavishnu
        zsh/site-functions/_mahavishnu fish/vendor_completions.d/mahavishnu.fish)
  if(NOT EXISTS ${prefix}/share/${file})
    message(FATAL_ERROR "${file} has not been installed")
  endif()
endforeach()
message(STATUS "the example said: ${output}")
