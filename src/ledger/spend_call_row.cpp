#include "spend_call_row.hpp"

namespace gatehouse::ledger {
namespace {

/// Reads columns from left to right.
class Columns {
 public:
  explicit Columns(const database::Row& row) : row_(row) {}

  std::string text() { return std::string(row_.text(next_++)); }
  std::int64_t integer() { return row_.integer(next_++); }
  bool flag() { return integer() != 0; }
  core::Money money() { return core::Money::nano_usd(integer()); }
  core::WallTime time() { return core::WallTime(core::Nanos(integer())); }
  std::optional<core::WallTime> maybe_time() {
    const auto nanos = row_.maybe_integer(next_++);
    if (!nanos) return std::nullopt;
    return core::WallTime(core::Nanos(*nanos));
  }

 private:
  const database::Row& row_;
  int next_ = 0;
};

void read_identity(Columns& columns, LoggedCall& call) {
  call.seq = columns.integer();
  call.call_id = columns.text();
  call.request_id = columns.text();
  call.call_type = columns.text();
  call.status = columns.text();
  call.http_status = columns.integer();
  call.stream = columns.flag();
  call.api_key = columns.text();
  call.key_alias = columns.text();
  call.user_id = columns.text();
  call.team_id = columns.text();
  call.organization_id = columns.text();
  call.end_user = columns.text();
  call.requested_model = columns.text();
  call.model_group = columns.text();
  call.model = columns.text();
  call.deployment = columns.text();
  call.provider = columns.text();
  call.api_base = columns.text();
  call.session_id = columns.text();
  call.requester_ip = columns.text();
  call.tags = columns.text();
  call.client_metadata = columns.text();
}

void read_cost(Columns& columns, LoggedCall& call) {
  call.price_version = columns.text();
  call.usage_source = columns.text();
  call.reserved = columns.money();
  call.cost = columns.money();
  call.cost_known = columns.flag();
  call.cost_clamped = columns.flag();
  call.prompt_tokens = columns.integer();
  call.completion_tokens = columns.integer();
  call.cache_read_tokens = columns.integer();
  call.cache_write_tokens = columns.integer();
  call.cache_write_1h_tokens = columns.integer();
  call.reasoning_tokens = columns.integer();
}

// The indexes by user and by team leave out calls of nobody, and must be told that they may.
constinit const database::Fragment kUser("user_id <> '' AND user_id = ?");
constinit const database::Fragment kUserAtAll("user_id = ?");
constinit const database::Fragment kTeam("team_id <> '' AND team_id = ?");
constinit const database::Fragment kTeamAtAll("team_id = ?");

bool is_nobody(const std::optional<std::string>& id) {
  return id && id->empty();
}

void narrow_time_and_cost(database::Select& select, const CallFilter& filter) {
  if (filter.from) select.where("started_at_ns >= ?", nanos_of(*filter.from));
  if (filter.until) select.where("started_at_ns < ?", nanos_of(*filter.until));
  if (filter.min_cost) select.where("cost_nano >= ?", filter.min_cost->nano_usd());
  if (filter.max_cost) select.where("cost_nano <= ?", filter.max_cost->nano_usd());
  if (filter.successful) {
    if (*filter.successful) {
      select.where("status = 'answered'");
    } else {
      select.where("status <> 'answered'");  // as in the index
    }
  }
  select.where_if("http_status = ?", filter.http_status);
  if (filter.error_contains) {
    select.where("status <> 'answered'").where_contains("error_message", *filter.error_contains);
  }
}

}  // namespace

constinit const database::Fragment kCallColumns(
    "seq, call_id, request_id, call_type, status, http_status, stream, api_key, key_alias, "
    "user_id, team_id, organization_id, end_user, requested_model, model_group, model, deployment, "
    "provider, api_base, session_id, requester_ip, tags, client_metadata, price_version, "
    "usage_source, reserved_nano, cost_nano, cost_known, cost_clamped, prompt_tokens, "
    "completion_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, "
    "reasoning_tokens, retries, fallbacks, error_class, error_message, started_at_ns, ended_at_ns, "
    "first_token_at_ns");

LoggedCall read_call(const database::Row& row) {
  LoggedCall call;
  Columns columns(row);
  read_identity(columns, call);
  read_cost(columns, call);
  call.retries = columns.integer();
  call.fallbacks = columns.integer();
  call.error_class = columns.text();
  call.error_message = columns.text();
  call.started_at = columns.time();
  call.ended_at = columns.time();
  call.first_token_at = columns.maybe_time();
  return call;
}

void narrow_key(database::Select& select, const CallFilter& filter) {
  if (!filter.api_key || filter.other_hashes.empty()) {
    select.where_if("api_key = ?", filter.api_key);
    return;
  }
  std::vector<std::string> hashes = filter.other_hashes;
  hashes.push_back(*filter.api_key);
  select.where_in("api_key", hashes);
}

void narrow(database::Select& select, const CallFilter& filter) {
  narrow_key(select, filter);
  select.where_if("request_id = ?", filter.request_id)
      .where_if(is_nobody(filter.user_id) ? kUserAtAll : kUser, filter.user_id)
      .where_if(is_nobody(filter.team_id) ? kTeamAtAll : kTeam, filter.team_id)
      .where_if("organization_id = ?", filter.organization_id)
      .where_if("model_group = ?", filter.model_group)
      .where_if("model = ?", filter.model)
      .where_if("deployment = ?", filter.deployment)
      .where_if("key_alias = ?", filter.key_alias)
      .where_if("end_user <> '' AND end_user = ?", filter.end_user)
      .where_if("session_id <> '' AND session_id = ?", filter.session_id);
  narrow_time_and_cost(select, filter);
}

}  // namespace gatehouse::ledger
