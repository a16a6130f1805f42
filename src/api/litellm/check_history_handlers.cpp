#include <algorithm>
#include <utility>

#include "admin/field_errors.hpp"
#include "admin/json_writer.hpp"
#include "admin/query_reader.hpp"
#include "litellm/check_handlers.hpp"
#include "litellm/check_json.hpp"

namespace gatehouse::api::litellm {

using gateway::CheckHistory;

admin::Answer check_history(const admin::AdminRequest& request, ControlPlane& control) {
  admin::FieldErrors errors;
  admin::QueryReader query(request.query, errors);
  const std::string model = query.text("model").value_or("");
  const auto status = query.choice("status_filter", {"healthy", "unhealthy"});
  const std::uint64_t limit = query.count("limit", 100, {1, CheckHistory::kMost});
  const std::uint64_t offset = query.count("offset", 0, {0, UINT32_MAX});
  if (!errors.empty()) return errors.answer();
  std::vector<CheckHistory::Entry> entries;
  if (control.checks != nullptr) entries = control.checks->all();
  std::erase_if(entries, [&](const CheckHistory::Entry& entry) {
    if (!model.empty() && entry.outcome.model_group != model && entry.outcome.model_id != model) {
      return true;
    }
    return status && entry.outcome.healthy != (*status == "healthy");
  });
  admin::JsonWriter out;
  out.begin_object().key("health_checks").begin_array();
  for (std::size_t i = offset; i < entries.size() && i < offset + limit; ++i) {
    write_check(out, entries[i]);
  }
  out.end_array()
      .member("total_records", entries.size())
      .member("limit", limit)
      .member("offset", offset)
      .end_object();
  return admin::ok(std::move(out).take());
}

admin::Answer latest_checks(const admin::AdminRequest&, ControlPlane& control) {
  std::map<std::string, CheckHistory::Entry> latest;
  if (control.checks != nullptr) latest = control.checks->latest();
  admin::JsonWriter out;
  out.begin_object().key("latest_health_checks").begin_object();
  for (const auto& [id, entry] : latest) {
    out.key(id);
    write_check(out, entry);
  }
  out.end_object().member("total_models", latest.size()).end_object();
  return admin::ok(std::move(out).take());
}

}  // namespace gatehouse::api::litellm
