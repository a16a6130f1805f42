#pragma once
/// Identities in memory: loaded on demand, replaced at once when they change.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/core/limit_set.hpp"
#include "gatehouse/core/task.hpp"
#include "gatehouse/crypto/digest.hpp"
#include "gatehouse/tenancy/records.hpp"

namespace gatehouse::tenancy {

/// A key with all that belongs to it, joined and with limits resolved (shared budgets, team-member
/// defaults, a temporary increase). Immutable, thread-safe.
struct Principal {
  std::shared_ptr<const KeyRecord> key;
  std::shared_ptr<const TeamRecord> team;                  ///< null without a team
  std::shared_ptr<const UserRecord> user;                  ///< null without a user row
  std::shared_ptr<const OrganizationRecord> organization;  ///< the key's, the team's, or "default"
  const TeamMember* member = nullptr;                      ///< of `team`

  core::LimitSet key_limits;
  core::LimitSet team_limits;
  core::LimitSet member_limits;
  core::LimitSet user_limits;
  core::LimitSet organization_limits;
  /// By model group, where the key or team has bounds for one.
  std::unordered_map<std::string, core::LimitSet> key_model_limits;
  std::unordered_map<std::string, core::LimitSet> team_model_limits;

  /// A limit ends then (temp_budget_increase): find it again. Also for callers' own copies.
  std::optional<core::WallTime> valid_until = {};
};

/// An end user or tag with resolved limits.
struct Subject {
  bool known = false;  ///< an administrator made a row for it
  bool blocked = false;
  std::optional<std::string> default_model;
  core::LimitSet limits;
};

/// Shared by all threads; thread-safe. What is in memory is answered without waiting; everything
/// else is asked of the database once, however many calls wait for it. An unknown key costs the
/// database nothing once the set of known hashes is loaded (in the background after the start).
class Directory {
 public:
  struct Lookup {
    enum class State : std::uint8_t {
      found,
      unknown,
      absent,  ///< not in memory: ask with the awaiting function
    } state = State::absent;
    std::shared_ptr<const Principal> principal = {};
  };
  struct SubjectLookup {
    bool loaded = false;
    std::shared_ptr<const Subject> subject = {};
  };
  virtual ~Directory() = default;

  /// Changes with every write to any identity; a caller's own copy of a result is good as long as
  /// the generation is the same.
  virtual std::uint64_t generation() const noexcept = 0;
  virtual Lookup find_key(const crypto::Sha256& hash) const = 0;
  virtual SubjectLookup find_end_user(std::string_view id) const = 0;
  virtual SubjectLookup find_tag(std::string_view name) const = 0;
  /// Principals in memory for which `wanted` is true, at most `most`, in no order. For
  /// metrics: looks at every one. `wanted` must ask nothing of the directory.
  virtual std::vector<std::shared_ptr<const Principal>> warm_principals(
      std::size_t most, const std::function<bool(const Principal&)>& wanted) const = 0;

  /// Blocking: loads what was absent into memory, so that the find functions answer. For a worker
  /// pool. Errc::unavailable when the database cannot be asked.
  virtual core::Result<void> load_key(const crypto::Sha256& hash) = 0;
  virtual core::Result<void> load_end_user(std::string_view id) = 0;
  virtual core::Result<void> load_tag(std::string_view name) = 0;
};

}  // namespace gatehouse::tenancy
