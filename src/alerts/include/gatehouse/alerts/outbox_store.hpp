#pragma once
/// Where alerts are kept until they are delivered, so that the end of the process loses none.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/alerts/channel.hpp"
#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/error.hpp"

namespace gatehouse::alerts {

struct KeptClaim {
  std::string subject;
  core::WallTime claimed_at{};
  core::WallTime until{};
};

/// One alert for one address.
struct KeptAlert {
  std::string event_id;
  std::string channel;  ///< Channel::fingerprint()
  ChannelKind kind = ChannelKind::webhook;
  std::string body;
  core::WallTime created_at{};
  std::uint32_t tries = 0;
  core::WallTime next_try_at{};
};

/// Which KeptAlert.
struct AlertRow {
  std::string event_id;
  std::string channel;
};

/// An alert that was not taken.
struct Untaken {
  AlertRow row;
  std::uint32_t tries = 0;  ///< in all
  core::WallTime at{};
  std::optional<core::WallTime> next_try_at = {};  ///< nothing: it failed for good
  std::string reason = {};
};

/// What happened since the last write.
struct OutboxChanges {
  std::vector<KeptClaim> claims = {};
  std::vector<KeptAlert> added = {};
  std::vector<AlertRow> removed = {};  ///< delivered, or nobody waits for them
  std::vector<Untaken> untaken = {};

  bool empty() const {
    return claims.empty() && added.empty() && removed.empty() && untaken.empty();
  }
};

struct KeptState {
  std::vector<KeptClaim> claims;   ///< in the order of their times
  std::vector<KeptAlert> waiting;  ///< in the order of their times
};

/// Blocking; one thread at a time. A failure changes nothing and may be over the next time.
class OutboxStore {
 public:
  virtual ~OutboxStore() = default;
  virtual core::Result<KeptState> load() = 0;
  /// All of it or nothing.
  virtual core::Result<void> apply(const OutboxChanges& changes) = 0;
  /// Forgets what nobody needs any more: old failures and claims.
  virtual core::Result<void> expire(core::WallTime now) = 0;
};

}  // namespace gatehouse::alerts
