#pragma once
/// An open SQLite file whose settings hold.

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/error.hpp"

namespace gatehouse::database::sqlite {

struct CloseHandle {
  void operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
};
using Handle = std::unique_ptr<sqlite3, CloseHandle>;

enum class Role : std::uint8_t {
  writer,     ///< creates the file, switches it to a write-ahead log, checkpoints
  reader,     ///< never writes, never checkpoints
  inspector,  ///< opened read-only; takes the file as it is
};

struct HandleSettings {
  std::string file;
  Role role = Role::writer;
  bool sync_commits = false;
  core::Millis busy_timeout{5'000};
  std::uint64_t kept_log_bytes = 0;  ///< size to which the log's file falls back
  const char* vfs = nullptr;         ///< SQLite's name of a file layer; null = the system's
};

/// Every setting is read back; Errc::internal names the one that does not hold.
core::Result<Handle> open_handle(const HandleSettings& settings);

/// Runs statements that have no parameters.
core::Result<void> run_script(sqlite3* db, const char* sql);
/// First column of the first row, as text; empty when there is none.
core::Result<std::string> read_text(sqlite3* db, const std::string& sql);

}  // namespace gatehouse::database::sqlite
