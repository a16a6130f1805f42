#pragma once
/// SQLite's result codes in words of the domain.

#include <sqlite3.h>

#include <atomic>
#include <functional>
#include <string_view>

#include "gatehouse/core/error.hpp"

namespace gatehouse::database::sqlite {

/// The failure `code` (an extended result code) of the latest call on `db`, which may be null.
/// `step` says what was tried, for the log.
core::Error error_of(int code, sqlite3* db, std::string_view step);

/// After these the state on the disk is unknown: a failed write or sync, a damaged file. A full
/// disk is not among them. `db` tells a quota from a failing disk.
bool is_fatal(int code, sqlite3* db);

/// Tells the server once that it has to end, and refuses everything afterwards. Thread-safe.
class FatalLatch {
 public:
  using Told = std::function<void(const core::Error&)>;

  /// Each may be empty; `on_failure` hears of every failure of the disk that is not fatal.
  explicit FatalLatch(Told on_fatal, Told on_failure = {})
      : on_fatal_(std::move(on_fatal)), on_failure_(std::move(on_failure)) {}
  /// What `error`, made of `code`, means for the server.
  void judge(int code, sqlite3* db, const core::Error& error);
  void close(const core::Error& error);
  bool closed() const noexcept { return closed_.load(std::memory_order_acquire); }
  /// Errc::io once closed.
  core::Result<void> check() const;

 private:
  Told on_fatal_;
  Told on_failure_;
  std::atomic<bool> closed_ = false;
};

}  // namespace gatehouse::database::sqlite
