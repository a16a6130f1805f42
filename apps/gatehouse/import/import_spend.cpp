#include <algorithm>

#include "gatehouse/core/text.hpp"
#include "gatehouse/json/scan.hpp"
#include "gatehouse/limits/period.hpp"
#include "importer.hpp"

namespace gatehouse::app::import {
namespace {

using database::Connection;
using database::Value;

/// A call of LiteLLM's log, as far as it is summed up by day.
struct LoggedCall {
  std::string id, request, type, status, key, alias, user, team, organization, end_user;
  std::string group, model, deployment, provider, tags;
  std::vector<std::string> tag_names;
  std::int64_t cost = 0, prompt = 0, completion = 0, cache_read = 0, cache_write = 0;
  core::WallTime start, end;
  std::optional<core::WallTime> first_token;
  bool good() const { return status == "answered"; }
};

/// "-ing" texts that LiteLLM writes where it knows nothing.
std::string known(std::string_view text) {
  return text == "None" ? std::string() : std::string(text);
}

std::int64_t count_in(std::string_view object, std::string_view name) {
  json::Scanner scanner;
  const auto outline = scanner.scan_copy(object);
  if (!outline || outline->kind() != json::Kind::object) return 0;
  const json::Member* member = outline->find(name);
  return member ? std::max<std::int64_t>(json::as_int(*member).value_or(0), 0) : 0;
}

/// metadata.usage_object and metadata.user_api_key_alias.
void read_metadata(std::string_view metadata, LoggedCall& call) {
  json::Scanner scanner;
  const auto outline = scanner.scan_copy(metadata);
  if (!outline || outline->kind() != json::Kind::object) return;
  if (const json::Member* alias = outline->find("user_api_key_alias")) {
    call.alias = json::as_string(*alias).value_or("");
  }
  if (const json::Member* usage = outline->find("usage_object")) {
    call.cache_read = count_in(usage->value, "cache_read_input_tokens");
    call.cache_write = count_in(usage->value, "cache_creation_input_tokens");
  }
}

void read_tags(std::string_view text, LoggedCall& call) {
  call.tags = "[]";
  json::Scanner scanner;
  const auto outline = scanner.scan_copy(text);
  if (!outline || outline->kind() != json::Kind::array) return;
  std::set<std::string> names;
  call.tags = "[";
  for (const json::Member& member : outline->members()) {
    auto name = json::as_string(member);
    if (!name || name->empty() || !names.insert(*name).second) continue;
    if (call.tags.size() > 1) call.tags += ',';
    core::append_json_string(call.tags, *name);
    call.tag_names.push_back(std::move(*name));
  }
  call.tags += ']';
}

LoggedCall read_call(const SourceRow& row, Fields& fields, core::WallTime now) {
  LoggedCall call;
  call.request = row.text("request_id");
  call.id = "litellm:" + call.request;
  call.type = row.text("call_type");
  call.status = row.text("status") == "failure" ? "failed" : "answered";
  call.key = row.text("api_key");
  call.user = known(row.text("user"));
  call.team = known(row.text("team_id"));
  call.organization = known(row.text("organization_id"));
  call.end_user = known(row.text("end_user"));
  call.group = known(row.text("model_group"));
  call.model = known(row.text("model"));
  call.deployment = known(row.text("model_id"));
  call.provider = known(row.text("custom_llm_provider"));
  call.cost = fields.spend().nano_usd();
  call.prompt = fields.count("prompt_tokens").value_or(0);
  call.completion = fields.count("completion_tokens").value_or(0);
  call.start = fields.time("startTime").value_or(now);
  call.end = fields.time("endTime").value_or(call.start);
  call.first_token = fields.time("completionStartTime");
  read_metadata(row.text("metadata"), call);
  read_tags(row.text("request_tags"), call);
  // The part of the prompt that is no more than the prompt.
  call.cache_read = std::min(call.cache_read, call.prompt);
  call.cache_write = std::min(call.cache_write, call.prompt - call.cache_read);
  return call;
}

Insertion record_of(const SourceRow& row, const LoggedCall& call) {
  Insertion record("call_record");
  record.text("call_id", call.id).text("request_id", call.request).text("call_type", call.type);
  record.text("status", call.status).number("http_status", call.good() ? 200 : 500);
  record.number("stream", 0).text("api_key", call.key).text("key_alias", call.alias);
  record.text("user_id", call.user).text("team_id", call.team);
  record.text("organization_id", call.organization).text("end_user", call.end_user);
  record.text("requested_model", call.group).text("model_group", call.group);
  record.text("model", call.model).text("deployment", call.deployment);
  record.text("provider", call.provider).text("api_base", known(row.text("api_base")));
  record.text("session_id", known(row.text("session_id")));
  record.text("requester_ip", known(row.text("requester_ip_address")));
  record.text("tags", call.tags).text("client_metadata", "").text("price_version", "litellm");
  record.text("usage_source", call.prompt + call.completion > 0 ? "reported" : "none");
  record.number("reserved_nano", call.cost).number("cost_nano", call.cost);
  record.number("cost_known", 1).number("cost_clamped", 0);
  record.number("prompt_tokens", call.prompt).number("completion_tokens", call.completion);
  record.number("cache_read_tokens", call.cache_read);
  record.number("cache_write_tokens", call.cache_write).number("cache_write_1h_tokens", 0);
  record.number("reasoning_tokens", 0).number("audio_prompt_tokens", 0);
  record.number("audio_completion_tokens", 0).number("retries", 0).number("fallbacks", 0);
  record.text("error_class", "").text("error_message", "").text("windows", "[]");
  record.time("started_at_ns", call.start).time("ended_at_ns", call.end);
  record.time("first_token_at_ns", call.first_token);
  return record;
}

void add_daily(ledger::DailySums& sums, const LoggedCall& call) {
  const std::vector<std::string_view> tags(call.tag_names.begin(), call.tag_names.end());
  sums.add({.started_at = call.start,
            .api_key = call.key,
            .user_id = call.user,
            .team_id = call.team,
            .organization_id = call.organization,
            .end_user = call.end_user,
            .model = call.model,
            .model_group = call.group,
            .provider = call.provider,
            .call_type = call.type,
            .tags = tags},
           {.spend_nano = call.cost,
            .prompt_tokens = call.prompt,
            .completion_tokens = call.completion,
            .cache_read_tokens = call.cache_read,
            .cache_write_tokens = call.cache_write,
            .api_requests = 1,
            .successful_requests = call.good(),
            .failed_requests = !call.good()});
}

/// The scopes that a call is charged to.
std::vector<std::pair<core::Scope, std::string>> scopes_of(const LoggedCall& call) {
  using core::Scope;
  std::vector<std::pair<Scope, std::string>> out{{Scope::global, ""}};
  const auto add = [&](Scope scope, const std::string& id) {
    if (!id.empty()) out.emplace_back(scope, id);
  };
  add(Scope::key, call.key);
  add(Scope::user, call.user);
  add(Scope::team, call.team);
  if (!call.team.empty() && !call.user.empty()) {
    add(Scope::team_member, core::pair_id(call.team, call.user));
  }
  add(Scope::organization, call.organization);
  add(Scope::end_user, call.end_user);
  for (const std::string& tag : call.tag_names) add(Scope::tag, tag);
  return out;
}

}  // namespace

core::Result<bool> Importer::add_call(Connection& connection, const SourceRow& row) {
  Fields fields(row);
  const LoggedCall call = read_call(row, fields, now_);
  if (call.request.empty()) return refuse("", "no request id");
  if (fields.failure()) return refuse(call.request, fields.problem());
  auto added = record_of(row, call).run(connection);
  if (!added || !*added) return added;
  add_daily(daily_, call);
  for (const auto& [scope, id] : scopes_of(call)) {
    if (auto charged = charge(connection, scope, id, call.cost); !charged) {
      return core::pass(charged);
    }
  }
  return true;
}

core::Result<void> Importer::sum_calls(Connection& connection) {
  using core::Scope;
  // The ids of imported calls, and no others, lie between these two.
  static constexpr std::string_view kImported =
      " FROM call_record WHERE call_id >= 'litellm:' AND call_id < 'litellm;' GROUP BY 1";
  static constexpr std::pair<Scope, std::string_view> kIds[] = {
      {Scope::global, "''"},
      {Scope::key, "api_key"},
      {Scope::user, "user_id"},
      {Scope::team, "team_id"},
      {Scope::team_member, "team_id || char(31) || user_id"},
      {Scope::organization, "organization_id"},
      {Scope::end_user, "end_user"},
  };
  charged_.clear();
  const auto add = [this](Scope scope) {
    return [this, scope](const database::Row& row) -> core::Result<void> {
      charged_[{scope, std::string(row.text(0))}] = row.integer(1);
      return {};
    };
  };
  for (const auto& [scope, id] : kIds) {
    const std::string sql =
        "SELECT " + std::string(id) + ", sum(cost_nano)" + std::string(kImported);
    if (auto summed = connection.query(sql, {}, add(scope)); !summed) return summed;
  }
  return connection.query(
      "SELECT t.value, sum(cost_nano) FROM call_record, json_each(tags) t WHERE "
      "call_id >= 'litellm:' AND call_id < 'litellm;' GROUP BY 1",
      {}, add(Scope::tag));
}

core::Result<void> Importer::charge(Connection& connection, core::Scope scope,
                                    const std::string& id, std::int64_t nano) {
  auto done = connection.execute(
      "INSERT INTO budget_counter (scope, id, duration, period_start_ns, period_end_ns, "
      "spent_nano) "
      "VALUES (?, ?, '', 0, NULL, ?) ON CONFLICT DO UPDATE SET spent_nano = spent_nano + "
      "excluded.spent_nano",
      {Value(static_cast<std::int64_t>(scope)), Value(id), Value(nano)});
  if (!done) return core::pass(done);
  return {};
}

void Importer::remember_spend(core::Scope scope, const std::string& id, Fields& fields) {
  Opening opening;
  opening.scope = scope;
  opening.id = id;
  opening.spend = fields.spend();
  opening.duration = fields.duration("budget_duration").value_or("");
  // Spend of a period that has ended is not spend of this one.
  const auto reset = fields.time("budget_reset_at");
  if (!opening.duration.empty() && reset && *reset <= now_) opening.spend = {};
  if (fields.failure()) {
    report_.note(current_->table + " " + core::printable(id, 80) + ": its spend is not carried " +
                 "over: " + fields.problem());
    return;
  }
  if (opening.spend > core::Money()) openings_.push_back(std::move(opening));
}

core::Result<void> Importer::post_openings() {
  Opening global;
  global.scope = core::Scope::global;
  for (const Opening& opening : openings_) {
    if (opening.scope != core::Scope::key) continue;
    report_.spend = report_.spend.plus(opening.spend).value_or(core::Money::max());
  }
  const bool given = std::any_of(openings_.begin(), openings_.end(), [](const Opening& opening) {
    return opening.scope == core::Scope::global;
  });
  global.spend = report_.spend;
  if (!given && global.spend > core::Money()) openings_.push_back(global);
  return database_.write([this](Connection& connection) -> core::Result<void> {
    if (auto summed = sum_calls(connection); !summed) return summed;
    for (const Opening& opening : openings_) {
      if (auto posted = post(connection, opening); !posted) return posted;
    }
    return {};
  });
}

core::Result<void> Importer::post(Connection& connection, const Opening& opening) {
  const auto found = charged_.find({opening.scope, opening.id});
  const std::int64_t charged = found == charged_.end() ? 0 : found->second;
  std::int64_t rest = opening.spend.nano_usd() - charged;
  // With a duration, the old system forgot what earlier periods cost: calls may know more. The
  // same holds for everything, whose sum it keeps for keys that are there alone.
  const bool partial = !opening.duration.empty() || opening.scope == core::Scope::global;
  if (partial && rest < 0) rest = 0;
  auto added = adjust(connection, opening, "", core::Money::nano_usd(rest));
  if (!added) return core::pass(added);
  if (opening.duration.empty()) return {};
  auto current = adjust(connection, opening, opening.duration, opening.spend);
  if (!current) return core::pass(current);
  return {};
}

core::Result<bool> Importer::adjust(Connection& connection, const Opening& opening,
                                    std::string_view duration, core::Money delta) {
  if (delta == core::Money()) return false;
  limits::Period period{core::WallTime(core::Nanos(0)), core::WallTime::max()};
  if (!duration.empty()) {
    period = limits::period_of({.max = {}, .duration = std::string(duration)}, now_, zone_);
  }
  const std::int64_t start = period.start.time_since_epoch().count();
  const std::string id = "import:litellm:" + std::string(core::name_of(opening.scope)) + ":" +
                         opening.id + ":" + std::string(duration);
  Insertion adjustment("adjustment");
  adjustment.text("id", id).text("kind", "import").money("amount_nano", delta);
  adjustment.text("actor", "import").text("reason", "spend before the import");
  adjustment.time("created_at_ns", now_);
  auto fresh = adjustment.run(connection);
  if (!fresh || !*fresh) return fresh;
  const auto scope = static_cast<std::int64_t>(opening.scope);
  Insertion line("adjustment_line");
  line.text("adjustment_id", id).number("scope", scope).text("id", opening.id);
  line.text("duration", std::string(duration)).number("period_start_ns", start);
  line.money("delta_nano", delta);
  if (auto added = line.run(connection); !added) return added;
  const bool endless = period.end == core::WallTime::max();
  const std::optional<std::int64_t> end =
      endless ? std::nullopt : std::optional<std::int64_t>(period.end.time_since_epoch().count());
  auto moved = connection.execute(
      "INSERT INTO budget_counter (scope, id, duration, period_start_ns, period_end_ns, "
      "spent_nano) "
      "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET spent_nano = CASE WHEN "
      "excluded.period_start_ns > period_start_ns THEN excluded.spent_nano ELSE spent_nano + "
      "excluded.spent_nano END, period_end_ns = CASE WHEN excluded.period_start_ns > "
      "period_start_ns THEN excluded.period_end_ns ELSE period_end_ns END, period_start_ns = "
      "max(period_start_ns, excluded.period_start_ns)",
      {Value(scope), Value(opening.id), Value(duration), Value(start), Value(end),
       Value(delta.nano_usd())});
  if (!moved) return core::pass(moved);
  ++report_.balances;
  return true;
}

}  // namespace gatehouse::app::import
