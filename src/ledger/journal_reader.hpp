#pragma once
/// The settler's side of the journals: entries in order, whole ones only, synced ones only.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "gatehouse/core/error.hpp"
#include "segment.hpp"

namespace gatehouse::ledger {

/// One reading thread.
class JournalReader {
 public:
  JournalReader() = default;
  JournalReader(const JournalReader&) = delete;
  JournalReader& operator=(const JournalReader&) = delete;
  virtual ~JournalReader() = default;

  struct Stream {
    std::uint32_t writer = 0;
    bool fresh = false;      ///< nothing of an earlier run was found
    Position first = 0;      ///< of the oldest segment that is there
    Position run_start = 0;  ///< entries from here on are of this run
  };
  virtual std::vector<Stream> streams() const = 0;

  using Visit = std::function<void(Position, std::string_view payload)>;
  struct Progress {
    Position next = 0;
    std::uint64_t damaged = 0;  ///< bytes that were passed over
  };
  /// Visits up to `limit` entries from `from` on. Payloads stay until release(). Errc::conflict
  /// when a segment is missing, Errc::io when one of this run is damaged.
  virtual core::Result<Progress> read(std::uint32_t writer, Position from, std::size_t limit,
                                      const Visit& visit) = 0;
  /// Nothing before `applied` is needed any more.
  virtual void release(std::uint32_t writer, Position applied) = 0;

  /// Behind the last entry appended.
  virtual Position appended(std::uint32_t writer) const = 0;
  virtual std::uint64_t pending_bytes(std::uint32_t writer, Position applied) const = 0;
  /// Syncs soon, not only at the next interval.
  virtual void request_sync() = 0;
};

}  // namespace gatehouse::ledger
