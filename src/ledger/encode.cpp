#include <algorithm>

#include "byte_writer.hpp"
#include "codec.hpp"

namespace gatehouse::ledger {
namespace {

constexpr char kPairSeparator = '\x1f';  // core::pair_id

bool is_pair(std::string_view id, std::string_view first, std::string_view second) noexcept {
  return id.size() == first.size() + 1 + second.size() && id.starts_with(first) &&
         id[first.size()] == kPairSeparator && id.ends_with(second);
}

bool is_pair_scope(core::Scope scope) noexcept {
  return scope == core::Scope::team_member || scope == core::Scope::key_model ||
         scope == core::Scope::team_model;
}

/// What a call says of itself, cut as it is written: references compare with this.
struct Facts {
  std::string_view api_key, user_id, team_id, organization_id, end_user, model_group;
  std::string_view provider = {}, deployment = {};
  std::span<const std::string_view> tags;

  explicit Facts(const CallFacts& facts)
      : api_key(bounded(facts.api_key, kMaxId)),
        user_id(bounded(facts.user_id, kMaxId)),
        team_id(bounded(facts.team_id, kMaxId)),
        organization_id(bounded(facts.organization_id, kMaxId)),
        end_user(bounded(facts.end_user, kMaxId)),
        model_group(bounded(facts.model_group, kMaxId)),
        tags(facts.tags.first(std::min(facts.tags.size(), kMaxTags))) {}
};

struct Reference {
  IdForm form = IdForm::literal;
  std::uint8_t tag = 0;
};

Reference same(std::string_view id, std::string_view fact, IdForm form) noexcept {
  return {id == fact ? form : IdForm::literal};
}

Reference tag_reference(std::string_view id, const Facts& facts) noexcept {
  for (std::size_t i = 0; i < facts.tags.size(); ++i) {
    if (bounded(facts.tags[i], kMaxTag) == id) return {IdForm::tag, static_cast<std::uint8_t>(i)};
  }
  return {};
}

Reference reference(core::Scope scope, std::string_view id, const Facts& facts) noexcept {
  using core::Scope;
  const auto pair = [&](std::string_view first, std::string_view second, IdForm form) {
    return Reference{is_pair(id, first, second) ? form : IdForm::literal};
  };
  if (id.empty()) return {IdForm::empty};
  switch (scope) {
    case Scope::global:
      return {};
    case Scope::organization:
      return same(id, facts.organization_id, IdForm::organization_id);
    case Scope::team:
      return same(id, facts.team_id, IdForm::team_id);
    case Scope::team_member:
      return pair(facts.team_id, facts.user_id, IdForm::team_and_user);
    case Scope::user:
      return same(id, facts.user_id, IdForm::user_id);
    case Scope::key:
      return same(id, facts.api_key, IdForm::api_key);
    case Scope::end_user:
      return same(id, facts.end_user, IdForm::end_user);
    case Scope::tag:
      return tag_reference(id, facts);
    case Scope::model:
      return same(id, facts.model_group, IdForm::model_group);
    case Scope::provider:
      return same(id, facts.provider, IdForm::provider);
    case Scope::deployment:
      return same(id, facts.deployment, IdForm::deployment);
    case Scope::key_model:
      return pair(facts.api_key, facts.model_group, IdForm::key_and_model);
    case Scope::team_model:
      return pair(facts.team_id, facts.model_group, IdForm::team_and_model);
  }
  return {};
}

std::int64_t nanos(core::WallTime time) noexcept {
  return time.time_since_epoch().count();
}

void put_head(ByteWriter& out, EntryKind kind, std::string_view call_id) noexcept {
  out.u8(static_cast<std::uint8_t>(kind));
  out.u8(kEntryVersion);
  out.text(bounded(call_id, kMaxCallId));
}

void put_facts(ByteWriter& out, const CallFacts& facts, const Facts& cut) noexcept {
  out.i64(nanos(facts.started_at));
  out.text(bounded(facts.call_type, kMaxName));
  out.text(cut.api_key);
  out.text(bounded(facts.key_alias, kMaxId));
  out.text(cut.user_id);
  out.text(cut.team_id);
  out.text(cut.organization_id);
  out.text(cut.end_user);
  out.text(bounded(facts.requested_model, kMaxId));
  out.text(cut.model_group);
  out.text(bounded(facts.session_id, kMaxId));
  out.text(bounded(facts.requester_ip, kMaxName));
  out.text(bounded(facts.price_version, kMaxName));
  out.number(cut.tags.size());
  for (const std::string_view tag : cut.tags) out.text(bounded(tag, kMaxTag));
}

// Form byte: bit 7 a lifetime, nothing follows; bit 6 a period without an end.
void put_period(ByteWriter& out, const core::ChargedPeriod& period, const Facts& facts) noexcept {
  const std::string_view id = bounded_id(period.scope, period.id);
  const Reference found = reference(period.scope, id, facts);
  const bool endless = period.period_end == core::WallTime::max();
  const bool lifetime = period.duration.empty() && nanos(period.period_start) == 0 && endless;
  const unsigned flags = lifetime ? 0x80U : (endless ? 0x40U : 0U);
  out.u8(static_cast<std::uint8_t>(period.scope));
  out.u8(static_cast<std::uint8_t>(static_cast<unsigned>(found.form) | flags));
  if (found.form == IdForm::literal) out.text(id);
  if (found.form == IdForm::tag) out.u8(found.tag);
  if (lifetime) return;
  out.text(bounded(period.duration, kMaxDuration));
  out.i64(nanos(period.period_start));
  if (!endless) out.i64(nanos(period.period_end));
}

void put_periods(ByteWriter& out, std::span<const core::ChargedPeriod> periods,
                 const Facts& facts) noexcept {
  out.number(periods.size());
  for (const core::ChargedPeriod& period : periods) put_period(out, period, facts);
}

void put_usage(ByteWriter& out, const core::TokenUsage& usage) noexcept {
  out.number(usage.prompt);
  out.number(usage.completion);
  out.number(usage.cache_read);
  out.number(usage.cache_write);
  out.number(usage.cache_write_1h);
  out.number(usage.reasoning);
  out.number(usage.audio_prompt);
  out.number(usage.audio_completion);
}

std::optional<std::size_t> size_of(const ByteWriter& out) noexcept {
  if (out.overflowed()) return std::nullopt;
  return out.size();
}

}  // namespace

std::string_view bounded(std::string_view text, std::size_t limit) noexcept {
  if (text.size() <= limit) return text;
  std::size_t end = limit;
  // At most three bytes back to the start of a character; what is no UTF-8 is cut anywhere.
  while (end > 0 && end + 3 > limit && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
    --end;
  }
  return text.substr(0, end);
}

std::string_view bounded_id(core::Scope scope, std::string_view id) noexcept {
  if (is_pair_scope(scope)) return bounded(id, 2 * kMaxId + 1);
  return bounded(id, scope == core::Scope::tag ? kMaxTag : kMaxId);
}

std::optional<std::size_t> encode(const ReservationEntry& entry, std::span<char> room) noexcept {
  if (entry.periods.size() > kMaxReservedPeriods || entry.amount < core::Money())
    return std::nullopt;
  ByteWriter out(room);
  const Facts facts(entry.facts);
  put_head(out, EntryKind::reservation, entry.facts.call_id);
  put_facts(out, entry.facts, facts);
  out.i64(entry.amount.nano_usd());
  const std::size_t before = out.size();
  put_periods(out, entry.periods, facts);
  if (out.size() - before > kMaxReservedPeriodBytes) return std::nullopt;
  return size_of(out);
}

std::optional<std::size_t> encode_dispatch(std::string_view call_id,
                                           std::span<char> room) noexcept {
  ByteWriter out(room);
  put_head(out, EntryKind::dispatch, call_id);
  return size_of(out);
}

std::optional<std::size_t> encode(const SettlementEntry& entry, std::span<char> room) noexcept {
  if (entry.periods.size() > kMaxPeriods || std::min(entry.cost, entry.reserved) < core::Money()) {
    return std::nullopt;
  }
  ByteWriter out(room);
  Facts facts(entry.facts);
  facts.provider = bounded(entry.provider, kMaxId);
  facts.deployment = bounded(entry.deployment, kMaxId);
  put_head(out, EntryKind::settlement, entry.facts.call_id);
  put_facts(out, entry.facts, facts);
  out.u8(static_cast<std::uint8_t>(entry.status));
  out.u8(static_cast<std::uint8_t>((entry.stream ? 1U : 0U) | (entry.cost_known ? 2U : 0U) |
                                   (entry.cost_clamped ? 4U : 0U) |
                                   (entry.first_token_at ? 8U : 0U)));
  out.u8(static_cast<std::uint8_t>(entry.usage_source));
  out.number(static_cast<std::uint64_t>(std::clamp(entry.http_status, 0, 999)));
  out.i64(entry.reserved.nano_usd());
  out.i64(entry.cost.nano_usd());
  put_usage(out, entry.usage);
  out.text(bounded(entry.response_id, kMaxId));
  out.text(bounded(entry.model, kMaxId));
  out.text(facts.deployment);
  out.text(facts.provider);
  out.text(bounded(entry.api_base, kMaxId));
  out.text(bounded(entry.error_class, kMaxName));
  out.text(bounded(entry.error_message, kMaxErrorMessage));
  out.text(entry.client_metadata.size() > kMaxClientMetadata ? std::string_view()
                                                             : entry.client_metadata);
  out.number(entry.retries);
  out.number(entry.fallbacks);
  out.i64(nanos(entry.ended_at));
  if (entry.first_token_at) out.i64(nanos(*entry.first_token_at));
  put_periods(out, entry.periods, facts);
  return size_of(out);
}

}  // namespace gatehouse::ledger
