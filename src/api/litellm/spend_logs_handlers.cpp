/// The call log: whole, and by pages.

#include <algorithm>
#include <memory>
#include <utility>

#include "admin/iso_time.hpp"
#include "litellm/spend_handlers.hpp"
#include "litellm/spend_log_row.hpp"
#include "litellm/spend_scope.hpp"
#include "litellm/spend_summary.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::AdminRequest;
using admin::Answer;
using admin::FieldErrors;
using admin::JsonWriter;
using admin::Outcome;
using admin::QueryReader;
using ledger::SpendQueries;

/// Rows of the whole log that are in memory at a time.
constexpr std::uint64_t kPart = 500;

Answer bad_request(std::string_view message) {
  return admin::refuse(400, message, "bad_request");
}

/// Reads on where the part before ended.
class LogReader {
 public:
  LogReader(const SpendQueries& queries, ledger::CallFilter filter)
      : queries_(queries), filter_(std::move(filter)) {}

  /// Rows as elements of a JSON list, the brackets included; empty behind the last part.
  core::Result<std::string> next() {
    if (done_) return std::string();
    auto calls = queries_.newest(filter_, before_, kPart);
    if (!calls) return core::pass(calls);
    JsonWriter out;
    out.begin_array();
    for (const ledger::LoggedCall& call : *calls) write_log_row(out, call);
    std::string text = std::move(out).take();
    if (before_) text.front() = ',';  // goes on within the list
    done_ = calls->size() < kPart;
    if (!calls->empty()) before_ = {calls->back().started_at, calls->back().seq};
    if (done_) text = before_ && text == "," ? "]" : text + "]";
    return text;
  }

 private:
  const SpendQueries& queries_;
  ledger::CallFilter filter_;
  std::optional<SpendQueries::Cursor> before_;
  bool done_ = false;
};

/// As in the original, one filter applies and the end is the midnight before its day.
Outcome<ledger::CallFilter> whole_log_filter(const AdminRequest& request, ControlPlane& control,
                                             const QueryReader& query) {
  ledger::CallFilter filter;
  filter.api_key = key_hash(query, "api_key");
  if (!filter.api_key) filter.request_id = query.text("request_id");
  if (!filter.api_key && !filter.request_id) filter.user_id = query.text("user_id");
  for (auto [name, bound] : {std::pair{"start_date", &filter.from}, {"end_date", &filter.until}}) {
    const auto text = query.text(name);
    if (!text) continue;
    *bound = admin::parse_iso_time(*text);
    if (!*bound) return std::unexpected(bad_request(std::string(name) + " is no date"));
  }
  const auto own = keep_to_own(request, control, filter);
  if (!own) return std::unexpected(own.error());
  add_other_hashes(control, filter);
  return filter;
}

Answer rows(const SpendQueries& queries, ledger::CallFilter filter) {
  auto reader = std::make_shared<LogReader>(queries, std::move(filter));
  auto first = reader->next();
  if (!first) return refuse_question(first.error());
  return {200, std::move(*first), [reader] { return reader->next(); }};
}

// --- pages ------------------------------------------------------------------------------------

/// "2026-01-05 10:00:00"; a date alone is its beginning, as an end the end of its day.
Outcome<core::WallTime> bound_of(const QueryReader& query, const char* name, bool end) {
  const auto text = query.text(name);
  if (!text || text->empty()) {
    return std::unexpected(bad_request("Start date and end date are required"));
  }
  if (const auto date = admin::parse_iso_date(*text)) {
    return end ? *date + std::chrono::days(1) : *date;
  }
  const auto time = admin::parse_iso_time(*text);
  if (!time) {
    return std::unexpected(bad_request(std::string(name) + " must look like 2026-01-31 23:59:59"));
  }
  return end ? *time + core::Nanos(1) : *time;
}

