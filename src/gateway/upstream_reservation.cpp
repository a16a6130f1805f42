/// Bounds of the deployment that is tried, of its provider and of its model group.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "call.hpp"
#include "charged_accounts.hpp"
#include "demand.hpp"
#include "durable.hpp"

namespace gatehouse::gateway {
namespace {

using core::Scope;

using NamedLimits = std::map<std::string, core::LimitSet, std::less<>>;

void plan_named(const NamedLimits& limits, Scope scope, const std::string& name,
                std::vector<PlannedCharge>& planned) {
  if (limits.empty()) return;
  if (const auto found = limits.find(name); found != limits.end()) {
    planned.push_back({scope, name, &found->second});
  }
}

std::vector<PlannedCharge> upstream_charges(const Call& call,
                                            const models::Deployment& deployment) {
  std::vector<PlannedCharge> planned;
  if (!deployment.limits.empty()) {
    planned.push_back({Scope::deployment, deployment.id.text(), &deployment.limits});
  }
  plan_named(call.snapshot->accounting.providers, Scope::provider, deployment.provider, planned);
  plan_named(call.snapshot->accounting.models, Scope::model, call.match.group->name, planned);
  return planned;
}

/// The journal first: if it told of more than is held, a restart would bring back what others have
/// taken meanwhile.
core::Task<std::optional<Refusal>> free_room(Call& call, limits::Room room) {
  if (room.empty()) co_return std::nullopt;
  if (auto refusal = write_reservation(call)) co_return refusal;
  co_await Durable(call);
  co_return std::nullopt;
}

/// The reservation with the output as it is now bounded.
core::Task<std::optional<Refusal>> lower_reservation(Call& call, limits::Admission& admission) {
  const auto less = demand_of(call);
  if (!less) co_return refusal_for(less.error());
  const auto cost = less->fixed_cost.plus(less->output_cost);
  if (!cost) co_return refusal_for(cost.error());
  limits::Room room = admission.lower(*cost);
  auto refusal = co_await free_room(call, std::move(room));
  co_return refusal;
}

/// Takes hold of bounds of a deployment, with less output if that was asked for and is what it
/// takes.
core::Task<std::optional<Refusal>> hold_upstream(Call& call, limits::Admission& admission,
                                                 const std::vector<limits::Charge>& charges) {
  Reservation& reservation = call.reservation;
  for (int i = 0; i < kClampTries; ++i) {
    const auto demand = demand_of(call);
    if (!demand) co_return refusal_for(demand.error());
    auto extended = admission.extend(charges, *demand, call.snapshot->accounting.limits());
    if (extended) break;
    reservation.fits_with_less = affordable_output(call, extended.error()) != 0;
    if (!reservation.take_less || i + 1 == kClampTries || !clamp(call, extended.error())) {
      co_return refusal_for(extended.error(), call);
    }
    auto refusal = co_await lower_reservation(call, admission);
    if (refusal) co_return refusal;
  }
  co_return std::nullopt;
}

}  // namespace

core::Task<std::optional<Refusal>> leave_deployment(Call& call) {
  Reservation& reservation = call.reservation;
  if (!std::exchange(reservation.bounds_upstream, false) || !reservation.admission) {
    co_return std::nullopt;
  }
  limits::Room room =
      reservation.admission->drop({Scope::deployment, Scope::provider, Scope::model});
  auto refusal = co_await free_room(call, std::move(room));
  co_return refusal;
}

core::Task<std::optional<Refusal>> charge_deployment(Call& call,
                                                     const models::Deployment& deployment) {
  Reservation& reservation = call.reservation;
  if (!reservation.admission) co_return std::nullopt;
  if (reservation.bounds_upstream) {
    auto refusal = co_await leave_deployment(call);
    if (refusal) co_return refusal;
  }
  std::vector<PlannedCharge> planned = upstream_charges(call, deployment);
  if (planned.empty()) co_return std::nullopt;
  auto charges = co_await charges_for(call, std::move(planned));
  if (!charges) co_return std::move(charges.error());
  if (!call.wishes.max_output && !reservation.output_limit && bounded_by_budget(*charges)) {
    tell_output_bound(call);
  }
  reservation.paced = reservation.paced || limits_pace(*charges);
  auto refusal = co_await hold_upstream(call, *reservation.admission, *charges);
  if (refusal) co_return refusal;
  reservation.bounds_upstream = true;
  refusal = write_reservation(call);
  if (refusal) co_return refusal;
  co_await Durable(call);
  co_return std::nullopt;
}

}  // namespace gatehouse::gateway
