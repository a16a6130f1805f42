# Compiler flags, sanitizers, ccache and linker for every target.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(GATEHOUSE_TESTS "build unit tests" ON)
option(GATEHOUSE_BENCHES "build micro benchmarks" OFF)
option(GATEHOUSE_FUZZ "build libFuzzer targets (clang only)" OFF)
option(GATEHOUSE_WERROR "treat warnings as errors" OFF)
option(GATEHOUSE_SHARED "link every module as a shared library, which rejects cycles" OFF)
set(GATEHOUSE_SANITIZE "" CACHE STRING "value of -fsanitize=")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(GATEHOUSE_CCACHE ccache)
if(GATEHOUSE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${GATEHOUSE_CCACHE})
endif()

add_library(gatehouse_flags INTERFACE)
target_compile_options(gatehouse_flags INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual
  -fstack-protector-strong -fno-omit-frame-pointer)
# GCC 12 reports members of coroutine frames as "maybe uninitialized".
target_compile_options(gatehouse_flags INTERFACE
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
if(GATEHOUSE_WERROR)
  target_compile_options(gatehouse_flags INTERFACE -Werror)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_options(gatehouse_flags INTERFACE
    -fcf-protection=full
    # Position-independent code calls its own public functions as if another library might replace
    # them, unless told that none does: without this nothing of them is inlined.
    $<$<CXX_COMPILER_ID:GNU>:-fno-semantic-interposition>)
  target_compile_definitions(gatehouse_flags INTERFACE _FORTIFY_SOURCE=2 _GLIBCXX_ASSERTIONS)
  target_link_options(gatehouse_flags INTERFACE -Wl,-z,relro,-z,now -pie)
endif()
string(REPLACE "-O3" "-O2" CMAKE_CXX_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")

if(GATEHOUSE_SANITIZE)
  set(flags -fsanitize=${GATEHOUSE_SANITIZE} -fno-sanitize-recover=all)
  if(GATEHOUSE_SANITIZE MATCHES "undefined")
    # The four checks that double the compile time and seldom find anything ASan does not.
    list(APPEND flags -fno-sanitize=null,alignment,object-size,vptr)
  endif()
  target_compile_options(gatehouse_flags INTERFACE ${flags})
  target_link_options(gatehouse_flags INTERFACE ${flags})
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  find_program(GATEHOUSE_MOLD mold)
  if(GATEHOUSE_MOLD AND NOT CMAKE_INTERPROCEDURAL_OPTIMIZATION)
    target_link_options(gatehouse_flags INTERFACE -fuse-ld=mold)
  endif()
endif()
