#include "migration.hpp"

#include <fmt/format.h>

namespace gatehouse::database {

std::string checksum_of(std::string_view sql) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : sql) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  }
  return fmt::format("{:016x}", hash);
}

}  // namespace gatehouse::database
