#pragma once
/// Takes entries out of the journals and brings them into the database, a batch at a time.

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/database/database.hpp"
#include "gatehouse/ledger/settler.hpp"
#include "journal_reader.hpp"
#include "open_calls.hpp"
#include "record.hpp"
#include "sums.hpp"

namespace gatehouse::ledger {

/// One thread. collect() and apply() alternate; apply() is repeated until it succeeds.
class Applier {
 public:
  Applier(database::Database& database, JournalReader& reader, std::size_t max_batch)
      : database_(database), reader_(reader), max_batch_(max_batch) {}

  /// Finds where earlier runs stopped, and what they left open.
  core::Result<void> load();
  /// Reads the next batch; false when there is nothing. `all`: of writers that are gone, too.
  core::Result<bool> collect(bool all);
  /// Brings the batch into the database in one transaction.
  core::Result<void> apply();
  /// Settles up to a batch of calls that earlier runs left open; how many.
  core::Result<std::size_t> close_left_over(core::WallTime now);

  using Positions = std::map<std::uint32_t, Position>;
  const Positions& applied() const noexcept { return applied_; }
  std::uint64_t pending_bytes() const;
  std::size_t open_calls() const noexcept { return open_.size(); }
  /// The figures that this class counts.
  const SettlerStatus& counted() const noexcept { return counted_; }

 private:
  struct Taken {
    std::uint64_t entries = 0;
    std::uint64_t undecodable = 0;
    std::uint64_t damaged = 0;
  };
  core::Result<void> check_start(const JournalReader::Stream& stream, Position stored) const;
  core::Result<void> take(const JournalReader::Stream& stream, Position at,
                          std::string_view payload);
  core::Result<void> write(database::Connection& connection, std::uint64_t& duplicates);
  core::Result<void> write_positions(database::Connection& connection) const;
  core::Result<void> close(database::Connection& connection, const std::string& call_id,
                           core::WallTime now, Sums& sums);

  database::Database& database_;
  JournalReader& reader_;
  const std::size_t max_batch_;
  std::vector<JournalReader::Stream> streams_;
  Positions applied_;
  Positions collected_;  // behind the batch
  OpenCalls open_;
  std::vector<std::string_view> settlements_;
  Taken taken_;
  RecordWriter records_;
  Decoder decoder_;
  SettlerStatus counted_;
};

}  // namespace gatehouse::ledger
