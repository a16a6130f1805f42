#include "gatehouse/tenancy/audit_log.hpp"

#include <array>

#include "listing_support.hpp"

namespace gatehouse::tenancy {
namespace {

constexpr std::array<database::Choice, 4> kSorts{{
    {"updated_at", "updated_at_ns"},
    {"changed_by", "changed_by"},
    {"action", "action"},
    {"table_name", "table_name"},
}};

AuditRow read_audit(const database::Row& row) {
  AuditRow audit;
  RowReader reader(row);
  reader.field("id", audit.id);
  reader.field("updated_at_ns", audit.at);
  reader.field("changed_by", audit.changed_by);
  reader.field("changed_by_api_key", audit.changed_by_api_key);
  reader.field("action", audit.action);
  reader.field("table_name", audit.table_name);
  reader.field("object_id", audit.object_id);
  reader.json("before_value", audit.before_value);
  reader.json("after_value", audit.after_value);
  return audit;
}

std::int64_t nanos(core::WallTime time) {
  return time.time_since_epoch().count();
}

}  // namespace

core::Result<AuditRow> AuditLog::find(std::string_view id) const {
  return context_.database.read([&](database::Connection& db) -> core::Result<AuditRow> {
    std::optional<AuditRow> found;
    auto done = db.query("SELECT * FROM audit_log WHERE id = ?", {id},
                         [&](const database::Row& row) -> core::Result<void> {
                           found = read_audit(row);
                           return {};
                         });
    if (!done) return core::pass(done);
    if (!found) return missing("Audit log", id);
    return *std::move(found);
  });
}

core::Result<Listing<AuditRow>> AuditLog::list(const AuditFilter& filter, const Page& page,
                                               const Sort& sort) const {
  return context_.database.read([&](database::Connection& db) {
    database::Select select("*", "audit_log");
    select.where_if("changed_by = ?", filter.changed_by);
    select.where_if("action = ?", filter.action);
    select.where_if("table_name = ?", filter.table_name);
    select.where_if("object_id = ?", filter.object_id);
    if (filter.from) select.where("updated_at_ns >= ?", nanos(*filter.from));
    if (filter.until) select.where("updated_at_ns < ?", nanos(*filter.until));
    return list_page<AuditRow>(db, std::move(select), {kSorts, "id"}, page, sort, read_audit);
  });
}

}  // namespace gatehouse::tenancy
