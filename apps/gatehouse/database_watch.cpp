#include "database_watch.hpp"

#include <utility>

namespace gatehouse::app {

void DatabaseWatch::follow(database::DatabaseOptions& options) {
  options.on_failure = [this](const core::Error& error) {
    failures_.fetch_add(1, std::memory_order_relaxed);
    logger_.error("database_failed", {{"error", error}});
    tell({"database_failed", "Database Failing: a page could not be read"});
  };
  options.on_wal_alarm = [this](std::uint64_t bytes) {
    logger_.error("write_ahead_log_grows", {{"bytes", bytes}});
    tell({"write_ahead_log_grows", "Database Log Growing: " + std::to_string(bytes >> 20) +
                                       " MiB; somebody reads the file and does not end"});
  };
}

std::shared_ptr<void> DatabaseWatch::listen(Listener listener) {
  const std::scoped_lock lock(mutex_);
  listener_ = std::move(listener);
  return {this, [](DatabaseWatch* watch) {
            const std::scoped_lock end(watch->mutex_);
            watch->listener_ = {};
          }};
}

void DatabaseWatch::tell(const DatabaseTrouble& trouble) {
  const std::scoped_lock lock(mutex_);
  if (listener_) listener_(trouble);
}

void DatabaseWatch::collect(std::uint64_t log_bytes, telemetry::Exposition& out) const {
  out.begin("gatehouse_database_failures_total", "Statements that failed for the disk",
            telemetry::MetricType::counter);
  out.sample({}, static_cast<std::int64_t>(failures_.load(std::memory_order_relaxed)));
  out.begin("gatehouse_database_log_bytes", "Size of the database's write-ahead log",
            telemetry::MetricType::gauge);
  out.sample({}, static_cast<std::int64_t>(log_bytes));
}

}  // namespace gatehouse::app
