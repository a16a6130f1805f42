#pragma once
/// Who changed what. Rows are written by the stores, in the transaction of the change; there is
/// no function that changes or removes one.

#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/tenancy/store.hpp"

namespace gatehouse::tenancy {

struct AuditRow {
  std::string id;
  core::WallTime at{};
  std::string changed_by;
  std::string changed_by_api_key;  ///< hash; empty for the master key
  std::string action;      ///< created, updated, deleted, blocked, unblocked, regenerated, rotated
  std::string table_name;  ///< "virtual_key", "team", …; "encryption_key" (no table)
  std::string object_id;
  std::string before_value;  ///< JSON object, "null" for a creation; never a secret
  std::string after_value;   ///< JSON object, "null" for a removal
};

struct AuditFilter {
  std::optional<std::string> changed_by = {};
  std::optional<std::string> action = {};
  std::optional<std::string> table_name = {};
  std::optional<std::string> object_id = {};
  std::optional<core::WallTime> from = {};
  std::optional<core::WallTime> until = {};  ///< exclusive
};

class AuditLog {
 public:
  explicit AuditLog(const StoreContext& context) : context_(context) {}

  core::Result<AuditRow> find(std::string_view id) const;
  /// Sorts by updated_at, changed_by, action, table_name.
  core::Result<Listing<AuditRow>> list(const AuditFilter& filter, const Page& page,
                                       const Sort& sort = {}) const;

 private:
  const StoreContext& context_;
};

}  // namespace gatehouse::tenancy
