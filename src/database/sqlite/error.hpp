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
  explicit FatalLatch(std::function<void(const core::Error&)> on_fatal)
      : on_fatal_(std::move(on_fatal)) {}
  void close(const core::Error& error);
  bool closed() const noexcept { return closed_.load(std::memory_order_acquire); }
  /// Errc::io once closed.
  core::Result<void> check() const;

 private:
  std::function<void(const core::Error&)> on_fatal_;
  std::atomic<bool> closed_ = false;
};

}  // namespace gatehouse::database::sqlite
