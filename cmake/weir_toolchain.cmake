# SPDX-License-Identifier: Apache-2.0
# Compiler cache, linker, warnings and sanitizers, all in one interface target: weir_compile_options.

find_program(WEIR_CCACHE ccache)
if(WEIR_CCACHE)
  # Paths relative to the clone: a second clone, or a moved one, is served from the same cache.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${WEIR_CCACHE})
endif()

add_library(weir_compile_options INTERFACE)
target_compile_options(weir_compile_options INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Woverloaded-virtual -Wnull-dereference
  -fno-omit-frame-pointer
  $<$<BOOL:${WEIR_WERROR}>:-Werror>
  $<$<CXX_COMPILER_ID:GNU>:-Wno-null-dereference>  # GCC 12 reports it inside the standard library,
  # and at -O3 these inside std::string and fmt (GCC bugs 105651, 107852)
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<CONFIG:RelWithDebInfo>>:-Wno-restrict;-Wno-stringop-overflow;-Wno-array-bounds>)

find_program(WEIR_MOLD mold)
if(WEIR_MOLD)
  target_link_options(weir_compile_options INTERFACE -fuse-ld=mold)
endif()

# -O1 in Debug: the sanitizers are three times faster than at -O0 and lines still match.
set(CMAKE_CXX_FLAGS_DEBUG "-g1 -O1")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-g1 -O3")

if(WEIR_SANITIZE STREQUAL "thread")
  # GCC 12 with -fsanitize=thread: fences (Asio has some) are not modelled, and std::optional looks uninitialised.
  target_compile_options(weir_compile_options INTERFACE -Wno-tsan -Wno-maybe-uninitialized)
endif()

if(WEIR_SANITIZE)
  target_compile_options(weir_compile_options INTERFACE -fsanitize=${WEIR_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(weir_compile_options INTERFACE -fsanitize=${WEIR_SANITIZE})
endif()
