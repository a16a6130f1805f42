#pragma once
/// From the journals to the database: each entry counts exactly once.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/database/database.hpp"
#include "gatehouse/ledger/journal.hpp"

namespace gatehouse::ledger {

struct SettlerOptions {
  core::Millis interval{50};       ///< longest wait before new entries are applied
  std::size_t max_batch = 10'000;  ///< entries per transaction
  core::Seconds retention{0};      ///< age of call records that are archived; 0: kept for ever
  std::string archive_folder;      ///< created when missing; empty: nothing is archived or deleted
  /// Called once, on any thread: an entry could not be applied, and the process has to end.
  std::function<void(const core::Error&)> on_fatal = {};
};

struct SettlerStatus {
  std::uint64_t applied = 0;        ///< entries since the start
  std::uint64_t pending_bytes = 0;  ///< appended, not yet applied
  std::uint64_t open_reservations = 0;
  std::uint64_t unknown = 0;        ///< settlements of this start's recovery at the reserved amount
  std::uint64_t voided = 0;         ///< reservations of this start's recovery that never left
  std::uint64_t duplicates = 0;     ///< settlements of calls that were settled already: ignored
  std::uint64_t undecodable = 0;    ///< entries with a right checksum and a wrong content: ignored
  std::uint64_t damaged_bytes = 0;  ///< of segments of earlier runs that hold no valid frame
  std::uint64_t retries = 0;        ///< batches that the database could not take at once
  std::uint64_t archived = 0;       ///< call records moved to the archive
};

class Settler {
 public:
  /// Applies everything that earlier runs left, settles their open reservations (dispatched: as
  /// unknown at the reserved amount, listed for reconciliation; else void), then starts its thread.
  /// To be called before the first request is served. Errc::conflict when the database is older
  /// than the journal (entries between them are gone); else the database's failure.
  static core::Result<std::unique_ptr<Settler>> start(database::Database& database,
                                                      JournalSet& journals,
                                                      const core::Clock& clock,
                                                      SettlerOptions options);
  virtual ~Settler() = default;  ///< applies what is there, then joins

  /// Blocks until everything appended before the call is applied, at most `patience`:
  /// Errc::unavailable. Any thread but a loop's.
  virtual core::Result<void> flush(core::Millis patience) = 0;
  virtual SettlerStatus status() const = 0;
};

}  // namespace gatehouse::ledger
