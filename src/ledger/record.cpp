#include "record.hpp"

#include <array>

#include "gatehouse/core/text.hpp"
#include "sums.hpp"

namespace gatehouse::ledger {
namespace {

using database::Value;

constexpr std::string_view kInsert =
    "INSERT INTO call_record (call_id, request_id, call_type, status, http_status, stream, api_key,"
    " key_alias, user_id, team_id, organization_id, end_user, requested_model, model_group, model,"
    " deployment, provider, api_base, session_id, requester_ip, tags, client_metadata,"
    " price_version, usage_source, reserved_nano, cost_nano, cost_known, cost_clamped,"
    " prompt_tokens, completion_tokens, cache_read_tokens, cache_write_tokens,"
    " cache_write_1h_tokens, reasoning_tokens, audio_prompt_tokens, audio_completion_tokens,"
    " retries, fallbacks, error_class, error_message, windows, started_at_ns, ended_at_ns,"
    " first_token_at_ns) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
    " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (call_id) DO NOTHING";

std::string_view name_of(core::UsageSource source) noexcept {
  switch (source) {
    case core::UsageSource::none:
      return "none";
    case core::UsageSource::reported:
      return "reported";
    case core::UsageSource::estimated:
      return "estimated";
  }
  return "none";
}

std::int64_t nanos(core::WallTime time) noexcept {
  return time.time_since_epoch().count();
}

/// The id that the record's own columns give for a scope; nothing for a pair or a tag.
std::string_view own_id(core::Scope scope, const SettlementEntry& entry) noexcept {
  const CallFacts& facts = entry.facts;
  switch (scope) {
    case core::Scope::organization:
      return facts.organization_id;
    case core::Scope::team:
      return facts.team_id;
    case core::Scope::user:
      return facts.user_id;
    case core::Scope::key:
      return facts.api_key;
    case core::Scope::end_user:
      return facts.end_user;
    case core::Scope::model:
      return facts.model_group;
    case core::Scope::provider:
      return entry.provider;
    case core::Scope::deployment:
      return entry.deployment;
    default:
      return {};
  }
}

void write_tags(std::string& out, std::span<const std::string_view> tags) {
  out = '[';
  for (const std::string_view tag : tags) {
    if (out.size() > 1) out += ',';
    core::append_json_string(out, tag);
  }
  out += ']';
}

void write_windows(std::string& out, const SettlementEntry& entry) {
  out = '[';
  for (const core::ChargedPeriod& period : entry.periods) {
    if (period.duration.empty()) continue;
    if (out.size() > 1) out += ',';
    out += '[';
    core::append_number(out, static_cast<std::uint64_t>(period.scope));
    out += ',';
    core::append_json_string(out, period.duration);
    out += ',';
    core::append_number(out, std::int64_t{nanos(period.period_start)});
    if (period.id != own_id(period.scope, entry)) {
      out += ',';
      core::append_json_string(out, period.id);
    }
    out += ']';
  }
  out += ']';
}

}  // namespace

core::Result<bool> RecordWriter::insert(database::Connection& connection,
                                        const SettlementEntry& entry) {
  write_tags(tags_, entry.facts.tags);
  write_windows(windows_, entry);
  const CallFacts& facts = entry.facts;
  const core::TokenUsage& usage = entry.usage;
  const Value first_token =
      entry.first_token_at ? Value(std::int64_t{nanos(*entry.first_token_at)}) : Value();
  const std::array<Value, 44> values{facts.call_id,
                                     entry.response_id.empty() ? facts.call_id : entry.response_id,
                                     facts.call_type,
                                     ledger::name_of(entry.status),
                                     entry.http_status,
                                     entry.stream,
                                     facts.api_key,
                                     facts.key_alias,
                                     facts.user_id,
                                     facts.team_id,
                                     facts.organization_id,
                                     facts.end_user,
                                     facts.requested_model,
                                     facts.model_group,
                                     entry.model,
                                     entry.deployment,
                                     entry.provider,
                                     entry.api_base,
                                     facts.session_id,
                                     facts.requester_ip,
                                     tags_,
                                     entry.client_metadata,
                                     facts.price_version,
                                     name_of(entry.usage_source),
                                     entry.reserved.nano_usd(),
                                     entry.cost.nano_usd(),
                                     entry.cost_known,
                                     entry.cost_clamped,
                                     stored_tokens(usage.prompt),
                                     stored_tokens(usage.completion),
                                     stored_tokens(usage.cache_read),
                                     stored_tokens(usage.cache_write),
                                     stored_tokens(usage.cache_write_1h),
                                     stored_tokens(usage.reasoning),
                                     stored_tokens(usage.audio_prompt),
                                     stored_tokens(usage.audio_completion),
                                     std::int64_t{entry.retries},
                                     std::int64_t{entry.fallbacks},
                                     entry.error_class,
                                     entry.error_message,
                                     windows_,
                                     std::int64_t{nanos(facts.started_at)},
                                     std::int64_t{nanos(entry.ended_at)},
                                     first_token};
  auto inserted = connection.execute(kInsert, std::span<const Value>(values));
  if (!inserted) return core::pass(inserted);
  return *inserted > 0;
}

}  // namespace gatehouse::ledger
