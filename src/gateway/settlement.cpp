/// The end of every call: its one record, and the move from reserved to spent.

#include "call.hpp"
#include "journal_entry.hpp"

namespace gatehouse::gateway {
namespace {

/// What all attempts together used and cost. More than the reservation cannot be true: the
/// reservation is the price of the longest prompt and output that went upstream (faults.md E10).
void add_up(const Call& call, CallRecord& record) {
  record.usage = call.usage;
  record.usage += call.failed_usage;
  record.usage_source =
      call.failed_usage.total() == 0 ? call.usage_source : core::UsageSource::estimated;
  record.usage_clamped = call.usage_clamped;
  record.cost = call.cost.plus(call.failed_cost).value_or(core::Money::max());
  record.cost_known = call.cost_known;
  if (!call.reservation.admission) return;
  record.reserved = call.reservation.admission->reserved();
  if (record.cost <= record.reserved) return;
  record.cost = record.reserved;
  record.usage_clamped = true;
}

void add_caller(const Call& call, CallRecord& record) {
  const CallerFacts caller = facts_of(call);
  record.tenant = call.caller.tenant;
  record.end_user = caller.end_user;
  record.api_key = caller.api_key;
  record.key_alias = caller.key_alias;
  record.user_id = caller.user_id;
  record.team_id = caller.team_id;
  record.team_alias = caller.team_alias;
}

void add_route(const Call& call, CallRecord& record) {
  record.requested_model = call.wishes.model;
  if (call.match.group != nullptr) record.group = call.match.group->name;
  if (call.deployment == nullptr) return;
  record.deployment = call.deployment->id.view();
  record.provider = call.deployment->provider;
  record.upstream_model = call.upstream_model;
}

void add_times(const Call& call, CallRecord& record) {
  record.started_at = call.started_at;
  const core::MonotonicTime now = call.worker.tools.loop.clock().monotonic();
  record.duration = now - call.inbound.received_at;
  record.upstream_duration = call.upstream_duration;
  if (call.first_token_at) {
    record.time_to_first_token = *call.first_token_at - call.inbound.received_at;
  }
}

/// The journal first: what it holds survives whatever happens to the counters.
void post(Call& call, const CallRecord& record) {
  JournalEntry entry(call);
  auto written = call.worker.tools.accounting.journal.settle(entry.settlement(record));
  if (!written) call.worker.tools.observer.unrecorded();
  call.reservation.due = {record.cost, record.usage.total()};
  const bool at_once = call.worker.tools.accounting.durability != ledger::Durability::power;
  if (at_once) settle_budgets(call);
}

}  // namespace

CallerFacts facts_of(const Call& call) {
  CallerFacts facts;
  facts.end_user = call.wishes.end_user;
  const tenancy::Principal* principal = call.caller.principal.get();
  if (call.checks) facts.api_key = kCheckKey;
  if (principal == nullptr) return facts;
  const auto take = [](const std::optional<std::string>& text) {
    return text ? std::string_view(*text) : std::string_view();
  };
  facts.api_key = principal->key->token;
  facts.key_alias = take(principal->key->key_alias);
  facts.user_id = take(principal->key->user_id);
  if (principal->user) facts.user_email = take(principal->user->user_email);
  if (principal->team) {
    facts.team_id = principal->team->team_id;
    facts.team_alias = take(principal->team->team_alias);
  }
  return facts;
}

void settle_budgets(Call& call) {
  const std::optional<Reservation::Due> due = std::exchange(call.reservation.due, std::nullopt);
  if (!due || !call.reservation.admission) return;
  for (const limits::Threshold& threshold :
       call.reservation.admission->settle(due->cost, due->tokens, call.worker.tools.loop.now())) {
    call.worker.tools.observer.threshold_reached(threshold, facts_of(call));
  }
}

void settle(Call& call, Outcome outcome, int status, std::string_view error_class,
            std::string_view error_message) {
  if (std::exchange(call.settled, true)) return;
  CallRecord record;
  record.call_id = call.id;
  record.format = call.inbound.format;
  record.outcome = outcome;
  record.status = status;
  record.stream = call.wishes.stream;
  record.price_version = call.snapshot->table->price_version();
  record.retries = call.retries;
  record.fallbacks = call.fallbacks;
  record.error_class = error_class;
  record.error_message = error_message;
  add_caller(call, record);
  add_route(call, record);
  add_up(call, record);
  add_times(call, record);
  // Nobody is known to have called: such requests are counted and logged, but must not be able to
  // fill the disk.
  if (call.authenticated) post(call, record);
  call.worker.tools.observer.call_settled(record);
}

}  // namespace gatehouse::gateway
