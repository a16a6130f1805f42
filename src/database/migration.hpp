#pragma once
/// Steps of the schema, as they lie in the binary.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace gatehouse::database {

/// One file of migrations/<engine>/NNNN_name.sql. Static storage.
struct Migration {
  std::int64_t version = 0;
  std::string_view name;
  std::string_view sql;
};

/// In ascending order of their versions.
std::span<const Migration> sqlite_migrations() noexcept;

/// 16 hexadecimal digits (FNV-1a) by which a changed file is noticed.
std::string checksum_of(std::string_view sql);

}  // namespace gatehouse::database
