/// Before a call goes upstream: what is held back of its caller's budgets, and its journal entry.

#include "call.hpp"
#include "charged_accounts.hpp"
#include "demand.hpp"
#include "durable.hpp"
#include "journal_entry.hpp"

namespace gatehouse::gateway {
namespace {

Refusal beyond_any_price() {
  return bad_request("litellm.BadRequestError: the request is too large to price");
}

std::optional<Refusal> reserve(Call& call, const std::vector<limits::Charge>& charges) {
  const limits::Rules rules = call.snapshot->accounting.limits();
  for (int i = 0; i < kClampTries; ++i) {
    const auto demand = demand_of(call);
    if (!demand) return beyond_any_price();
    auto admitted = limits::Admission::admit(charges, *demand, rules);
    if (admitted) {
      call.reservation.admission.emplace(std::move(*admitted));
      return {};
    }
    if (!clamp(call, admitted.error()) || i + 1 == kClampTries) {
      return refusal_for(admitted.error(), call);
    }
  }
  return {};
}

}  // namespace

std::optional<Refusal> write_reservation(Call& call) {
  JournalEntry entry(call);
  auto written = call.worker.tools.accounting.journal.reserve(entry.reservation());
  if (written) return {};
  return refusal_for(written.error());
}

core::Task<std::optional<Refusal>> admit(Call& call) {
  bound_group(call);
  auto charges = co_await callers_charges(call);
  if (!charges) co_return std::move(charges.error());
  call.reservation.paced = limits_pace(*charges);
  if (bounded_by_budget(*charges) && !call.wishes.max_output) tell_output_bound(call);
  if (auto refusal = reserve(call, *charges)) co_return refusal;
  if (auto refusal = write_reservation(call)) {
    call.reservation.admission.reset();
    co_return refusal;
  }
  if (call.worker.tools.accounting.durability == ledger::Durability::power) {
    // One sync for both: nothing may leave of which the journal does not know after a power cut.
    dispatch(call);
    co_await Durable(call);
  }
  co_return std::nullopt;
}

core::Task<std::optional<Refusal>> extend_reservation(Call& call) {
  auto refusal = co_await leave_deployment(call);
  if (refusal) co_return refusal;
  bound_group(call);
  if (call.reservation.output_limit) {
    // What was promised to go upstream stays the bound.
    call.reservation.output_tokens = *call.reservation.output_limit * call.wishes.choices;
  }
  const auto demand = demand_of(call);
  if (!demand) co_return beyond_any_price();
  auto& admission = call.reservation.admission;
  if (!admission) co_return std::nullopt;
  const core::Money before = admission->reserved();
  auto extended = admission->extend({}, *demand, call.snapshot->accounting.limits());
  if (!extended) co_return refusal_for(extended.error(), call);
  if (admission->reserved() == before) co_return std::nullopt;
  refusal = write_reservation(call);
  if (refusal) co_return refusal;
  co_await Durable(call);
  co_return std::nullopt;
}

void dispatch(Call& call) {
  if (std::exchange(call.reservation.dispatched, true)) return;
  call.worker.tools.accounting.journal.dispatch(call.id);
}

}  // namespace gatehouse::gateway
