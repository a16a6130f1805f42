#pragma once
/// One administrative change: a transaction, its row in the audit log, and what the directory has
/// to hear of it.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/tenancy/store.hpp"
#include "row_io.hpp"

namespace gatehouse::tenancy {

/// What one row of the audit log says.
struct AuditEntry {
  std::string_view action;
  std::string_view table_name;
  std::string_view object_id;
  std::string before = "null";
  std::string after = "null";
};

/// The state of a running write. Lives on the stack of write().
struct Writing {
  database::Connection& db;
  const StoreContext& context;
  const Actor& actor;
  core::WallTime now;
  Changes& changes;
  std::shared_ptr<const Policy> policy;

  Provenance created() const { return {now, now, actor.user_id, actor.user_id}; }
  void touch(Provenance& provenance) const {
    provenance.updated_at = now;
    provenance.updated_by = actor.user_id;
  }
  core::Result<void> audit(const AuditEntry& entry) const;

  template <class Record>
  core::Result<void> insert(const Record& record, std::string_view id) const {
    if (auto done = insert_row(db, record); !done) return done;
    return audit({"created", Table<Record>::kName, id, "null", audit_text(record)});
  }
  template <class Record>
  core::Result<void> update(const Record& before, const Record& after, std::string_view id,
                            std::string_view action = "updated") const {
    if (auto done = update_row(db, after, id); !done) return done;
    return audit({action, Table<Record>::kName, id, audit_text(before), audit_text(after)});
  }
  template <class Record>
  core::Result<void> remove(const Record& record, std::string_view id) const {
    if (auto done = delete_row<Record>(db, id); !done) return done;
    return audit({"deleted", Table<Record>::kName, id, audit_text(record), "null"});
  }
};

/// Runs `work(Writing&)` as one transaction, then tells the directory, also after a failure: a
/// commit whose acknowledgement was lost must not leave an old record behind.
template <class Work>
auto write(const StoreContext& context, const Actor& actor, Work work) {
  Changes changes;
  auto outcome = context.database.write([&](database::Connection& db) {
    changes = {};
    Writing writing{db, context, actor, context.clock.wall(), changes, context.policy.now()};
    return work(writing);
  });
  context.directory.apply(changes);
  return outcome;
}

/// True when the query has a row.
core::Result<bool> exists(database::Connection& db, std::string_view sql,
                          std::initializer_list<database::Value> values);
/// The first column of all rows.
core::Result<std::vector<std::string>> texts(database::Connection& db, std::string_view sql,
                                             std::initializer_list<database::Value> values);

/// Errc::invalid_argument for an id or name that is empty, longer than 256 bytes, not UTF-8, or
/// has control characters.
core::Result<void> check_name(std::string_view text, std::string_view what);
/// The same for an optional one.
core::Result<void> check_given_name(const Patch<std::string>& patch, std::string_view what);
/// Errc::invalid_argument when a shared budget is named that does not exist.
core::Result<void> check_budget_exists(database::Connection& db, const LimitTerms& terms);

/// Offset of a page. Errc::invalid_argument.
core::Result<std::int64_t> offset_of(const Page& page);

void add_all(std::vector<std::string>& to, const std::vector<std::string>& from);

}  // namespace gatehouse::tenancy
