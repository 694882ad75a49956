# SPDX-License-Identifier: Apache-2.0
# weir_module(NAME folder/path
#   HEADERS  a.h b.h           public headers; each must compile on its own (checked by `ninja all_verify_interface_header_sets`)
#   SOURCES  a.cc b.cc         may be empty: then the module is header-only
#   DEPS     weir::base ...    what its headers need (public)
#   PRIVATE_DEPS fmt::fmt ...  what only its .cc files need
#   TESTS    a_test.cc ...     one GoogleTest program <name>_test, each test known to ctest
#   TEST_DEPS ...              what only the tests need
#   TEST_LABELS tsan           ctest labels; `tsan` = also worth running under ThreadSanitizer
#   TEST_TIMEOUT 60)           seconds for each test
# makes the target weir_<name> (alias weir::<name>), where a `/` in the path becomes `_`: capture/pcap is weir::capture_pcap.
# The include root is src/: "capture/raw_packet.h". Tests run with the source root as working directory.
function(weir_module)
  cmake_parse_arguments(M "" "NAME;TEST_TIMEOUT" "HEADERS;SOURCES;DEPS;PRIVATE_DEPS;TESTS;TEST_DEPS;TEST_LABELS" ${ARGN})
  if(M_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "weir_module(${M_NAME}): unknown words ${M_UNPARSED_ARGUMENTS}")
  endif()
  string(REPLACE "/" "_" name ${M_NAME})
  set(target weir_${name})

  if(M_SOURCES)
    add_library(${target} STATIC ${M_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(${target} PRIVATE weir_compile_options ${M_PRIVATE_DEPS})
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(weir::${name} ALIAS ${target})
  target_sources(${target} ${scope} FILE_SET HEADERS BASE_DIRS ${CMAKE_SOURCE_DIR}/src FILES ${M_HEADERS})
  set_target_properties(${target} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  target_link_libraries(${target} ${scope} ${M_DEPS})

  if(WEIR_TESTS AND M_TESTS)
    weir_test(NAME ${name}_test SOURCES ${M_TESTS} DEPS ${target} ${M_PRIVATE_DEPS} ${M_TEST_DEPS}
              LABELS ${M_TEST_LABELS} TIMEOUT ${M_TEST_TIMEOUT})
  endif()
endfunction()

# What a sanitizer build compiles: the test programs and what they need, not the program itself. `tsan_tests` are those
# labelled `tsan`.
add_custom_target(unit_tests)
add_custom_target(tsan_tests)

# weir_test(NAME x_test SOURCES ... DEPS ... LABELS ... TIMEOUT seconds [WHOLE]): one GoogleTest program (gmock included).
# Each test is a process of its own, unless WHOLE asks for one process, because its tests share something that is slow to
# start; its report in whole_tests/ then says how each test went, and tools/run_tests.py counts those.
function(weir_test)
  cmake_parse_arguments(T "WHOLE" "NAME;TIMEOUT" "SOURCES;DEPS;LABELS" ${ARGN})
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 60)
  endif()
  add_executable(${T_NAME} ${T_SOURCES})
  target_link_libraries(${T_NAME} PRIVATE weir_compile_options ${T_DEPS} GTest::gmock GTest::gtest_main)
  target_include_directories(${T_NAME} PRIVATE ${CMAKE_SOURCE_DIR})
  add_dependencies(unit_tests ${T_NAME})
  if("tsan" IN_LIST T_LABELS)
    add_dependencies(tsan_tests ${T_NAME})
  endif()
  if(T_WHOLE)
    add_test(NAME ${T_NAME} COMMAND ${T_NAME} --gtest_output=xml:${CMAKE_BINARY_DIR}/whole_tests/${T_NAME}.xml
             WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${T_NAME} PROPERTIES TIMEOUT ${T_TIMEOUT} LABELS "${T_LABELS}")
  else()
    gtest_discover_tests(${T_NAME} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} DISCOVERY_MODE PRE_TEST
      PROPERTIES TIMEOUT ${T_TIMEOUT} LABELS "${T_LABELS}")
  endif()
endfunction()
