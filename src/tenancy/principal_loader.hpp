#pragma once
/// Joins a key with what belongs to it and resolves its limits.

#include <memory>
#include <string>
#include <string_view>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/database/connection.hpp"
#include "gatehouse/tenancy/database_directory.hpp"
#include "gatehouse/tenancy/directory.hpp"
#include "record_cache.hpp"

namespace gatehouse::tenancy {

/// What principals and subjects share. Thread-safe.
struct RecordCaches {
  RecordCache<TeamRecord> teams;
  RecordCache<UserRecord> users;
  RecordCache<OrganizationRecord> organizations;
  RecordCache<BudgetRecord> budgets;
};

/// One load, within one read transaction. Used by one thread.
class PrincipalLoader {
 public:
  PrincipalLoader(RecordCaches& caches, database::Connection& db, core::WallTime now);

  /// Null when there is no such key.
  core::Result<std::shared_ptr<const Principal>> principal(const std::string& token);
  /// Null when there is no such row. `defaults` stand in for absent values.
  core::Result<std::shared_ptr<const Subject>> end_user(const std::string& id,
                                                        const LimitTerms& defaults);
  core::Result<std::shared_ptr<const Subject>> tag(const std::string& name);
  /// `terms` completed by the budget that they name.
  core::Result<LimitTerms> resolved(const LimitTerms& terms);

  /// All ids that the result depends on.
  Changes used() const;
  /// Makes the records visible; returns the tickets of all that the result depends on.
  Tickets publish();

 private:
  core::Result<std::optional<KeyRecord>> key(const std::string& token);
  core::Result<void> join(Principal& principal);
  core::Result<void> join_member(Principal& principal);
  core::Result<void> resolve_key(Principal& principal);
  core::Result<void> resolve_others(Principal& principal);

  database::Connection& db_;
  core::WallTime now_;
  RecordLookup<TeamRecord> teams_;
  RecordLookup<UserRecord> users_;
  RecordLookup<OrganizationRecord> organizations_;
  RecordLookup<BudgetRecord> budgets_;
  Changes used_;
};

}  // namespace gatehouse::tenancy
