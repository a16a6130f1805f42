# Writes `output`: every migrations/sqlite/NNNN_name.sql as bytes in the binary, and a table of them.
# The assembler reads the files (.incbin), as it does for the price map.
function(gatehouse_embed_migrations folder output)
  file(GLOB files CONFIGURE_DEPENDS "${folder}/*.sql")
  list(SORT files)
  set(blocks "")
  set(externs "")
  set(rows "")
  set(seen "")
  foreach(file IN LISTS files)
    get_filename_component(stem "${file}" NAME_WE)
    if(NOT stem MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)$")
      message(FATAL_ERROR "${file}: the name of a migration is NNNN_name.sql")
    endif()
    set(number ${CMAKE_MATCH_1})
    set(name ${CMAKE_MATCH_2})
    if(number IN_LIST seen)
      message(FATAL_ERROR "${file}: there are two migrations ${number}")
    endif()
    list(APPEND seen ${number})
    set(symbol gatehouse_migration_${number})
    string(APPEND blocks
      "    \".hidden ${symbol}_begin\\n.hidden ${symbol}_end\\n\"\n"
      "    \".global ${symbol}_begin\\n.global ${symbol}_end\\n\"\n"
      "    \"${symbol}_begin:\\n\"\n"
      "    \".incbin \\\"${file}\\\"\\n\"\n"
      "    \"${symbol}_end:\\n.byte 0\\n\"\n")
    string(APPEND externs "extern const char ${symbol}_begin[];\nextern const char ${symbol}_end[];\n")
    string(REGEX REPLACE "^0+" "" plain ${number})
    string(APPEND rows
      "    Migration{${plain}, \"${name}\",\n"
      "              {${symbol}_begin, static_cast<std::size_t>(${symbol}_end - ${symbol}_begin)}},\n")
  endforeach()
  file(CONFIGURE OUTPUT "${output}" @ONLY CONTENT [=[
// Written by embed_migrations.cmake.
#include <cstddef>
#include <vector>

#include "migration.hpp"

asm(".pushsection .rodata, \"a\", @progbits\n"
@blocks@    ".popsection\n");

extern "C" {
@externs@}

namespace gatehouse::database {

std::span<const Migration> sqlite_migrations() noexcept {
  static const std::vector<Migration> all{
@rows@  };
  return all;
}

}  // namespace gatehouse::database
]=])
  set_source_files_properties("${output}" PROPERTIES OBJECT_DEPENDS "${files}")
endfunction()
