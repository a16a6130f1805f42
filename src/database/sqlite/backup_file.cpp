#include <utility>

#include "gatehouse/database/database.hpp"
#include "sqlite/backup.hpp"
#include "sqlite/handle.hpp"

namespace gatehouse::database {

core::Result<void> backup_sqlite(
    const std::string& file, const std::string& target,
    const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  auto handle = sqlite::open_handle({.file = file, .role = sqlite::Role::inspector});
  if (!handle) return core::pass(handle);
  const core::SystemClock clock;
  // Whoever runs this ends with an error anyway: nothing to do when a disk turns out broken.
  sqlite::FatalLatch fatal({});
  sqlite::SqliteConnection source(std::move(*handle), clock, fatal);
  return sqlite::copy_to_new_file(source, target, progress);
}

}  // namespace gatehouse::database
