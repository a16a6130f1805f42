#pragma once
/// The Directory over the database, and how writers tell it of a change.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/database/database.hpp"
#include "gatehouse/tenancy/directory.hpp"

namespace gatehouse::tenancy {

/// What a committed transaction has touched, by id (keys by hash). Rows that were made or removed
/// are named, too.
struct Changes {
  std::vector<std::string> keys = {};
  std::vector<std::string> teams = {};
  std::vector<std::string> users = {};
  std::vector<std::string> organizations = {};
  std::vector<std::string> budgets = {};
  std::vector<std::string> end_users = {};
  std::vector<std::string> tags = {};
};

/// Told after each commit, before the writer's caller learns that it succeeded. Thread-safe.
class DirectoryUpdates {
 public:
  virtual ~DirectoryUpdates() = default;
  virtual void apply(const Changes& changes) = 0;
};

/// What stands in for end users without a budget of their own.
struct EndUserDefaults {
  std::optional<std::string> budget_id = {};   ///< a stored budget (max_end_user_budget_id)
  std::optional<core::Money> max_budget = {};  ///< an amount for ever (max_end_user_budget)
  bool operator==(const EndUserDefaults&) const = default;
};

struct DirectoryOptions {
  /// Principals kept in memory; beyond that, those not asked for lately go. About 2.2 KiB each.
  std::size_t max_principals = 80'000;
  /// End users and tags with a row, likewise; each at most this many.
  std::size_t max_subjects = 100'000;
  /// Answers "unknown" that had to be asked of the database, each at most this many.
  std::size_t max_unknown = 65'536;
  EndUserDefaults end_users = {};
  /// Reads the set of known ids on a thread of its own from the start. Off: load_known() does.
  bool load_in_background = true;
};

/// A key costs the database one read when it is first seen; an unknown one nothing, once the set
/// of known hashes (8 to 16 bytes each) is complete. A change drops what depends on it: the next
/// call loads it anew, so no stale record is ever found after the writer has returned.
class DatabaseDirectory : public Directory, public DirectoryUpdates {
 public:
  struct Counts {
    std::size_t principals = 0;
    std::size_t known_keys = 0;
    std::uint64_t loads = 0;  ///< reads of the database, of all kinds
    bool known_complete = false;
  };
  /// Blocking; stops early when the directory ends. Errc::unavailable or io of the database.
  virtual core::Result<void> load_known() = 0;
  virtual Counts counts() const = 0;
  /// Later calls see the new defaults; so do end users that are in memory.
  virtual void set_end_user_defaults(const EndUserDefaults& defaults) = 0;
};

/// `database` and `clock` outlive it.
std::unique_ptr<DatabaseDirectory> make_directory(database::Database& database,
                                                  const core::Clock& clock,
                                                  DirectoryOptions options = {});

}  // namespace gatehouse::tenancy