Outcome<std::optional<std::int64_t>> error_code(const QueryReader& query) {
  const auto text = query.text("error_code");
  if (!text || text->empty()) return std::nullopt;
  const bool digits =
      text->size() == 3 && std::ranges::all_of(*text, [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return std::unexpected(bad_request("error_code must be a status such as 429"));
  return std::stoll(*text);
}

Outcome<ledger::CallFilter> page_filter(const AdminRequest& request, ControlPlane& control,
                                        QueryReader& query) {
  ledger::CallFilter filter;
  const auto from = bound_of(query, "start_date", false);
  if (!from) return std::unexpected(from.error());
  const auto until = bound_of(query, "end_date", true);
  if (!until) return std::unexpected(until.error());
  filter.from = *from;
  filter.until = *until;
  filter.api_key = key_hash(query, "api_key");
  filter.user_id = query.text("user_id");
  filter.team_id = query.text("team_id");
  filter.organization_id = query.text("organization_id");
  filter.request_id = query.text("request_id");
  filter.session_id = query.text("session_id");
  filter.end_user = query.text("end_user");
  filter.model = query.text("model");
  filter.deployment = query.text("model_id");
  filter.model_group = query.text("model_group");
  filter.key_alias = query.text("key_alias");
  filter.min_cost = query.money("min_spend");
  filter.max_cost = query.money("max_spend");
  filter.error_contains = query.text("error_message");
  if (const auto status = query.choice("status_filter", {"success", "failure"})) {
    filter.successful = *status == "success";
  }
  auto code = error_code(query);
  if (!code) return std::unexpected(code.error());
  filter.http_status = *code;
  if (*code) filter.successful = false;
  const auto own = keep_to_own(request, control, filter);
  if (!own) return std::unexpected(own.error());
  add_other_hashes(control, filter);
  return filter;
}

Outcome<ledger::CallPageRequest> page_request(QueryReader& query, std::uint64_t page,
                                              std::uint64_t size) {
  using ledger::CallOrder;
  static constexpr std::pair<std::string_view, CallOrder> kOrders[] = {
      {"startTime", CallOrder::started_at}, {"endTime", CallOrder::ended_at},
      {"spend", CallOrder::cost},           {"total_tokens", CallOrder::total_tokens},
      {"model", CallOrder::model},          {"request_duration_ms", CallOrder::duration},
  };
  ledger::CallPageRequest wanted{.offset = (page - 1) * size, .limit = size};
  const std::string by = query.text("sort_by").value_or("startTime");
  const auto* found = std::ranges::find(kOrders, by, [](const auto& entry) { return entry.first; });
  if (found == std::end(kOrders)) {
    return std::unexpected(bad_request("Invalid sort_by value: " + by));
  }
  wanted.order = found->second;
  const std::string order = query.text("sort_order").value_or("desc");
  if (order != "asc" && order != "desc") {
    return std::unexpected(bad_request("Invalid sort_order value: " + order));
  }
  wanted.descending = order == "desc";
  return wanted;
}

Outcome<std::map<std::string, std::uint64_t>> sessions_of(const SpendQueries& queries,
                                                          const ledger::CallPage& page) {
  std::vector<std::string> sessions;
  for (const ledger::LoggedCall& call : page.calls) {
    if (!call.session_id.empty()) sessions.push_back(call.session_id);
  }
  auto sizes = queries.session_sizes(sessions);
  if (!sizes) return std::unexpected(refuse_question(sizes.error()));
  return std::move(*sizes);
}

Answer log_page(const AdminRequest& request, ControlPlane& control, bool with_sessions) {
  FieldErrors errors;
  QueryReader query(request.query, errors);
  const std::uint64_t page = query.count("page", 1, {1, 1'000'000'000});
  const std::uint64_t size = query.count("page_size", 50, {1, 100});
  const auto filter = page_filter(request, control, query);
  if (!errors.empty()) return errors.answer();
  if (!filter) return filter.error();
  const auto wanted = page_request(query, page, size);
  if (!wanted) return wanted.error();
  const auto queries = settled_queries(control);
  if (!queries) return queries.error();
  const auto found = (*queries)->page(*filter, *wanted);
  if (!found) return refuse_question(found.error());
  std::map<std::string, std::uint64_t> sessions;
  if (with_sessions) {
    auto sizes = sessions_of(**queries, *found);
    if (!sizes) return sizes.error();
    sessions = std::move(*sizes);
  }
  JsonWriter out;
  out.begin_object().key("data").begin_array();
  for (const ledger::LoggedCall& call : found->calls) {
    std::optional<std::uint64_t> in_session;
    if (with_sessions) {
      const auto counted = sessions.find(call.session_id);
      in_session = counted == sessions.end() ? 1 : counted->second;
    }
    write_log_row(out, call, in_session);
  }
  out.end_array()
      .member("total", found->total)
      .member("page", page)
      .member("page_size", size)
      .member("total_pages", (found->total + size - 1) / size)
      .end_object();
  return admin::ok(std::move(out).take());
}

}  // namespace

Answer spend_logs(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  QueryReader query(request.query, errors);
  const bool summarize = query.flag("summarize", true);
  if (!errors.empty()) return errors.answer();
  auto filter = whole_log_filter(request, control, query);
  if (!filter) return filter.error();
  const auto queries = settled_queries(control);
  if (!queries) return queries.error();
  if (filter->from && filter->until && summarize) return spend_summary(**queries, *filter);
  return rows(**queries, std::move(*filter));
}

Answer spend_logs_page(const AdminRequest& request, ControlPlane& control) {
  return log_page(request, control, false);
}

Answer spend_logs_ui(const AdminRequest& request, ControlPlane& control) {
  return log_page(request, control, true);
}

}  // namespace gatehouse::api::litellm
