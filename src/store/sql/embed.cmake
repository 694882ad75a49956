# SPDX-License-Identifier: Apache-2.0
# embed_migrations(<target> <folder>): every NNN_name.sql in <folder>, in order, as `<folder>_migrations()`.
# A file that is added or changed makes CMake run again by itself.
function(embed_migrations target folder)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.sql)
  list(SORT files)
  set(table "")
  set(expected 1)
  foreach(file IN LISTS files)
    get_filename_component(name ${file} NAME_WE)
    string(REGEX MATCH "^0*([0-9]+)_" matched ${name})
    if(NOT CMAKE_MATCH_1 EQUAL expected)
      message(FATAL_ERROR "${file}: the next migration must have the number ${expected}")
    endif()
    math(EXPR expected "${expected} + 1")
    file(READ ${file} sql)
    string(APPEND table "    {${CMAKE_MATCH_1}, \"${name}\", R\"sql(${sql})sql\"},\n")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  endforeach()
  string(CONCAT source "// Generated from store/sql/${folder}/*.sql.\n#include \"store/sql/migrations.h\"\n"
    "namespace weir::store::sql {\nnamespace {\nconstexpr Migration kMigrations[] = {\n${table}};\n}\n"
    "std::span<const Migration> ${folder}_migrations() { return kMigrations; }\n}\n")
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/${folder}_migrations.cc)
  file(GENERATE OUTPUT ${generated} CONTENT "${source}")
  target_sources(${target} PRIVATE ${generated})
endfunction()
