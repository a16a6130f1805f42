#include "sqlite/handle.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <initializer_list>
#include <string_view>

#include "sqlite/error.hpp"
#include "sqlite/statement_cache.hpp"
#include "sqlite/system_calls.hpp"

namespace gatehouse::database::sqlite {

namespace {
/// A setting, the value it is given and the value it must then show.
struct Setting {
  std::string_view name;
  std::string value;
  std::string_view expected;
};

core::Result<void> apply(sqlite3* db, const Setting& setting) {
  auto set = read_text(db, fmt::format("PRAGMA {}={}", setting.name, setting.value));
  if (!set) return core::pass(set);
  auto held = read_text(db, fmt::format("PRAGMA {}", setting.name));
  if (!held) return core::pass(held);
  if (*held == setting.expected) return {};
  return core::fail(core::Errc::internal, "a setting of the database does not hold",
                    fmt::format("PRAGMA {}={} reads {}", setting.name, setting.value, *held));
}

/// SQLite would create it readable by everybody whom the umask allows; its log takes its mode.
core::Result<void> create_private(const std::string& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return core::fail(core::Errc::io, "the database cannot be opened",
                      fmt::format("open {}: errno {}", file, errno));
  }
  ::close(fd);
  return {};
}

core::Result<void> configure(sqlite3* db, const HandleSettings& settings) {
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, static_cast<int>(settings.busy_timeout.count()));
  // A typing error in a column's name is an error, not a text; a file cannot run functions.
  for (const int off :
       {SQLITE_DBCONFIG_DQS_DML, SQLITE_DBCONFIG_DQS_DDL, SQLITE_DBCONFIG_TRUSTED_SCHEMA}) {
    sqlite3_db_config(db, off, 0, nullptr);
  }
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  if (settings.role == Role::inspector) return run_script(db, "PRAGMA query_only=1");
  if (settings.role == Role::reader) {
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  }

  const bool writer = settings.role == Role::writer;
  const std::string kept = std::to_string(settings.kept_log_bytes);
  const std::array all{
      // Memory mapping would turn a failed read into SIGBUS.
      Setting{"mmap_size", "0", "0"},
      // The switch deletes a rollback journal. EXTRA syncs the folder after that: a journal that
      // came back with the power would undo everything that was committed since.
      Setting{"synchronous", "EXTRA", "3"},
      Setting{"journal_mode", "WAL", "wal"},
      Setting{"synchronous", settings.sync_commits ? "FULL" : "NORMAL",
              settings.sync_commits ? "2" : "1"},
      Setting{"foreign_keys", "1", "1"},
      Setting{"temp_store", "MEMORY", "2"},
      // Only the writer checkpoints, and it does so by itself after a commit: with checkpoints of
      // several connections this SQLite may lose a commit (the WAL-reset bug).
      Setting{"wal_autocheckpoint", "0", "0"},
      Setting{"journal_size_limit", kept, kept},
      Setting{"cache_size", "-8000", "-8000"},
      Setting{"query_only", writer ? "0" : "1", writer ? "0" : "1"},
  };
  for (const Setting& setting : all) {
    if (auto done = apply(db, setting); !done) return done;
  }
  return {};
}
}  // namespace

core::Result<void> run_script(sqlite3* db, const char* sql) {
  const int code = sqlite3_exec(db, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected<core::Error>(error_of(code, db, sql));
  return {};
}

core::Result<std::string> read_text(sqlite3* db, const std::string& sql) {
  sqlite3_stmt* raw = nullptr;
  int code = sqlite3_prepare_v2(db, sql.c_str(), -1, &raw, nullptr);
  const Statement statement(raw);
  std::string text;
  bool first = true;
  // To the end: the switch to a write-ahead log commits after it has shown its row.
  while (code == SQLITE_OK || code == SQLITE_ROW) {
    code = sqlite3_step(raw);
    if (code == SQLITE_ROW && first && sqlite3_column_type(raw, 0) != SQLITE_NULL) {
      text = reinterpret_cast<const char*>(sqlite3_column_text(raw, 0));
    }
    first = false;
  }
  if (code == SQLITE_DONE) return text;
  return std::unexpected<core::Error>(error_of(code, db, sql));
}

/// SQLite's own count of its memory takes a lock of the whole process at each allocation, and
/// nobody reads it. Before the first connection of the process.
void configure_library() {
  static const bool done = [] {
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    tell_failed_reads_from_damage();
    return true;
  }();
  static_cast<void>(done);
}

core::Result<Handle> open_handle(const HandleSettings& settings) {
  configure_library();
  if (settings.role == Role::writer && settings.vfs == nullptr) {
    if (auto created = create_private(settings.file); !created) return core::pass(created);
  }
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
  if (settings.role == Role::writer) flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  if (settings.role == Role::reader) flags |= SQLITE_OPEN_READWRITE;
  if (settings.role == Role::inspector) flags |= SQLITE_OPEN_READONLY;
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(settings.file.c_str(), &opened, flags, settings.vfs);
  Handle handle(opened);
  if (code != SQLITE_OK) {
    return std::unexpected<core::Error>(error_of(code, opened, "open " + settings.file));
  }
  if (auto done = configure(opened, settings); !done) return core::pass(done);
  return handle;
}

}  // namespace gatehouse::database::sqlite
