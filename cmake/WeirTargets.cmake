# How every target of Weir is declared: one library a folder of src/, its dependencies stated here and nowhere else, so that
# an include against the layers (docs/architecture.md) has nothing to link with. tests/layers checks the includes themselves.

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

add_library(weir_options INTERFACE)
target_include_directories(weir_options INTERFACE "${CMAKE_SOURCE_DIR}/src" "${CMAKE_SOURCE_DIR}/include")
target_compile_options(weir_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
  -Wcast-qual -Wformat=2 -Wimplicit-fallthrough -Werror
  # False positives of GCC 12 on std::string from -O2 on: https://gcc.gnu.org/bugzilla/show_bug.cgi?id=105651
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(WEIR_SANITIZE)
  # GCC 12 takes an empty std::optional<std::string> for an uninitialised string once sanitizers are in.
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  add_compile_options(-fsanitize=${WEIR_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${WEIR_SANITIZE})
  if(WEIR_SANITIZE MATCHES thread)
    # ThreadSanitizer does not understand Asio's fences; what they order is ordered by its locks too.
    add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  endif()
endif()

if(WEIR_BUILD_FUZZERS)
  add_compile_options(-fsanitize=fuzzer-no-link)  # coverage in everything; the main() of libFuzzer only in fuzz/
endif()

# How many times longer than usual a test may take: sanitizers slow it down, and the emulator's start and the machine's load with it.
set(WEIR_TEST_PATIENCE 1)
if(WEIR_SANITIZE)
  set(WEIR_TEST_PATIENCE 5)
endif()

# weir_timeout(TEST SECONDS): for tests that are not declared by weir_test().
function(weir_timeout test seconds)
  math(EXPR seconds "${seconds} * ${WEIR_TEST_PATIENCE}")
  set_tests_properties(${test} PROPERTIES TIMEOUT ${seconds})
endfunction()

# weir_library(NAME SOURCES file... [DEPENDS layer...] [LINK library...])
# Declares weir_NAME. DEPENDS are other layers of Weir, LINK are third-party libraries.
function(weir_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LINK" ${ARGN})
  add_library(weir_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(weir_${name} PUBLIC weir_options ${ARG_LINK})
  foreach(layer IN LISTS ARG_DEPENDS)
    target_link_libraries(weir_${name} PUBLIC weir_${layer})
  endforeach()
endfunction()

# weir_test(NAME SOURCES file... [DEPENDS layer...] [LINK library...] [LABELS label...])
# Declares a GoogleTest program weir_NAME_test and registers each of its cases with ctest.
function(weir_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPENDS;LINK;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  math(EXPR timeout "${ARG_TIMEOUT} * ${WEIR_TEST_PATIENCE}")
  add_executable(weir_${name}_test ${ARG_SOURCES})
  target_link_libraries(weir_${name}_test PRIVATE weir_options ${ARG_LINK} GTest::gtest_main GTest::gmock)
  foreach(layer IN LISTS ARG_DEPENDS)
    target_link_libraries(weir_${name}_test PRIVATE weir_${layer})
  endforeach()
  gtest_discover_tests(weir_${name}_test
    TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 30
    PROPERTIES TIMEOUT ${timeout} LABELS "${ARG_LABELS}")
endfunction()
