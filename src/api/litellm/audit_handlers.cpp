/// Who changed what.

#include "litellm/audit_handlers.hpp"

#include <utility>

#include "admin/json_writer.hpp"
#include "admin/query_reader.hpp"
#include "gatehouse/tenancy/audit_log.hpp"
#include "litellm/rights.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::AdminRequest;
using admin::Answer;
using admin::FieldErrors;
using admin::QueryReader;

void write_row(admin::JsonWriter& out, const tenancy::AuditRow& row) {
  out.begin_object()
      .member("id", row.id)
      .member("updated_at", row.at)
      .member("changed_by", row.changed_by)
      .member("changed_by_api_key", row.changed_by_api_key)
      .member("action", row.action)
      .member("table_name", row.table_name)
      .member("object_id", row.object_id)
      .member_raw("before_value", row.before_value)
      .member_raw("updated_values", row.after_value)
      .end_object();
}

}  // namespace

Answer list_audit_log(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  QueryReader query(request.query, errors);
  const tenancy::Page page{query.count("page", 1, {1, UINT32_MAX}),
                           query.count("page_size", 10, {1, 100})};
  const tenancy::AuditFilter filter{.changed_by = query.text("changed_by"),
                                    .action = query.text("action"),
                                    .table_name = query.text("table_name"),
                                    .object_id = query.text("object_id"),
                                    .from = query.time("start_date"),
                                    .until = query.time("end_date")};
  const auto order = query.choice("sort_order", {"asc", "desc"});
  const tenancy::Sort sort{query.text("sort_by").value_or(""), order != "asc"};
  if (!errors.empty()) return errors.answer();
  const auto rows = tenancy::AuditLog(control.stores).list(filter, page, sort);
  if (!rows) return refuse_store(rows.error());
  admin::JsonWriter out;
  out.begin_object().key("audit_logs").begin_array();
  for (const tenancy::AuditRow& row : rows->items) write_row(out, row);
  out.end_array()
      .member("total", rows->total)
      .member("page", page.number)
      .member("page_size", page.size)
      .member("total_pages", (rows->total + page.size - 1) / page.size)
      .end_object();
  return admin::ok(std::move(out).take());
}

Answer audit_log_entry(const AdminRequest& request, ControlPlane& control) {
  const auto row = tenancy::AuditLog(control.stores).find(request.parameters.front());
  if (!row) return refuse_store(row.error(), admin::type::kNotFound, "id");
  admin::JsonWriter out;
  write_row(out, *row);
  return admin::ok(std::move(out).take());
}

}  // namespace gatehouse::api::litellm
