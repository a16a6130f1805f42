# gatehouse_module(<name>
#   SOURCES ...      sources beside the CMakeLists.txt
#   USES ...         modules (of floors below) named in public headers
#   IMPL_USES ...    modules used by sources alone
#   LIBS ...         third-party targets used by sources alone
#   TESTS ...        unit test sources, linked into <name>_test
#   TEST_USES ...    further modules and libraries for the tests)
#
# Public headers lie in include/gatehouse/<name>/. A target sees the include folders of the
# targets it names and no others, so an undeclared include does not compile.
function(gatehouse_module name)
  cmake_parse_arguments(M "" "" "SOURCES;USES;IMPL_USES;LIBS;PUBLIC_LIBS;TESTS;TEST_USES" ${ARGN})

  set(kind STATIC)
  if(GATEHOUSE_SHARED)
    set(kind SHARED)
  endif()
  set(target gatehouse_${name})
  if(M_SOURCES)
    add_library(${target} ${kind} ${M_SOURCES})
    set(scope PUBLIC)
    target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(${target} PRIVATE gatehouse_flags ${M_LIBS})
    if(GATEHOUSE_SHARED)
      target_link_options(${target} PRIVATE -Wl,--no-undefined)
    endif()
    foreach(used IN LISTS M_IMPL_USES)
      target_link_libraries(${target} PRIVATE gatehouse_${used})
    endforeach()
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${target} ${scope} ${CMAKE_CURRENT_SOURCE_DIR}/include)
  target_link_libraries(${target} ${scope} ${M_PUBLIC_LIBS})
  foreach(used IN LISTS M_USES)
    target_link_libraries(${target} ${scope} gatehouse_${used})
  endforeach()

  if(GATEHOUSE_TESTS AND M_TESTS)
    add_executable(${name}_test ${M_TESTS})
    target_include_directories(${name}_test PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_compile_definitions(${name}_test PRIVATE
      GATEHOUSE_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
      GATEHOUSE_TEST_DATA="${CMAKE_SOURCE_DIR}/../shared/data")
    target_link_libraries(${name}_test PRIVATE ${target} gatehouse_flags GTest::gtest_main)
    foreach(used IN LISTS M_IMPL_USES M_TEST_USES)
      if(TARGET gatehouse_${used})
        target_link_libraries(${name}_test PRIVATE gatehouse_${used})
      else()
        target_link_libraries(${name}_test PRIVATE ${used})
      endif()
    endforeach()
    add_test(NAME unit.${name} COMMAND ${name}_test --gtest_brief=1)
    set_tests_properties(unit.${name} PROPERTIES LABELS unit TIMEOUT 300)
  endif()
endfunction()
