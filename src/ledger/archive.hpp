#pragma once
/// Old call records leave the database for files, one per day.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/database/database.hpp"

namespace gatehouse::ledger {

/// Moves whole days (UTC, of the calls' start) whose end is older than the retention into
/// FOLDER/call_record-YYYY-MM-DD.jsonl. A record is in the file, synced, before its row is deleted;
/// how much of the file counts is in archive_file, changed together with the rows, so that each
/// record is there once wherever a crash comes between. Records that wait for reconciliation stay.
/// One thread.
class Archive {
 public:
  static constexpr std::size_t kBatch = 500;

  Archive(database::Database& database, std::string folder, core::Seconds retention)
      : database_(database), folder_(std::move(folder)), retention_(retention) {}

  /// Moves at most one batch of one day; how many. Errc::io: the disk failed; others: later.
  core::Result<std::size_t> step(core::WallTime now);

 private:
  struct Batch {
    std::string lines;
    std::vector<std::int64_t> rows;  // seq
    std::int64_t file_bytes = 0;
  };
  core::Result<Batch> read(core::WallTime day, const std::string& name) const;
  core::Result<void> remove(const Batch& batch, const std::string& name, std::int64_t bytes);

  database::Database& database_;
  std::string folder_;
  core::Seconds retention_;
};

}  // namespace gatehouse::ledger
