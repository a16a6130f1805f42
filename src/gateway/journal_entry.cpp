#include "journal_entry.hpp"

namespace gatehouse::gateway {
namespace {

using providers::WireFormat;

/// LiteLLM's names of the kinds of calls.
std::string_view call_type_of(WireFormat format) {
  switch (format) {
    case WireFormat::openai_chat:
      return "acompletion";
    case WireFormat::openai_completions:
      return "atext_completion";
    case WireFormat::openai_embeddings:
      return "aembedding";
    case WireFormat::anthropic_messages:
      return "anthropic_messages";
    case WireFormat::anthropic_count_tokens:
      return "acount_tokens";
  }
  return "unknown";
}

ledger::CallStatus status_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::answered:
      return ledger::CallStatus::answered;
    case Outcome::refused:
      return ledger::CallStatus::refused;
    case Outcome::failed:
      return ledger::CallStatus::failed;
    case Outcome::interrupted:
      return ledger::CallStatus::interrupted;
  }
  return ledger::CallStatus::unknown;
}

core::Money reserved_of(const Call& call) {
  const auto& admission = call.reservation.admission;
  return admission ? admission->reserved() : core::Money();
}

std::span<const core::ChargedPeriod> periods_of(const Call& call) {
  const auto& admission = call.reservation.admission;
  return admission ? admission->periods() : std::span<const core::ChargedPeriod>();
}

void add_principal(const tenancy::Principal& principal, ledger::CallFacts& facts) {
  facts.api_key = principal.key->token;
  const auto& alias = principal.key->key_alias;
  if (alias) facts.key_alias = *alias;
  const auto& user = principal.key->user_id;
  if (user) facts.user_id = *user;
  if (principal.team) facts.team_id = principal.team->team_id;
  if (principal.organization) facts.organization_id = principal.organization->organization_id;
}

}  // namespace

JournalEntry::JournalEntry(Call& call) : call_(call) {
  facts_.call_id = call.id;
  facts_.call_type = call_type_of(call.inbound.format);
  if (call.caller.principal) {
    add_principal(*call.caller.principal, facts_);
  } else if (call.checks) {
    facts_.api_key = kCheckKey;
  } else if (call.authenticated) {
    facts_.api_key = call.snapshot->accounting.master_token;
    facts_.user_id = "default_user_id";
    facts_.organization_id = "default";
  }
  facts_.end_user = call.wishes.end_user;
  facts_.requested_model = call.wishes.model;
  if (call.match.group != nullptr) facts_.model_group = call.match.group->name;
  facts_.session_id = call.wishes.session_id;
  facts_.requester_ip = call.inbound.peer;
  facts_.price_version = call.snapshot->table->price_version();
  facts_.started_at = call.started_at;
  auto& lists = call.worker.entry_lists;
  lists.tags.assign(call.wishes.tags.begin(), call.wishes.tags.end());
  facts_.tags = lists.tags;
}

ledger::ReservationEntry JournalEntry::reservation() const {
  return {.facts = facts_, .amount = reserved_of(call_), .periods = periods_of(call_)};
}

ledger::SettlementEntry JournalEntry::settlement(const CallRecord& record) const {
  ledger::SettlementEntry entry;
  entry.facts = facts_;
  entry.status = status_of(record.outcome);
  entry.http_status = record.status;
  entry.stream = record.stream;
  entry.cost_known = record.cost_known;
  entry.cost_clamped = record.usage_clamped;
  entry.usage_source = record.usage_source;
  entry.reserved = reserved_of(call_);
  entry.cost = record.cost;
  entry.usage = record.usage;
  entry.response_id = call_.response_id;
  entry.model = record.upstream_model;
  entry.deployment = record.deployment;
  entry.provider = record.provider;
  if (call_.deployment != nullptr) entry.api_base = call_.deployment->api_base;
  entry.error_class = record.error_class;
  entry.error_message = record.error_message;
  entry.client_metadata = call_.wishes.client_metadata;
  entry.retries = record.retries;
  entry.fallbacks = record.fallbacks;
  entry.ended_at = record.started_at + record.duration;
  if (record.time_to_first_token) {
    entry.first_token_at = record.started_at + *record.time_to_first_token;
  }
  entry.periods = periods_of(call_);
  return entry;
}

}  // namespace gatehouse::gateway
