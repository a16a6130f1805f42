#include "sqlite/error.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>

namespace gatehouse::database::sqlite {

namespace {
constexpr std::size_t kLongestStep = 300;

/// A disk or a quota that is full, which SQLite reports as a failed write when the system's code
/// is not ENOSPC, or when it was the shared index of the log that could not grow.
bool is_out_of_space(int code, sqlite3* db) {
  if ((code & 0xff) == SQLITE_FULL) return true;
  if (code != SQLITE_IOERR_WRITE && code != SQLITE_IOERR_SHMSIZE && code != SQLITE_IOERR_TRUNCATE) {
    return false;
  }
  const int reason = db == nullptr ? 0 : sqlite3_system_errno(db);
  return reason == ENOSPC || reason == EDQUOT || reason == EFBIG;
}

struct Words {
  core::Errc code;
  const char* text;
  bool retryable;
};

Words words_for(int code, sqlite3* db) {
  if (is_out_of_space(code, db)) {
    return {core::Errc::unavailable, "the disk of the database is full", true};
  }
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return {core::Errc::unavailable, "the database is busy", true};
    case SQLITE_CONSTRAINT:
      return {core::Errc::conflict, "the data conflicts with what is stored", false};
    case SQLITE_INTERRUPT:
      return {core::Errc::deadline_exceeded, "the query took too long", false};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {core::Errc::io, "the database is damaged", false};
    case SQLITE_IOERR:
      // What could not be read was not changed.
      return {core::Errc::io, "the disk of the database failed",
              code == SQLITE_IOERR_READ || code == SQLITE_IOERR_SHORT_READ};
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_NOLFS:
      return {core::Errc::io, "the disk of the database failed", false};
    case SQLITE_TOOBIG:
      return {core::Errc::too_large, "a value is too large for the database", false};
    case SQLITE_NOMEM:
      return {core::Errc::unavailable, "the database has no memory", true};
    default:
      return {core::Errc::internal, "the database refused a statement", false};
  }
}
}  // namespace

core::Error error_of(int code, sqlite3* db, std::string_view step) {
  const Words words = words_for(code, db);
  // Another call may have come between; its text would be of something else.
  const bool same = db != nullptr && sqlite3_extended_errcode(db) == code;
  core::Error error{words.code, words.text};
  error.internal_detail = fmt::format(
      "sqlite {} ({}), system {}: {}", code, same ? sqlite3_errmsg(db) : sqlite3_errstr(code),
      db == nullptr ? 0 : sqlite3_system_errno(db), step.substr(0, kLongestStep));
  error.retryable = words.retryable;
  return error;
}

bool is_fatal(int code, sqlite3* db) {
  constexpr std::array kFatal{SQLITE_IOERR_FSYNC,    SQLITE_IOERR_WRITE,     SQLITE_IOERR_DIR_FSYNC,
                              SQLITE_IOERR_TRUNCATE, SQLITE_IOERR_CORRUPTFS, SQLITE_IOERR_DATA,
                              SQLITE_IOERR_CLOSE};
  if (is_out_of_space(code, db)) return false;
  if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB) return true;
  for (const int fatal : kFatal) {
    if (code == fatal) return true;
  }
  return false;
}

void FatalLatch::judge(int code, sqlite3* db, const core::Error& error) {
  if (is_fatal(code, db)) {
    close(error);
  } else if (error.code == core::Errc::io && on_failure_) {
    on_failure_(error);
  }
}

void FatalLatch::close(const core::Error& error) {
  if (closed_.exchange(true, std::memory_order_acq_rel)) return;
  if (on_fatal_) on_fatal_(error);
}

core::Result<void> FatalLatch::check() const {
  if (closed()) {
    return core::fail(core::Errc::io, "the disk of the database failed",
                      "refused after an earlier failure of the disk");
  }
  return {};
}

}  // namespace gatehouse::database::sqlite
