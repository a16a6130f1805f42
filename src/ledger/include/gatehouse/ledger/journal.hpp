#pragma once
/// The durability of the hot path: per thread, append-only, in memory-mapped segments. What was
/// appended survives the end of the process by any means; `durable()` waits until it survives a
/// power failure, too. See docs/adr.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/ledger/entry.hpp"

namespace gatehouse::ledger {

enum class Durability : std::uint8_t {
  process,  ///< survives kill -9; synced within sync_interval
  power,    ///< an answer waits for the sync
};

struct JournalOptions {
  std::string folder;                                     ///< created when missing
  std::uint64_t segment_bytes = std::uint64_t{64} << 20;  ///< 128 KiB to 2 GiB
  Durability durability = Durability::process;
  core::Millis sync_interval{20};
  /// Called once, on any thread, when a write or sync failed: the process must not acknowledge
  /// anything more and has to end.
  std::function<void(const core::Error&)> on_fatal = {};
};

/// One writer thread's journal: reserve(), dispatch() and settle() on that thread alone, the rest
/// on any. After a failed sync every call is Errc::io.
class Journal {
 public:
  virtual ~Journal() = default;

  /// Errc::unavailable when there is no room for it and for its settlement (the disk is full); it
  /// heals by itself. Errc::too_large above the bounds of entry.hpp. Nothing may go upstream
  /// without it. Again for a call that is open: the new amount and periods take the place of the
  /// old.
  virtual core::Result<void> reserve(const ReservationEntry& entry) = 0;
  /// The call is about to leave. Room was kept by reserve(); without an open reservation, and after
  /// the first time for a call, it does nothing.
  virtual void dispatch(std::string_view call_id) = 0;
  /// Room was kept by reserve(). A settlement without a reservation (a refusal) is
  /// Errc::unavailable when the disk is full.
  virtual core::Result<void> settle(const SettlementEntry& entry) = 0;

  /// Position behind the last entry, for when_durable(). Increases for ever, not by bytes alone.
  virtual std::uint64_t position() const = 0;
  /// Calls `done` on a thread of the journal's once everything before `position` is synced; at once
  /// and on the calling thread when it is already. Never after a failed sync: what is not known to
  /// be on the disk is not acknowledged, and the process ends.
  virtual void when_durable(std::uint64_t position, std::function<void()> done) = 0;
};

class JournalReader;

/// All journals of a data folder, their sync thread, and what recovery left to read.
class JournalSet {
 public:
  /// Opens segments that an earlier run left (also of more threads than now) for the settler, and
  /// starts new ones for `writers` threads. Blocking. Errc::io, Errc::unavailable (no space),
  /// Errc::conflict (another process has the folder, or a segment is missing in the middle).
  /// The set outlives its settler, and is ended after its writers' threads.
  static core::Result<std::unique_ptr<JournalSet>> open(JournalOptions options,
                                                        std::size_t writers);
  virtual ~JournalSet() = default;

  virtual Journal& writer(std::size_t index) = 0;
  virtual std::size_t writers() const = 0;
  /// For the settler.
  virtual JournalReader& reader() = 0;
};

}  // namespace gatehouse::ledger
