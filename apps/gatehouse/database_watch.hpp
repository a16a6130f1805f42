#pragma once
/// What the database tells of itself: pages that cannot be read, and a log that grows.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "gatehouse/database/database.hpp"
#include "gatehouse/telemetry/exposition.hpp"
#include "gatehouse/telemetry/log.hpp"

namespace gatehouse::app {

struct DatabaseTrouble {
  std::string_view event;  ///< "database_failed", "write_ahead_log_grows"
  std::string message;     ///< one sentence for people
};

/// Counts and logs troubles, and tells whoever listens. Thread-safe; `logger` outlives it, and it
/// the database.
class DatabaseWatch {
 public:
  using Listener = std::function<void(const DatabaseTrouble&)>;

  explicit DatabaseWatch(telemetry::Logger& logger) : logger_(logger) {}
  DatabaseWatch(const DatabaseWatch&) = delete;
  DatabaseWatch& operator=(const DatabaseWatch&) = delete;

  /// Before the database is opened with them.
  void follow(database::DatabaseOptions& options);
  /// `listener` is called on any thread, one at a time, until the value returned is gone; it must
  /// not call the database. One at most listens.
  std::shared_ptr<void> listen(Listener listener);
  /// gatehouse_database_failures_total, gatehouse_database_log_bytes.
  void collect(std::uint64_t log_bytes, telemetry::Exposition& out) const;

 private:
  void tell(const DatabaseTrouble& trouble);

  telemetry::Logger& logger_;
  std::atomic<std::uint64_t> failures_{0};
  std::mutex mutex_;
  Listener listener_;
};

}  // namespace gatehouse::app
