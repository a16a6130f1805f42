#include "byte_reader.hpp"
#include "codec.hpp"

namespace gatehouse::ledger {
namespace {

core::WallTime wall(std::int64_t nanos) noexcept {
  return core::WallTime(core::Nanos(nanos));
}

core::Money take_amount(ByteReader& in) noexcept {
  const std::int64_t nano = in.i64();
  if (nano < 0) in.fail();
  return core::Money::nano_usd(in.failed() ? 0 : nano);
}

/// Kind, version and call; what follows is for the kind's own function.
std::optional<EntryHead> take_head(ByteReader& in) noexcept {
  const std::uint8_t kind = in.u8();
  const std::uint8_t version = in.u8();
  const std::string_view call_id = in.text();
  if (in.failed() || version != kEntryVersion || call_id.empty()) return std::nullopt;
  if (kind < 1 || kind > 3) return std::nullopt;
  return EntryHead{static_cast<EntryKind>(kind), call_id};
}

void take_facts(ByteReader& in, CallFacts& facts, std::vector<std::string_view>& tags) {
  facts.started_at = wall(in.i64());
  facts.call_type = in.text();
  facts.api_key = in.text();
  facts.key_alias = in.text();
  facts.user_id = in.text();
  facts.team_id = in.text();
  facts.organization_id = in.text();
  facts.end_user = in.text();
  facts.requested_model = in.text();
  facts.model_group = in.text();
  facts.session_id = in.text();
  facts.requester_ip = in.text();
  facts.price_version = in.text();
  tags.resize(in.number(kMaxTags));
  for (std::string_view& tag : tags) tag = in.text();
  facts.tags = tags;
}

/// Where ids of periods come from.
struct IdSources {
  const CallFacts& facts;
  std::string_view provider, deployment;
  std::deque<std::string>& pairs;
};

std::string_view pair_of(IdSources& from, std::string_view first, std::string_view second) {
  return from.pairs.emplace_back(core::pair_id(first, second));
}

std::string_view take_id(ByteReader& in, IdForm form, IdSources& from) {
  const CallFacts& facts = from.facts;
  switch (form) {
    case IdForm::literal:
      return in.text();
    case IdForm::empty:
      return {};
    case IdForm::api_key:
      return facts.api_key;
    case IdForm::user_id:
      return facts.user_id;
    case IdForm::team_id:
      return facts.team_id;
    case IdForm::organization_id:
      return facts.organization_id;
    case IdForm::end_user:
      return facts.end_user;
    case IdForm::model_group:
      return facts.model_group;
    case IdForm::provider:
      return from.provider;
    case IdForm::deployment:
      return from.deployment;
    case IdForm::team_and_user:
      return pair_of(from, facts.team_id, facts.user_id);
    case IdForm::key_and_model:
      return pair_of(from, facts.api_key, facts.model_group);
    case IdForm::team_and_model:
      return pair_of(from, facts.team_id, facts.model_group);
    case IdForm::tag: {
      const std::size_t number = in.u8();
      if (number < facts.tags.size()) return facts.tags[number];
      break;
    }
  }
  in.fail();
  return {};
}

void take_period(ByteReader& in, core::ChargedPeriod& period, IdSources& from) {
  const std::uint8_t scope = in.u8();
  const std::uint8_t form = in.u8();
  if (scope >= core::kScopes) return in.fail();
  period = {};
  period.scope = static_cast<core::Scope>(scope);
  period.id = take_id(in, static_cast<IdForm>(form & 0x3FU), from);
  if ((form & 0x80U) != 0) return;
  period.duration = in.text();
  period.period_start = wall(in.i64());
  if ((form & 0x40U) == 0) period.period_end = wall(in.i64());
}

void take_periods(ByteReader& in, std::vector<core::ChargedPeriod>& periods, IdSources from) {
  from.pairs.clear();
  periods.resize(in.number(kMaxPeriods));
  for (core::ChargedPeriod& period : periods) {
    if (in.failed()) return;
    take_period(in, period, from);
  }
}

void take_usage(ByteReader& in, core::TokenUsage& usage) noexcept {
  usage.prompt = in.number();
  usage.completion = in.number();
  usage.cache_read = in.number();
  usage.cache_write = in.number();
  usage.cache_write_1h = in.number();
  usage.reasoning = in.number();
  usage.audio_prompt = in.number();
  usage.audio_completion = in.number();
}

void take_outcome(ByteReader& in, SettlementEntry& entry) noexcept {
  const std::uint8_t status = in.u8();
  const std::uint8_t flags = in.u8();
  const std::uint8_t source = in.u8();
  if (status > static_cast<std::uint8_t>(CallStatus::unknown) || flags > 0x0F ||
      source > static_cast<std::uint8_t>(core::UsageSource::estimated)) {
    return in.fail();
  }
  entry.status = static_cast<CallStatus>(status);
  entry.stream = (flags & 1U) != 0;
  entry.cost_known = (flags & 2U) != 0;
  entry.cost_clamped = (flags & 4U) != 0;
  entry.first_token_at.reset();
  if ((flags & 8U) != 0) entry.first_token_at.emplace();  // the value follows at the end
  entry.usage_source = static_cast<core::UsageSource>(source);
  entry.http_status = static_cast<int>(in.number(999));
}

}  // namespace

std::optional<EntryHead> peek(std::string_view payload) noexcept {
  ByteReader in(payload);
  return take_head(in);
}

bool is_newer(std::string_view payload) noexcept {
  return payload.size() >= 2 && static_cast<std::uint8_t>(payload[1]) > kEntryVersion;
}

const ReservationEntry* Decoder::reservation(std::string_view payload) {
  ByteReader in(payload);
  const auto head = take_head(in);
  if (!head || head->kind != EntryKind::reservation) return nullptr;
  ReservationEntry& entry = reservation_;
  entry.facts.call_id = head->call_id;
  take_facts(in, entry.facts, tags_);
  entry.amount = take_amount(in);
  take_periods(in, periods_, {entry.facts, {}, {}, pairs_});
  entry.periods = periods_;
  return in.failed() || !in.at_end() ? nullptr : &entry;
}

const SettlementEntry* Decoder::settlement(std::string_view payload) {
  ByteReader in(payload);
  const auto head = take_head(in);
  if (!head || head->kind != EntryKind::settlement) return nullptr;
  SettlementEntry& entry = settlement_;
  entry.facts.call_id = head->call_id;
  take_facts(in, entry.facts, tags_);
  take_outcome(in, entry);
  entry.reserved = take_amount(in);
  entry.cost = take_amount(in);
  take_usage(in, entry.usage);
  for (std::string_view* text :
       {&entry.response_id, &entry.model, &entry.deployment, &entry.provider, &entry.api_base,
        &entry.error_class, &entry.error_message, &entry.client_metadata}) {
    *text = in.text();
  }
  entry.retries = static_cast<std::uint32_t>(in.number(UINT32_MAX));
  entry.fallbacks = static_cast<std::uint32_t>(in.number(UINT32_MAX));
  entry.ended_at = wall(in.i64());
  if (entry.first_token_at) entry.first_token_at = wall(in.i64());
  take_periods(in, periods_, {entry.facts, entry.provider, entry.deployment, pairs_});
  entry.periods = periods_;
  return in.failed() || !in.at_end() ? nullptr : &entry;
}

}  // namespace gatehouse::ledger
